import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import { describeOnSpark } from '../../engines/bigdata/on-spark.ts';
import { addsOf } from './log-adds.ts';
import {
  claimOf,
  compute,
  deltaRs,
  entryOf,
  load,
  never,
  openEngine,
  openSink,
  rowsOfWeek,
  type SinkOptions,
  stage,
} from './harness.ts';

const LIMIT_MS = 300_000;
const WEEK_24 = { covers: ['24'], window: { startDate: '2017-06-05', endDate: '2017-06-12' } };

describeOnSpark('a Delta table that Spark writes', (server) => {
  let duckdb: SqlSession;
  let spark: SqlSession;
  let folder: string;
  let tables = 0;

  beforeAll(async () => {
    duckdb = await openEngine();
    folder = await mkdtemp(join(tmpdir(), 'dray-spark-delta-'));
    spark = await server.open();
  }, LIMIT_MS);
  afterAll(async () => {
    await spark[Symbol.asyncDispose]();
    await duckdb[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const newPath = () => join(folder, `table-${String(++tables)}`);

  /** As `load`, with DuckDB's files: what is under test is the commit. */
  async function loadThroughSpark(path: string, query: string, options: SinkOptions = {}) {
    const result = await compute(duckdb, query);
    await using sink = openSink(spark, path, options);
    await sink.check(never);
    await using claim = await claimOf(sink);
    const staged = await stage(sink, result, claim);
    const entry = entryOf(result, claim, options);
    await sink.commit(staged, entry, claim, never);
    return { counts: Object.fromEntries(await sink.count(never)), entry };
  }

  it(
    'has the columns, keys and partitions that the other engines give it, for each in turn',
    async () => {
      const [own, other] = [newPath(), newPath()];
      const both = `${rowsOfWeek(24, 3)} union all ${rowsOfWeek(25, 2, 100)}`;
      expect((await loadThroughSpark(own, both)).counts).toEqual({ 24: 3, 25: 2 });
      await load(duckdb, other, both);
      const [written, expected] = [await deltaRs('read', own), await deltaRs('read', other)];
      const { columns, notNull, partitionColumns } = expected;
      expect(written).toMatchObject({ columns, notNull, partitionColumns });
      expect(written.rows).toEqual(expect.arrayContaining([...expected.rows]));
      expect(written.rows).toHaveLength(5);

      const replaced = await loadThroughSpark(other, rowsOfWeek(24, 7), WEEK_24);
      expect(replaced.counts).toEqual({ 24: 7 });
      await using sink = openSink(duckdb, other, {});
      expect(Object.fromEntries(await sink.count(never))).toEqual({ 24: 7, 25: 2 });
      const loads = await sink.loads(never);
      expect(loads.map(({ loadId }) => loadId)).toContain(replaced.entry.loadId);
    },
    LIMIT_MS,
  );

  it(
    'is emptied by a window without rows, and by nothing else',
    async () => {
      const path = newPath();
      await loadThroughSpark(path, `${rowsOfWeek(24, 3)} union all ${rowsOfWeek(25, 2)}`);
      const { counts } = await loadThroughSpark(path, rowsOfWeek(24, 0), WEEK_24);
      expect(counts).toEqual({});
      expect((await deltaRs('read', path)).rows).toHaveLength(2);
    },
    LIMIT_MS,
  );

  it.each(['delta:ledger:before', 'delta:commit:before'])(
    'refuses a commit that was overtaken at %s',
    async (place) => {
      const path = newPath();
      await loadThroughSpark(path, rowsOfWeek(24, 3), WEEK_24);
      const result = await compute(duckdb, rowsOfWeek(24, 9));
      await using second = openSink(spark, path, { ...WEEK_24, runId: 'r', attempt: 2 });
      const overtake = async (name: string) => {
        if (name === place) await claimOf(second);
      };
      await using first = openSink(spark, path, {
        ...WEEK_24,
        runId: 'r',
        attempt: 1,
        reach: overtake,
      });
      await using claim = await claimOf(first);
      const staged = await stage(first, result, claim);
      await expect(
        first.commit(staged, entryOf(result, claim, WEEK_24), claim, never),
      ).rejects.toMatchObject({ code: 'LEASE_LOST', exitCode: 5 });
      expect((await deltaRs('read', path)).rows).toHaveLength(3);
    },
    LIMIT_MS,
  );

  it(
    'keeps its loads in the ledger, with the claim that made them',
    async () => {
      const path = newPath();
      const { entry } = await loadThroughSpark(path, rowsOfWeek(24, 3), WEEK_24);
      await using sink = openSink(spark, path, WEEK_24);
      expect(await sink.loads(never)).toMatchObject([{ loadId: entry.loadId, claim: 1 }]);
    },
    LIMIT_MS,
  );

  it(
    'appends, and refuses columns that it does not have',
    async () => {
      const path = newPath();
      await loadThroughSpark(path, rowsOfWeek(24, 3));
      const { counts } = await loadThroughSpark(path, rowsOfWeek(24, 2, 50), { mode: 'append' });
      expect(counts).toEqual({ 24: 5 });
      const odd = newPath();
      await spark.run(`create table delta.\`${odd}\` (id bigint, week int) using delta`, never);
      await using sink = openSink(spark, odd, {});
      await expect(sink.check(never)).rejects.toMatchObject({ code: 'TARGET_SCHEMA' });
    },
    LIMIT_MS,
  );

  it(
    'has files of about the size that config says',
    async () => {
      const [path, whole] = [newPath(), newPath()];
      const query = rowsOfWeek(24, 20_000);
      await loadThroughSpark(whole, query);
      await loadThroughSpark(path, query, { fileBytes: 60_000 });
      const [sized, one] = [await addsOf(path, '24'), await addsOf(whole, '24')];
      expect(one.length).toBe(1);
      expect(sized.length).toBeGreaterThan(4);
      const most = Math.max(...sized.map(({ rows }) => rows));
      expect(most * sized.length).toBeLessThan(20_000 + most);
      expect((await deltaRs('read', path)).records).toBe(20_000);
    },
    LIMIT_MS,
  );
});
