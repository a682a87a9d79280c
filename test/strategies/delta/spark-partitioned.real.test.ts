import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { quote, type SqlSession } from '../../../core/engine.ts';
import type { LoadRequest } from '../../../core/strategy.ts';
import { cutToSize } from '../../../strategies/writers/delta/file-size.ts';
import { type PartitionFile, splitByPartition } from '../../../strategies/writers/delta/split.ts';
import { describeOnSpark } from '../../engines/bigdata/on-spark.ts';
import { compute, deltaRs, never, openEngine, openSink, type SinkOptions } from './harness.ts';
import { contentsOf, loadInto } from './merging.ts';
import { BY_ALL, BY_STORE, filesOf, PARTITIONED, storeRows } from './partitioned.ts';

const LIMIT_MS = 300_000;

describeOnSpark('a table that is partitioned by more than the week', (server) => {
  let duckdb: SqlSession;
  let spark: SqlSession;
  let folder: string;
  let tables = 0;

  beforeAll(async () => {
    duckdb = await openEngine();
    await duckdb.useExtension('delta', never);
    folder = await mkdtemp(join(tmpdir(), 'dray-spark-delta-'));
    spark = await server.open();
  }, LIMIT_MS);
  afterAll(async () => {
    await spark[Symbol.asyncDispose]();
    await duckdb[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const newPath = () => join(folder, `table-${String(++tables)}`);
  /** By either engine, with DuckDB's files. */
  const load = (session: SqlSession, path: string, query: string, options: SinkOptions = {}) =>
    loadInto(session, path, query, { mode: 'overwrite_window', ...BY_STORE, ...options }, duckdb);
  const contents = (query: string) => contentsOf(duckdb, query, PARTITIONED);
  const kernelReads = (path: string) => contents(`select * from delta_scan(${quote(path)})`);
  const rowsByDeltaRs = async (path: string) => {
    const { rows } = await deltaRs('read', path);
    return [...rows].sort((a, b) => Number(a['id']) - Number(b['id']));
  };

  it(
    'has the same rows whoever of the engines writes and reads it',
    async () => {
      const [bySpark, byDuckDb] = [newPath(), newPath()];
      const query = `${storeRows(24, 60, 0, 'a')} union all ${storeRows(25, 12, 100, 'a')}`;
      await load(spark, bySpark, query, BY_ALL);
      await load(duckdb, byDuckDb, query, BY_ALL);
      const rows = await rowsByDeltaRs(byDuckDb);
      expect(await rowsByDeltaRs(bySpark)).toEqual(rows);
      expect(await kernelReads(bySpark)).toEqual(await contents(query));
      expect((await deltaRs('read', bySpark)).partitionColumns).toEqual(BY_ALL.partitionBy);
      const readBySpark = (path: string) =>
        spark.rows(
          `select id, week, store, place, cast(price as string) as price, cast(seen as string) as seen,
             cast(day as string) as day, flag, note from delta.\`${path}\` order by id`,
          never,
        );
      expect(await readBySpark(byDuckDb)).toEqual(await readBySpark(bySpark));
      expect(await readBySpark(byDuckDb)).toHaveLength(rows.length);
      const [plan] = await spark.rows(
        `explain select note from delta.\`${byDuckDb}\` where store = 2 and flag`,
        never,
      );
      expect(String(plan?.['plan'])).toMatch(/PartitionFilters: \[[^\]]*store#\d+L? = 2/);
      // And now the other way round, by a window.
      const again = storeRows(25, 6, 200, 'b');
      await load(duckdb, bySpark, again, { ...BY_ALL, covers: ['25'] });
      await load(spark, byDuckDb, again, { ...BY_ALL, covers: ['25'] });
      const expected = await contents(`${storeRows(24, 60, 0, 'a')} union all ${again}`);
      expect(await kernelReads(bySpark)).toEqual(expected);
      expect(await kernelReads(byDuckDb)).toEqual(expected);
    },
    LIMIT_MS,
  );

  it(
    'is merged into as the other engines do it, and put together again',
    async () => {
      const [bySpark, byDuckDb] = [newPath(), newPath()];
      const old = storeRows(24, 30, 0, 'old');
      const moved = `select * replace (id + 1 as id, 'new' as note) from (${storeRows(24, 6, 0, 'x')})`;
      const entries = [];
      for (const [session, path] of [
        [spark, bySpark],
        [duckdb, byDuckDb],
      ] as const) {
        await load(session, path, old);
        entries.push((await load(session, path, moved, { mode: 'merge' })).entry.merged);
      }
      expect(entries[0]).toEqual(entries[1]);
      expect(entries[0]?.replaced).toBe(6);
      expect(await kernelReads(bySpark)).toEqual(await kernelReads(byDuckDb));
      // Files of Spark's do not hold the partition columns.
      await using sink = openSink(duckdb, bySpark, { contract: PARTITIONED });
      await sink.upkeep?.optimize({ onFiles: () => undefined }, never);
      expect(await filesOf(bySpark)).toHaveLength(3);
      expect(await kernelReads(bySpark)).toEqual(await kernelReads(byDuckDb));
      const back = await load(duckdb, bySpark, storeRows(24, 3, 20, 'mine'), { mode: 'merge' });
      expect(back.counted).toBe(3);
      expect((await rowsByDeltaRs(bySpark)).filter(({ note }) => note === 'mine')).toHaveLength(3);
    },
    LIMIT_MS,
  );

  it(
    'is split and cut by Spark where dray commits, as on S3',
    async () => {
      const [file] = (await compute(duckdb, storeRows(24, 3_000, 0, 'a'), PARTITIONED)).files;
      if (file === undefined) throw new Error('a file for the week');
      const request = { contract: PARTITIONED } as LoadRequest;
      const target = { session: spark, request, chance: { random: Math.random, uuid: randomUUID } };
      const found: string[] = [];
      const cut = async ({ file: part, values }: PartitionFile) => {
        for await (const { rows, partition } of cutToSize(target, part, part.bytes / 2, never)) {
          found.push(`${partition} ${JSON.stringify(values)} ${String(rows)}`);
        }
      };
      const use = async (parts: readonly PartitionFile[]) => {
        for (const part of parts) await cut(part);
      };
      await splitByPartition(target, file, ['week', 'store'], use, never);
      expect(found.sort()).toEqual(
        ['1', '1', '2', '2', '3', '3'].map((store) => `24 {"week":"24","store":"${store}"} 500`),
      );
    },
    LIMIT_MS,
  );

  it(
    'takes no text that Delta takes for null, and no other partitions than it has',
    async () => {
      const path = newPath();
      const query = `select * replace ('' as place) from (${storeRows(24, 2, 0, 'a')})`;
      await expect(
        load(spark, path, query, { partitionBy: ['week', 'place'] }),
      ).rejects.toMatchObject({ code: 'VALUE_INVALID' });
      await load(spark, path, query);
      await using sink = openSink(spark, path, { contract: PARTITIONED, partitionBy: ['week'] });
      await expect(sink.check(never)).rejects.toMatchObject({ code: 'TARGET_SCHEMA' });
      // Left out, it is followed.
      await loadInto(spark, path, storeRows(25, 3, 50, 'b'), { contract: PARTITIONED }, duckdb);
      expect((await deltaRs('read', path)).partitionColumns).toEqual(['week', 'store']);
    },
    LIMIT_MS,
  );
});
