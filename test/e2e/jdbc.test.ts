import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { noFailpoints } from '../../core/failpoint.ts';
import type { StrategyContext } from '../../core/strategy.ts';
import { openBigdataEngine } from '../../engines/bigdata/session.ts';
import { openFileStorage } from '../../state/artifacts/file.ts';
import { jdbcReader } from '../../strategies/readers/jdbc.ts';
import { sparkVersions, useSpark, withoutSpark } from '../spark/server.ts';
import { openScene, type Scene } from './scene.ts';
import { contentsOf } from './world.ts';

/** A scene whose source is also a table, and a view that leaves the rest to the server. */
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  const { world, source } = scene;
  const { port, user, password, database } = world.postgres;
  await world.query('create schema src');
  await world.session.useExtension('postgres_scanner', new AbortController().signal);
  await world.duckdb(
    `attach 'host=127.0.0.1 port=${String(port)} user=${user} password=${password} dbname=${database}' as src (type postgres)`,
  );
  await world.duckdb(
    `create table src.src.promotions as select * from read_parquet('${source}/*.parquet')`,
  );
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

function extractor(changes: object) {
  const { port, user, database } = scene.world.postgres;
  return {
    extractor_config: {
      strategy: 'JDBC',
      jdbc_url: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
      properties: { user, password: 'secret://env/PROMOS_DB_PASSWORD' },
      ...changes,
    },
  };
}

describe('a load from a table', () => {
  it.each(['bulk', 'row'])('gives the same rows as one from files, on %s', async (engine) => {
    const { world, source } = scene;
    const files = await world.config(`files-${engine}`, { source, set: { strategy_type: engine } });
    expect((await world.run(files.args)).code).toBe(0);
    const table = await world.config(`table-${engine}`, {
      set: { strategy_type: engine, ...extractor({ source_table: 'src.promotions' }) },
    });
    const { code, line, stderr } = await world.run(table.args);
    expect(`${stderr}${String(code)}`).toMatch(/completed[^]*0$/);
    expect(await contentsOf(world, table)).toEqual(await contentsOf(world, files));
    expect(line).toMatchObject({ counts: { read: 11_089 } });
  });

  it('is never skipped, and a query selects on the server', async () => {
    const { world } = scene;
    const at = await world.config('query', {
      set: extractor({ query: 'select * from src.promotions where week = 24' }),
    });
    const first = await world.run(at.args);
    const second = await world.run(at.args);
    const reused = [first, second].map(({ line }) => line?.['sinks']);
    expect(reused).toEqual(
      Array.from({ length: 2 }, () => [
        expect.objectContaining({ reused: false }),
        expect.objectContaining({ reused: false }),
        expect.objectContaining({ reused: false }),
      ]),
    );
  });

  it('keeps the place of a row that breaks a rule', async () => {
    const { world } = scene;
    const at = await world.config('broken', {
      set: {
        quality: { max_quarantined_ratio: 1 },
        ...extractor({
          query: `select product_id, store_id, week, mailer_location,
            case when product_id % 80 = 7 then '?' else display_location end as display_location
            from src.promotions`,
        }),
      },
    });
    const { code, line } = await world.run([...at.args, '--run_id', 'broken-rows']);
    expect(code).toBe(0);
    const kept = `'${at.stage}.quarantine/run_id=broken-rows/part-0.parquet'`;
    const [row] = await world.duckdb(
      `select count(*) as rows, min(source_file) as file, max(display_location) as code
       from read_parquet(${kept}, hive_partitioning = false)`,
    );
    expect(row).toMatchObject({
      file: expect.stringContaining('query select product_id'),
      code: '?',
    });
    expect(line).toMatchObject({ counts: { quarantined: Number(row?.['rows']) } });
  });

  it('says that the source is not there, not the target', async () => {
    const { world } = scene;
    const at = await world.config('gone', {
      set: extractor({ jdbc_url: 'jdbc:postgresql://127.0.0.1:1/none', source_table: 'a.b' }),
    });
    const { code, stderr } = await world.run(at.args);
    expect(code).toBe(3);
    expect(stderr).toContain('SOURCE_UNAVAILABLE');
  });
});

/** Ranges are read by tasks of their own, while transactions come and go. */
async function expectOneSnapshot(remote: string): Promise<void> {
  const { world } = scene;
  const signal = new AbortController().signal;
  await using session = await openBigdataEngine({ remote }, systemClock, signal);
  const { bigdata } = jdbcReader.on;
  const { port, user, password, database } = world.postgres;
  const config = jdbcReader.config.parse({
    ...{ strategy: 'JDBC', partitionColumn: 'id', numPartitions: 6 },
    jdbcUrl: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
    properties: { user, password },
    query: `select nullif(i, 3) as id, pg_backend_pid() as session, pg_current_snapshot()::text as snapshot
      from generate_series(1, 60) i`,
  });
  const context: StrategyContext = {
    clock: systemClock,
    openStorage: (location) => openFileStorage(location, systemClock),
    failpoints: noFailpoints,
    resolveSecret: (secret) => Promise.resolve(secret.kind === 'literal' ? secret.value : ''),
    warn: () => undefined,
  };
  const source = await bigdata?.(session, config, context, signal);
  const copying = source?.materialize?.(signal);
  const copied = new AbortController();
  const writing = (async () => {
    while (!copied.signal.aborted) await world.query('select pg_current_xact_id()::text');
  })();
  const still = await copying?.finally(() => {
    copied.abort();
  });
  await writing;
  const sql = `select count(*) as rows, count(id) as ids, count(distinct session) > 1 as parallel,
    count(distinct snapshot) as snapshots from (${still?.relation ?? ''})`;
  expect(await session.rows(sql, signal)).toEqual([
    { rows: 60n, ids: 59n, parallel: true, snapshots: 1n },
  ]);
}

(withoutSpark === '' ? describe : describe.skip)(
  `a load from a table on Spark${withoutSpark}`,
  () => {
    it('gives the same rows as one from files, and says what is not there', async () => {
      const { world, source } = scene;
      const [newest = ''] = sparkVersions;
      await using spark = await useSpark(newest);
      const files = await world.config('files-again', { source });
      expect((await world.run(files.args)).code).toBe(0);
      const set = { strategy_type: 'bigdata', spark_remote: spark.remote };
      const table = await world.config('table-bigdata', {
        set: { ...set, ...extractor({ source_table: 'src.promotions' }) },
      });
      const query = await world.config('query-bigdata', {
        set: {
          ...{ ...set, quality: { max_quarantined_ratio: 1 } },
          ...extractor({
            query: `select *, 'it''s' as more from src.promotions where week <> 23`,
            ...{ partition_column: 'product_id', num_partitions: 3 },
          }),
        },
      });
      const [whole, some] = [await world.run(table.args), await world.run(query.args)];
      expect(`${whole.stderr}${String(whole.code)}`).toMatch(/completed[^]*0$/);
      expect(await contentsOf(world, table)).toEqual(await contentsOf(world, files));
      expect(`${some.stderr}${String(some.code)}`).toMatch(/completed[^]*0$/);
      expect(await contentsOf(world, query)).toEqual(await contentsOf(world, files, 'week <> 23'));
      await expectOneSnapshot(spark.remote);
      const gone = await world.config('gone-bigdata', {
        set: { ...set, ...extractor({ source_table: 'src.nobody' }) },
      });
      const failed = await world.run(gone.args);
      expect(failed.code).toBe(1);
      expect(failed.stderr).toMatch(/SOURCE_(?:NOT_FOUND|UNREADABLE)/);
    });
  },
);
