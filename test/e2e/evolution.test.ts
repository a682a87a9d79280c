import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { openScene, type Scene, WINDOW } from './scene.ts';

/** A scene whose sinks hold week 23, loaded before the source had more columns. */
let scene: Scene;

const EVOLVE = { schema_contract: { new_columns: 'evolve' } };
const WEEK_24 = ['--from', '2017-06-05', '--to', '2017-06-12'];

/** Gives a week's file other columns; `n` numbers its rows. */
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

beforeAll(async () => {
  scene = await openScene();
  await rewrite(
    24,
    `* exclude (n), case when n % 3 = 0 then null else (n % 700 / 100.0)::decimal(5,2) end as discount,
     case when n % 5 = 0 then null else 'ch ' || n % 4 end as channel,
     (n % 9)::smallint as stock, n / 7.0 as weight, n % 2 = 0 as is_new,
     timestamptz '2017-06-05 10:00:00.5+00' + to_seconds(n) as seen_at, date '2017-06-05' as seen_on`,
  );
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

async function verified(): Promise<void> {
  const { code, stdout } = await scene.world.dray('verify', '--config', scene.at.file);
  expect(stdout).not.toContain('wrong');
  expect(code).toBe(0);
}

describe('a source with new columns', () => {
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

  it('is loaded with them into every sink, in which older rows are null', async () => {
    const { code, line, stderr } = await scene.world.run(await scene.args(EVOLVE, WINDOW));
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(line?.['sinks']).toMatchObject(
      ['unity', 'stage', 'redshift'].map((sink) => ({
        sink,
        status: 'loaded',
        added_columns: ['discount', 'channel', 'stock', 'weight', 'is_new', 'seen_at', 'seen_on'],
      })),
    );
    await verified();
  });
});
