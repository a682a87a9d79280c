import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withoutMoto } from '../aws/moto.ts';
import { launchSpark } from '../launcher/launch.ts';
import { sparkVersions, withoutSpark } from '../spark/server.ts';
import { describeSql } from '../strategies/redshift/sql.ts';
import { openFeed } from './feed.ts';
import { openRedshiftDesk, type RedshiftDesk } from './redshift-desk.ts';
import { contentsOf, ROOT } from './world.ts';

const BOTH = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];

(withoutMoto === '' ? describe : describe.skip)(`load_promos from Redshift${withoutMoto}`, () => {
  let desk: RedshiftDesk;
  beforeAll(async () => {
    desk = await openRedshiftDesk();
  });
  afterAll(async () => {
    await desk[Symbol.asyncDispose]();
  });

  it('is read as it is loaded: the same rows come out of it as of files', async () => {
    const { session, postgres } = desk.world;
    const fromFiles = await desk.prepare('from-files');
    await desk.loaded(fromFiles, BOTH);
    await session.useExtension('postgres_scanner', new AbortController().signal);
    await desk.world.duckdb(`attach '${postgres.url}' as warehouse (type postgres)`);
    await desk.world.duckdb(
      `create table warehouse.warehouse.raw as select * from read_parquet('${desk.source}/*.parquet')`,
    );
    const fetched = {
      ...{ ...desk.unloaded('warehouse.raw'), staging_path: undefined, iam_role: undefined },
      ...{ source_table: undefined, query: 'select * from warehouse.raw' },
    };
    for (const [name, engine, extractor_config] of [
      ['from-unloaded', 'bulk', desk.unloaded('warehouse.raw')],
      ['from-fetched', 'row', fetched],
    ] as const) {
      const at = await desk.prepare(name, {}, { strategy_type: engine, extractor_config });
      const span = ['--from', '2017-05-29', '--to', '2017-06-12'];
      const plan = await desk.dray('plan', 'load_promos', '--config', at.file, ...span);
      expect([plan.code, plan.stderr]).toEqual([0, '']);
      expect(plan.stdout).toContain('11,089 rows');
      const { line } = await desk.loaded(at, BOTH);
      expect(line).toMatchObject({ engine, counts: { read: 11_089 } });
      expect(await contentsOf(desk.world, at)).toEqual(await contentsOf(desk.world, fromFiles));
      await desk.expectWhole(at, 1);
    }
  });

  it('is read as it grows: each row once, and a backfill leaves the state', async () => {
    const { world } = desk;
    const feed = await openFeed(world, 'redshift');
    const reader = {
      ...{ ...desk.unloaded(feed.table), incremental: { cursor_column: 'updated_at' } },
    };
    const set = { stage_loader_config: undefined, unity_loader_config: undefined };
    const at = await feed.follow('redshift-feed', { reader, mode: 'merge', set });
    const read = async (rows: number, all: readonly number[], window: readonly string[] = []) => {
      expect((await desk.loaded(at, window)).line).toMatchObject({ counts: { read: rows } });
      const there = await world.query(`select product_id::int as id from ${at.table} order by 1`);
      expect(there.map(({ id }) => id)).toEqual(all);
    };
    await feed.add([1, 2], 10);
    await read(2, [1, 2]);
    await feed.add([3], 20);
    await read(1, [1, 2, 3]);
    // Its cursor is behind the state, its week in the window.
    await feed.add([5], 5);
    await read(0, [1, 2, 3]);
    await read(4, [1, 2, 3, 5], ['--start_date', '2017-06-12', '--end_date', '2017-06-19']);
    await feed.add([6], 30);
    await read(1, [1, 2, 3, 5, 6]);
    const state = await desk.dray('state', 'show', '--config', at.file);
    expect(state.stdout).toMatch(/redshift:\/\/\S+\/feed\.redshift#updated_at/);
    expect(state.stdout).toContain('2026-01-01 00:00:30+00');
    expect((await desk.dray('verify', '--config', at.file)).code).toBe(0);
    expect(await desk.staged()).toEqual([]);
  });

  const [version = ''] = sparkVersions;
  (withoutSpark === '' ? describe : describe.skip)(`on Spark${withoutSpark}`, () => {
    it('reads it and loads it with the same rows and hashes', async () => {
      const bulk = await desk.prepare('redshift-beside-spark');
      await desk.loaded(bulk, BOTH);
      await desk.world.query('create table warehouse.for_spark as select * from warehouse.raw');
      const extractor_config = desk.unloaded('warehouse.for_spark');
      const at = await desk.prepare(
        'redshift-spark',
        {},
        { strategy_type: 'bigdata', extractor_config },
      );
      using launched = launchSpark(version, [...at.args, ...BOTH], {
        ...desk.s3.env,
        DRAY_BUNDLE: join(ROOT, 'test/e2e/failing-entry.ts'),
        PROMOS_DB_PASSWORD: desk.world.postgres.password,
      });
      const { lines, stderr } = await launched.ended;
      expect(stderr).toContain('completed');
      expect(lines[0]).toMatchObject({ exit_code: 0, engine: 'bigdata' });
      expect((await contentsOf(desk.world, at)).redshift).toBe(
        (await contentsOf(desk.world, bulk)).redshift,
      );
      await desk.expectWhole(at, 1);
      expect((await desk.dray('verify', '--config', at.file)).code).toBe(0);
    });
  });

  describeSql(() => desk.double.statements, 40);
});
