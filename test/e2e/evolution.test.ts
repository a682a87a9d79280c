import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import type { SparkServer } from '../../entry/spark-server.ts';
import { sparkVersions, startSpark, withoutSpark } from '../spark/server.ts';
import { deltaRs } from '../strategies/delta/harness.ts';
import { openScene, type Scene } from './scene.ts';

/** A scene whose sinks hold week 23, loaded before the source had more columns. */
let scene: Scene;

const EVOLVE = { schema_contract: { new_columns: 'evolve' } };
const WEEK_25 = ['--start_date', '2017-06-12', '--end_date', '2017-06-19'];
const WEEK_24 = ['--from', '2017-06-05', '--to', '2017-06-12'];

/** Gives a week's file other columns, of its own and `n`, which numbers its rows. */
async function rewrite(week: number, columns: string): Promise<void> {
  const file = join(scene.source, `week-${String(week)}.parquet`);
  const changed = join(scene.world.folder, 'changed.parquet');
  await scene.world.duckdb(
    `copy (select ${columns} from (select *, row_number() over (order by product_id, store_id,
       display_location, mailer_location) as n from read_parquet(${quote(file)})))
     to ${quote(changed)} (format parquet)`,
  );
  await rename(changed, file);
}

async function openGrown(): Promise<void> {
  scene = await openScene();
  await rewrite(
    24,
    `* exclude (n), case when n % 3 = 0 then null else (n % 700 / 100.0)::decimal(5,2) end as discount,
     case when n % 5 = 0 then null else 'ch ' || n % 4 end as channel,
     (n % 9)::smallint as stock, n / 7.0 as weight, n % 2 = 0 as is_new,
     timestamptz '2017-06-05 10:00:00.5+00' + to_seconds(n) as seen_at, date '2017-06-05' as seen_on`,
  );
}

async function verified(): Promise<void> {
  const { code, stdout } = await scene.world.dray('verify', '--config', scene.at.file);
  expect(stdout).not.toContain('wrong');
  expect(code).toBe(0);
}

const RIGHT = { enough: true, strays: 0 };
const ADDED = ['discount', 'channel', 'stock', 'weight', 'is_new', 'seen_at', 'seen_on'];

async function postgresRelation(): Promise<string> {
  await scene.world.session.useExtension('postgres_scanner', new AbortController().signal);
  const { port, user, password, database } = scene.world.postgres;
  const place = `host=127.0.0.1 port=${String(port)} user=${user} password=${password} dbname=${database}`;
  return `postgres_scan(${quote(place)}, 'public', 'scene')`;
}

/** Rows of week 24 of a sink whose new columns are not those of the source's only row of their key. */
async function strays(relation: string): Promise<unknown> {
  const columns = ADDED.map((name) => `t.${name} is distinct from s.${name}`).join(' or ');
  const file = quote(join(scene.source, 'week-24.parquet'));
  const [row] = await scene.world.duckdb(
    `select count(*) > 1000 as enough, count_if(${columns})::integer as strays
     from (select * from ${relation} where week = 24) t
     join (select * from read_parquet(${file}) qualify count(*) over (partition by product_id, store_id) = 1) s
       using (product_id, store_id)`,
  );
  return row;
}

/** Judged by delta-rs and DuckDB's Delta kernel, none of which wrote it. */
async function expectEvolvedDelta(): Promise<void> {
  const delta = await deltaRs('read', scene.at.unity);
  expect(delta.columns).toMatchObject({
    discount: 'decimal(38,2)',
    stock: 'long',
    weight: 'double',
  });
  const older = delta.rows.filter(({ week }) => week === 23);
  expect(older).toHaveLength(5054);
  expect(older.every((row) => ADDED.every((name) => row[name] === null))).toBe(true);
  await scene.world.session.useExtension('delta', new AbortController().signal);
  expect(await strays(`delta_scan(${quote(scene.at.unity)})`)).toEqual(RIGHT);
}

/** The same in all three sinks. */
async function expectEvolved(): Promise<void> {
  await expectEvolvedDelta();
  const stage = quote(`${scene.at.stage}/**/*.parquet`);
  expect(await strays(`read_parquet(${stage}, union_by_name = true)`)).toEqual(RIGHT);
  expect(await strays(await postgresRelation())).toEqual(RIGHT);
  const [nulls] = await scene.world.query(
    'select count(*)::int as rows, count(discount)::int as filled from scene where week = 23',
  );
  expect(nulls).toEqual({ rows: 5054, filled: 0 });
}

