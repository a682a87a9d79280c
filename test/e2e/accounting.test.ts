import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import {
  expectFailure,
  expectLoads,
  expectMessage,
  openScene,
  type Scene,
  WINDOW,
} from './scene.ts';
import { ROOT } from './world.ts';

const PLANTED = [
  {
    title: 'a lost row',
    says: '1 row is lost',
    change: 'limit (select count(*) - 1 from whole)',
  },
  { title: 'a doubled row', says: '1 row too many', change: 'union all (from whole limit 1)' },
] as const;
let scene: Scene;
/** The result for the window, as a run wrote it to another place. */
let whole: string;

beforeAll(async () => {
  scene = await openScene();
  const elsewhere = await scene.world.config('elsewhere', { source: scene.source });
  await scene.world.run([...elsewhere.args, ...WINDOW]);
  const [name = ''] = await readdir(join(elsewhere.stage, 'week=24'));
  whole = join(elsewhere.stage, 'week=24', name);
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

/** A copy of the result with a row fewer or more. */
async function tampered(title: string, change: string): Promise<string> {
  const path = join(scene.world.folder, `${title.replaceAll(' ', '-')}.data`);
  await scene.world.duckdb(
    `copy (with whole as (from read_parquet(${quote(whole)}, hive_partitioning = false)) from whole ${change})
     to ${quote(path)} (format parquet)`,
  );
  return path;
}

/** Puts `file` in the place of every file of week 24 that a run has staged or published in `folder`. */
function replacing(folder: string, file: string): string {
  return `find '${folder}' -type f -path '*week=24*' ! -name '*.json' -exec cp '${file}' {} ';'`;
}

describe.each(PLANTED)('$title between staging and commit', ({ title, says, change }) => {
  it.each([
    { sink: 'unity', moment: 'delta:upload:after' },
    { sink: 'stage', moment: 'parquet:upload:after' },
  ] as const)(
    'in a file that was staged for $sink fails the run before the commit, and no sink has any of it',
    async ({ sink, moment }) => {
      const file = await tampered(title, change);
      const failure = {
        exit: 4,
        code: 'ACCOUNTING_BROKEN',
        says: [`${sink}, before the commit`, says],
      };
      await expectFailure(scene, await scene.args(), failure, {
        DRAY_TEST_FAIL: `${moment}=exec`,
        DRAY_TEST_EXEC: replacing(scene.at[sink], file),
      });
    },
  );

  it('in the staging table fails the run before the commit, and no sink has any of it', async () => {
    const { world } = scene;
    const change =
      title === 'a lost row' ? 'delete from T where' : 'insert into T select * from T where';
    const file = join(world.folder, 'tamper.mjs');
    await writeFile(
      file,
      `import pg from ${JSON.stringify(join(ROOT, 'node_modules/pg/esm/index.mjs'))};
       const client = new pg.Client({ connectionString: ${JSON.stringify(world.postgres.url)} });
       await client.connect();
       const found = await client.query("select tablename from pg_tables where tablename like '\\_dray\\_stage%'");
       const name = found.rows[0].tablename;
       await client.query(${JSON.stringify(change)}.replaceAll('T', name) + ' promo_id = (select min(promo_id) from ' + name + ')');
       await client.end();`,
    );
    const failure = {
      exit: 4,
      code: 'ACCOUNTING_BROKEN',
      says: ['redshift, before the commit', says],
    };
    await expectFailure(scene, await scene.args(), failure, {
      DRAY_TEST_FAIL: 'postgres:copy:after=exec',
      DRAY_TEST_EXEC: `${process.execPath} ${file}`,
    });
  });
});

describe.each(PLANTED)('$title in what is committed', ({ title, says, change }) => {
  it.each([
    { sink: 'unity', moment: 'delta:commit:before' },
    { sink: 'stage', moment: 'parquet:publish:after' },
  ] as const)(
    'in a file of $sink that was counted already fails the run after the commit',
    async ({ sink, moment }) => {
      const file = await tampered(title, change);
      const ended = await scene.world.run(await scene.args({}, [...WINDOW, '--force']), {
        DRAY_TEST_FAIL: `${moment}=exec`,
        DRAY_TEST_EXEC: replacing(scene.at[sink], file),
      });
      const failure = {
        exit: 4,
        code: 'ACCOUNTING_BROKEN',
        says: [`${sink}, after the commit`, says],
      };
      expectMessage(ended, failure);
      // The next load of the window puts it right.
      await expectLoads(scene, await scene.args({}, [...WINDOW, '--force']));
    },
  );

  it.each(['overwrite_window', 'append'])(
    'that a trigger of the table plants fails the run after the commit, in mode %s',
    async (mode) => {
      const { world, at } = scene;
      const dropped = says.includes('lost');
      if (!dropped) await world.query(`alter table ${at.table} drop constraint scene_pkey`);
      await world.query(
        `create or replace function plant() returns trigger language plpgsql as $$ begin
           if pg_trigger_depth() = 1 and new.promo_id = (select min(promo_id) from public.elsewhere) then
             ${dropped ? 'return null;' : `insert into ${at.table} select new.*; return new;`}
           end if;
           return new; end $$`,
      );
      await world.query(`delete from ${at.table} where week = 24`);
      await world.query(`delete from public._dray_loads where target like '%scene'`);
      await world.query(
        `create trigger plant before insert on ${at.table} for each row execute function plant()`,
      );
      const args = await scene.args({ redshift_loader_config: { mode } });
      const ended = await world.run(args);
      await world.query(`drop trigger plant on ${at.table}`);
      const hint = 'look for other writers, triggers or rules';
      expectMessage(ended, {
        exit: 4,
        code: 'ACCOUNTING_BROKEN',
        says: ['redshift, after the commit', says, hint],
      });
      await expectLoads(scene, await scene.args({}, [...WINDOW, '--force']));
      if (!dropped)
        await world.query(
          `alter table ${at.table} add constraint scene_pkey primary key (promo_id)`,
        );
    },
  );
});
