import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { sparkVersions, type UsedSpark, useSpark, withoutSpark } from '../spark/server.ts';
import { openScene, type Scene, WINDOW } from './scene.ts';
import { contentsOf, type Prepared } from './world.ts';

/** Quarantines of tables, and on Spark; `replay.test.ts` has those of files. */
let scene: Scene;
let spark: UsedSpark | undefined;

beforeAll(async () => {
  scene = await openScene();
  const { world, source } = scene;
  const { port, user, password, database } = world.postgres;
  await world.query('create schema src');
  await world.session.useExtension('postgres_scanner', new AbortController().signal);
  await world.duckdb(
    `attach 'host=127.0.0.1 port=${String(port)} user=${user} password=${password} dbname=${database}' as src (type postgres)`,
  );
  // Of every 50th row there are two, and some rows are there twice as they are.
  const week = quote(join(source, 'week-24.parquet'));
  const rows = `select product_id, store_id, display_location, mailer_location, week, file_row_number as n
    from read_parquet(${week}, file_row_number = true)`;
  await world.duckdb(
    `create table src.src.promotions as
     select * exclude (n) replace (case when n % 50 = 0 then '?' else display_location end as display_location) from (${rows})
     union all select * exclude (n) replace ('?' as display_location) from (${rows}) where n % 200 = 0`,
  );
  const [newest] = sparkVersions;
  spark = newest === undefined ? undefined : await useSpark(newest);
});
afterAll(async () => {
  await spark?.[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
});

const quality = { max_quarantined_ratio: 0.5 };

/** @param changed - the source in the place of the table, as the correction leaves it. */
async function ofTable(name: string, engine: object, changed?: string): Promise<Prepared> {
  const { port, user, database } = scene.world.postgres;
  const extractor = {
    ...{ strategy: 'JDBC', properties: { user, password: 'secret://env/PROMOS_DB_PASSWORD' } },
    jdbc_url: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
    ...(changed === undefined ? { source_table: 'src.promotions' } : { query: changed }),
  };
  return await scene.world.config(name, {
    set: { quality, extractor_config: extractor, ...engine },
  });
}

const onSpark = () => ({ strategy_type: 'bigdata', spark_remote: spark?.remote });

function placeOf(at: Prepared, runId: string): string {
  return quote(`${at.stage}.quarantine/run_id=${runId}/part-0.parquet`);
}

async function edit(at: Prepared, runId: string, replace: string): Promise<void> {
  const place = placeOf(at, runId);
  await scene.world.duckdb(
    `create or replace table edited as select * replace (${replace}) from read_parquet(${place}, hive_partitioning = false)`,
  );
  await scene.world.duckdb(`copy edited to ${place} (format parquet)`);
}

/** With the config again: the record keeps no token of Spark's. */
const replay = async (runId: string, { file }: Prepared) =>
  await scene.world.dray('quarantine', 'replay', runId, '--json', '--config', file);

/** Runs, corrects what was quarantined, replays, and compares with a load of the corrected source. */
async function expectReplayed(name: string, at: Prepared, expected: Prepared): Promise<void> {
  const { world } = scene;
  const first = await world.run([...at.args, ...WINDOW, '--run_id', name]);
  expect(`${first.stderr}${String(first.code)}`).toMatch(/completed[^]*0$/);
  const counts = first.line?.['counts'] as Record<string, number>;
  expect(counts['quarantined']).toBeGreaterThan(50);
  await edit(at, name, `'1' as display_location`);
  for (let time = 1; time <= 2; time++) {
    const { code, line, stderr } = await replay(name, at);
    expect(`${stderr}${String(code)}`).toMatch(/0$/);
    expect(line).toMatchObject({ counts: { quarantined: 0, read: counts['read'] } });
    await world.run([...expected.args, ...WINDOW]);
    expect(await contentsOf(world, at)).toEqual(await contentsOf(world, expected));
  }
}

const REPAIRED = `select product_id, store_id, mailer_location, week,
  case when display_location = '?' then '1' else display_location end as display_location from src.promotions`;

describe('quarantined rows of a table', () => {
  it.each(['bulk', 'row'])(
    'are replayed by their values on %s, those that it has twice too',
    async (engine) => {
      const set = { strategy_type: engine };
      const at = await ofTable(`table-${engine}`, set);
      await expectReplayed(
        `table-${engine}`,
        at,
        await ofTable(`repaired-${engine}`, set, REPAIRED),
      );
    },
  );

  it('are refused when they are no longer what they were, and others may change', async () => {
    const { world } = scene;
    const at = await ofTable('changed', {});
    await world.run([...at.args, ...WINDOW, '--run_id', 'changed']);
    await edit(at, 'changed', `'1' as display_location`);
    await world.query(
      `update src.promotions set mailer_location = '0' where display_location <> '?' and product_id % 7 = 0`,
    );
    expect((await replay('changed', at)).code).toBe(0);
    const before = await contentsOf(world, at);
    await world.query(
      `update src.promotions set store_id = store_id + 1 where display_location = '?'`,
    );
    const { line, stderr } = await replay('changed', at);
    expect(line).toMatchObject({ error: { code: 'REPLAY_REFUSED' } });
    expect(stderr).toContain('where rows were changed in the table meanwhile, run the job again');
    expect(await contentsOf(world, at)).toEqual(before);
    await world.query(
      `update src.promotions set store_id = store_id - 1 where display_location = '?'`,
    );
  });
});

(withoutSpark === '' ? describe : describe.skip)(`quarantined rows on Spark${withoutSpark}`, () => {
  const fromFiles = async (name: string, source: string, engine: object = onSpark()) =>
    await scene.world.config(name, { source, set: { quality, ...engine } });

  const broken = async (name: string, display: string) => {
    const path = join(scene.world.folder, `${name}.parquet`);
    const week = quote(join(scene.source, 'week-24.parquet'));
    await scene.world.duckdb(
      `copy (select product_id, store_id, mailer_location, week,
           case when n % 50 = 0 then '${display}' else display_location end as display_location
           from (select *, file_row_number as n from read_parquet(${week}, file_row_number = true)))
         to ${quote(path)} (format parquet)`,
    );
    return path;
  };

  it('are replayed from files', async () => {
    const at = await fromFiles('spark-files', await broken('spark-broken', '?'));
    const expected = await fromFiles('spark-good', await broken('spark-good', '1'));
    await expectReplayed('spark-files', at, expected);
  });

  it('are replayed from files by another engine, and where a file is wrong refused', async () => {
    const { world } = scene;
    const source = await broken('turns-broken', '?');
    const at = await fromFiles('turns', source);
    await world.run([...at.args, ...WINDOW, '--run_id', 'turns']);
    await edit(at, 'turns', `'1' as display_location`);
    await fromFiles('turns', source, { strategy_type: 'bulk' });
    const { code, line } = await replay('turns', at);
    expect([code, line?.['engine']]).toEqual([0, 'bulk']);
    const expected = await fromFiles('turns-good', await broken('turns-good', '1'));
    await world.run([...expected.args, ...WINDOW]);
    expect(await contentsOf(world, at)).toEqual(await contentsOf(world, expected));
    await edit(at, 'turns', 'source_row_number + 1000000 as source_row_number');
    await fromFiles('turns', source);
    const refused = await replay('turns', at);
    expect(refused.stderr).toContain('of which the source has 0');
    await edit(at, 'turns', `'twenty' as week, source_row_number - 1000000 as source_row_number`);
    const invalid = await replay('turns', at);
    expect(invalid.line).toMatchObject({ error: { code: 'VALUE_INVALID' } });
  });

  it('are replayed from a table', async () => {
    const at = await ofTable('spark-table', onSpark());
    await expectReplayed('spark-table', at, await ofTable('spark-repaired', onSpark(), REPAIRED));
  });
});