describe('a source with new columns', () => {
  beforeAll(openGrown);
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  it('shows in the plan what becomes of them, and the statements, and changes nothing', async () => {
    const before = await scene.state();
    const [, , , config] = await scene.args(EVOLVE);
    const { code, stdout, stderr } = await scene.world.dray(
      ...['plan', 'load_promos', '--config', String(config).slice(1), ...WEEK_24],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(await scene.state()).toEqual(before);
    expect(stdout).toContain(
      'new column discount DECIMAL(5,2): is added to the targets as decimal(38,2)',
    );
    expect(stdout).toContain('alter table "public"."scene" add column "stock" bigint');
    expect(stdout).toMatch(
      /alter table delta\.`\S+` add columns \(`discount` decimal\(38,2\), `channel` string/,
    );
  });

  it('is refused with all of them where new columns fail, and leaves everything as it is', async () => {
    const before = await scene.state();
    const args = await scene.args({ schema_contract: { new_columns: 'fail' } });
    const { code, line } = await scene.world.run(args);
    expect(code).toBe(4);
    expect(line?.['error']).toMatchObject({
      code: 'SOURCE_SCHEMA',
      message: expect.stringMatching(/"discount": is new[^]*"seen_on": is new \(DATE\)/),
    });
    expect(await scene.state()).toEqual(before);
  });

  it('is loaded with them into every sink, in which older rows are null', async () => {
    const { line } = await scene.world.run(await scene.args(EVOLVE));
    expect(line?.['sinks']).toMatchObject(
      ['unity', 'stage', 'redshift'].map((sink) => ({
        ...{ sink, status: 'loaded', added_columns: ADDED },
      })),
    );
    await verified();
    await expectEvolved();
  });

  it('is not loaded again, and brings them on when the policy is gone: they are not new any more', async () => {
    const again = await scene.world.run(await scene.args(EVOLVE));
    expect(again.line?.['sinks']).toMatchObject([1, 2, 3].map(() => ({ status: 'reused' })));
    await rewrite(25, '* exclude (n), n::bigint as stock, n as other');
    const later = await scene.world.run(await scene.args({}, WEEK_25));
    expect(later.code).toBe(0);
    expect(JSON.stringify(later.line?.['sinks'])).not.toContain('added_columns');
    const [row] = await scene.world.query(
      'select count(*)::int = count(stock)::int as stocked, count(channel)::int as channels from scene where week = 25',
    );
    expect(row).toEqual({ stocked: true, channels: 0 });
    await verified();
  });

  it('is merged and appended with columns that come later, and verified', async () => {
    await rewrite(24, '* exclude (n), n * 2 as rank');
    const modes = {
      ...EVOLVE,
      unity_loader_config: { mode: 'merge' },
      stage_loader_config: { mode: 'append' },
      redshift_loader_config: { mode: 'merge' },
    };
    const { code, line, stderr } = await scene.world.run([...(await scene.args(modes)), '--force']);
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(line?.['sinks']).toMatchObject(
      [1, 2, 3].map(() => ({ added_columns: ['rank', 'other'] })),
    );
    await verified();
  });

  it.each([
    ['channel', `channel || '!'`],
    // The next float, which many a text does not tell from it.
    ['weight', 'weight * 1.0000000000000002'],
  ])('has a changed %s, a column of theirs, found by verify', async (column, changed) => {
    await verified();
    const [row] = await scene.world.query(
      `select promo_id, ${column}::text as was from scene where ${column} is not null limit 1`,
    );
    const update = async (value: string) => {
      const set = `update scene set ${column} = ${value} where promo_id = '${String(row?.['promo_id'])}'`;
      await scene.world.query(set);
    };
    await update(changed);
    const { code, stdout } = await scene.world.dray(
      'verify',
      'redshift',
      '--config',
      scene.at.file,
    );
    expect(code).toBe(4);
    expect(stdout).toContain('other values');
    await update(`'${String(row?.['was'])}'`);
  });
});

(withoutSpark === '' ? describe : describe.skip)(
  `a source with new columns on Spark${withoutSpark}`,
  () => {
    let spark: SparkServer | undefined;
    beforeAll(async () => {
      const [newest] = sparkVersions;
      spark = newest === undefined ? undefined : await startSpark(newest);
      await openGrown();
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
      await spark?.[Symbol.asyncDispose]();
    });

    const onSpark = () => ({
      ...{ ...EVOLVE, strategy_type: 'bigdata', spark_remote: spark?.remote },
      ...{ stage_loader_config: null, redshift_loader_config: null },
    });

    it('is loaded with them into Delta, in the commit of its rows', async () => {
      const { line } = await scene.world.run(await scene.args(onSpark()));
      expect(line).toMatchObject({ engine: 'bigdata', exit_code: 0 });
      expect((await deltaRs('read', scene.at.unity)).version).toBe(1);
      await verified();
      await expectEvolvedDelta();
    });

    it('is merged with columns that come later, in the one version of its rows', async () => {
      await rewrite(24, '* exclude (n), n * 2 as rank');
      const merge = { unity_loader_config: { mode: 'merge' } };
      const { line } = await scene.world.run(await scene.args({ ...onSpark(), ...merge }));
      expect(line).toMatchObject({
        ...{ engine: 'bigdata', exit_code: 0 },
        sinks: [{ status: 'loaded', added_columns: ['rank'] }],
      });
      const { version, columns, rows } = await deltaRs('read', scene.at.unity);
      expect([version, columns['rank']]).toEqual([2, 'long']);
      const ranks = (week: number) => rows.filter((row) => row['week'] === week && row['rank']);
      expect(ranks(24).length).toBeGreaterThan(1000);
      expect(ranks(23)).toEqual([]);
      await verified();
    });
  },
);
