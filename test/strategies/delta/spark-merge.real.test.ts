import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import type { Column } from '../../../core/schema.ts';
import { describeOnSpark } from '../../engines/bigdata/on-spark.ts';
import { HASHED } from './contract.ts';
import {
  claimOf,
  compute,
  deltaRs,
  entryOf,
  never,
  openEngine,
  openSink,
  stage,
} from './harness.ts';
import { contentsOf, loadInto, rows, tableContents } from './merging.ts';

const LIMIT_MS = 300_000;
const ROW = { week: 24, price: '1', seen: '2017-06-05T00:00:00Z', day: '2017-06-05' };

describeOnSpark('a merge into a Delta table', (server) => {
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
  const old = (week: number) => rows(week, 10, week * 100, 'old');
  const fresh = (week: number, count: number, first = week * 100) =>
    rows(week, count, first, 'new');
  const merge = (path: string, query: string, options: Parameters<typeof loadInto>[3] = {}) =>
    loadInto(spark, path, query, options, duckdb);
  const expectRows = async (path: string, query: string) => {
    expect(await tableContents(duckdb, path)).toEqual(await contentsOf(duckdb, query));
  };

  it(
    'leaves what the other engines leave: from nothing, over rows that are there, twice',
    async () => {
      const [path, other] = [newPath(), newPath()];
      const first = `${old(24)} union all ${old(25)} union all ${old(26)}`;
      const load = `${fresh(24, 4, 2408)} union all ${fresh(25, 10)}`;
      const none = fresh(24, 0);
      const found = [];
      for (const query of [first, load, load, none]) {
        const { entry, counted } = await merge(path, query);
        const expected = await loadInto(duckdb, other, query);
        expect(entry.merged).toEqual(expected.entry.merged);
        expect(counted).toBe(expected.counted);
        found.push([entry.merged?.replaced, counted]);
      }
      expect(found).toEqual([
        [0, 30],
        [12, 14],
        [14, 14],
        [0, 0],
      ]);
      await expectRows(
        path,
        `select * from (${old(24)}) where id < 2408 union all ${load} union all ${old(26)}`,
      );
      expect(await tableContents(duckdb, path)).toEqual(await tableContents(duckdb, other));
      await using sink = openSink(spark, path, { contract: HASHED });
      expect(await sink.loads(never)).toHaveLength(4);
      const { operations } = (await deltaRs('read', path)) as unknown as {
        operations: readonly string[];
      };
      expect(operations.filter((each) => each === 'MERGE')).toHaveLength(3);
    },
    LIMIT_MS,
  );

  it(
    'adds columns in its own version, as the other engines do, also where it has no row',
    async () => {
      const [path, other] = [newPath(), newPath()];
      const first = `${old(24)} union all ${old(25)}`;
      const rank: Column = {
        ...{ name: 'rank', type: { kind: 'decimal', precision: 38, scale: 2 } },
        ...{ nullable: true, evolved: true },
      };
      const later: Column = { ...rank, name: 'later', type: { kind: 'string' } };
      const ranked = { ...HASHED, columns: [...HASHED.columns, rank] };
      const both = { ...HASHED, columns: [...ranked.columns, later] };
      const load = `select *, (id / 4)::decimal(38,2) as rank from (${fresh(24, 4, 2408)})`;
      const none = `select *, null::decimal(38,2) as rank, null as later from (${fresh(24, 0)})`;
      for (const [query, contract] of [
        [first, HASHED],
        [load, ranked],
        [none, both],
      ] as const) {
        const { entry, counted } = await merge(path, query, { contract });
        const expected = await loadInto(duckdb, other, query, { contract });
        expect([entry.merged, counted]).toEqual([expected.entry.merged, expected.counted]);
        expect(await tableContents(duckdb, path, contract)).toEqual(
          await tableContents(duckdb, other, contract),
        );
      }
      const [made, expected] = [await deltaRs('read', path), await deltaRs('read', other)];
      expect(made.columns).toEqual(expected.columns);
      // One for the table, and one for each load.
      expect(made.version).toBe(3);
    },
    LIMIT_MS,
  );

  it(
    'takes the place of all copies of a key, in a table that the other engines merge into, too',
    async () => {
      const path = newPath();
      await loadInto(duckdb, path, old(24), { mode: 'overwrite' });
      await deltaRs('double', path, ['id', 2403]);
      const { entry, counted } = await merge(path, fresh(24, 5));
      expect([entry.merged?.replaced, counted]).toEqual([6, 5]);
      const rest = `select * from (${old(24)}) where id > 2404`;
      await expectRows(path, `${rest} union all ${fresh(24, 5)}`);
      await loadInto(duckdb, path, fresh(24, 7));
      await expectRows(path, `select * from (${rest}) where id > 2406 union all ${fresh(24, 7)}`);
    },
    LIMIT_MS,
  );

  it(
    'refuses a load with a key that is there twice',
    async () => {
      const path = newPath();
      await loadInto(duckdb, path, old(24), { mode: 'overwrite' });
      const load = `${fresh(24, 3)} union all ${fresh(24, 1)}`;
      await expect(merge(path, load)).rejects.toMatchObject({
        code: 'MERGE_KEY_INVALID',
        message: expect.stringContaining('2 rows to merge have the same key: id "2400"'),
      });
      await expectRows(path, old(24));
    },
    LIMIT_MS,
  );

  it.each(['delta:ledger:before', 'delta:commit:before'])(
    'is refused when it was overtaken at %s',
    async (place) => {
      const path = newPath();
      await loadInto(duckdb, path, old(24), { mode: 'overwrite' });
      const options = { mode: 'merge' as const, contract: HASHED, runId: 'r' };
      const result = await compute(duckdb, fresh(24, 9), HASHED);
      await using second = openSink(spark, path, { ...options, attempt: 2 });
      await using first = openSink(spark, path, {
        ...options,
        attempt: 1,
        reach: async (name) => {
          if (name === place) await claimOf(second);
        },
      });
      await using claim = await claimOf(first);
      const staged = await stage(first, result, claim);
      const partitions = await contentsOf(duckdb, fresh(24, 9));
      const entry = { ...entryOf(result, claim, options), partitions };
      await expect(first.commit(staged, entry, claim, never)).rejects.toMatchObject({
        code: 'LEASE_LOST',
        exitCode: 5,
      });
      await expectRows(path, old(24));
    },
    LIMIT_MS,
  );

  it(
    'sees what another writer appends right before its commit',
    async () => {
      const path = newPath();
      await loadInto(duckdb, path, old(24), { mode: 'overwrite' });
      let raced = 0;
      const reach = async (name: string) => {
        if (name !== 'delta:commit:before' || ++raced > 1) return;
        await deltaRs('append', path, [
          { ...ROW, id: 2400, name: 'foreign' },
          { ...ROW, id: 9000, name: 'foreign' },
        ]);
      };
      const { entry, counted } = await merge(path, fresh(24, 5), { reach });
      expect([entry.merged?.replaced, counted]).toEqual([6, 5]);
      const ids = (await deltaRs('read', path)).rows.map(({ id }) => Number(id));
      expect(ids.sort((a, b) => a - b)).toEqual([
        ...Array.from({ length: 10 }, (_, i) => 2400 + i),
        9000,
      ]);
      expect(await tableContents(duckdb, path)).toEqual(entry.merged?.after);
      await using sink = openSink(spark, path, { contract: HASHED });
      expect((await sink.loads(never)).at(-1)).toEqual(entry);
    },
    LIMIT_MS,
  );

  it(
    'loses no row and doubles no key while delta-rs appends',
    async () => {
      const path = newPath();
      await loadInto(duckdb, path, old(24), { mode: 'overwrite' });
      const foreign = async () => {
        for (let i = 0; i < 4; i++) {
          await deltaRs('append', path, [{ ...ROW, id: 9000 + i, name: 'foreign' }]);
        }
      };
      // delta-rs writes its checkpoint in place: who reads it meanwhile is warned of it.
      const merges = async () => {
        for (let round = 0; round < 4; round++) {
          await merge(path, fresh(24, 10, 2405 + round), { warn: () => undefined });
        }
      };
      await Promise.all([foreign(), merges()]);
      const { entry } = await merge(path, fresh(24, 10, 2409), { warn: () => undefined });
      const ids = (await deltaRs('read', path)).rows.map(({ id }) => Number(id));
      expect(ids.sort((a, b) => a - b)).toEqual([
        ...Array.from({ length: 19 }, (_, i) => 2400 + i),
        ...Array.from({ length: 4 }, (_, i) => 9000 + i),
      ]);
      expect(await tableContents(duckdb, path)).toEqual(entry.merged?.after);
    },
    LIMIT_MS,
  );
});
