import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withoutMoto } from '../aws/moto.ts';
import { SERIALIZATION } from '../aws/redshift/session.ts';
import { describeSql } from '../strategies/redshift/sql.ts';
import { openRedshiftDesk, type RedshiftDesk } from './redshift-desk.ts';
import { contentsOf } from './world.ts';

const WEEK_23 = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
const WEEK_24 = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const BOTH = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];

(withoutMoto === '' ? describe : describe.skip)(`load_promos into Redshift${withoutMoto}`, () => {
  let desk: RedshiftDesk;
  beforeAll(async () => {
    desk = await openRedshiftDesk();
  });
  afterAll(async () => {
    await desk[Symbol.asyncDispose]();
  });

  it('loads what the other sinks have, and nothing twice', async () => {
    const at = await desk.prepare('redshift-plain');
    await desk.loaded(at, WEEK_23);
    const { line, stderr } = await desk.loaded(at, BOTH);
    expect(stderr).toMatch(/redshift +loaded/);
    expect(line).toMatchObject({ exit_code: 0 });
    await desk.expectWhole(at, 2);
    const again = await desk.loaded(at, BOTH);
    expect(again.stderr).toContain('nothing loaded twice');
    await desk.expectWhole(at, 2);
  });

  it.each(['overwrite', 'append', 'merge', 'overwrite_window'])(
    'leaves in mode %s what Postgres has',
    async (mode) => {
      const pg = await desk.world.config(`postgres-${mode}`, { source: desk.source });
      const config = JSON.parse(await readFile(pg.file, 'utf8')) as Record<string, object>;
      config['redshift_loader_config'] = { ...config['redshift_loader_config'], mode };
      await writeFile(pg.file, JSON.stringify(config));
      const at = await desk.prepare(`redshift-${mode}`, { mode });
      for (const window of [WEEK_23, WEEK_24, ...(mode === 'append' ? [] : [WEEK_24])]) {
        const force = ['--force'];
        await desk.loaded(pg, [...window, ...(mode === 'append' ? [] : force)]);
        await desk.loaded(at, [...window, ...(mode === 'append' ? [] : force)]);
      }
      const [expected, found] = [
        await contentsOf(desk.world, pg),
        await contentsOf(desk.world, at),
      ];
      expect(found.redshift).toBe(expected.redshift);
      expect(found.redshift).toMatch(/^[1-9]/);
    },
  );

  it('loads the same on the engine row', async () => {
    const bulk = await desk.prepare('redshift-bulk');
    const row = await desk.prepare('redshift-row', {}, { strategy_type: 'row' });
    await desk.loaded(bulk, BOTH);
    const { line } = await desk.loaded(row, BOTH);
    expect(line).toMatchObject({ engine: 'row' });
    await desk.expectWhole(row, 1);
    expect((await contentsOf(desk.world, row)).redshift).toBe(
      (await contentsOf(desk.world, bulk)).redshift,
    );
  });

  it.each([
    'redshift:upload:before#1',
    'redshift:upload:after#1',
    'redshift:copy:after#1',
    'redshift:commit:before#1',
    'redshift:ledger:after#1',
    'redshift:commit:after#1',
  ])('killed at %s: the next attempt ends in the right content', async (moment) => {
    const name = `redshift-kill-${moment.replaceAll(/[^a-z0-9]+/g, '-')}`;
    const at = await desk.prepare(name);
    await desk.loaded(at, WEEK_23);
    const runId = ['--run_id', name];
    const killed = await desk.run(at, [...BOTH, ...runId], { DRAY_TEST_FAIL: `${moment}=kill` });
    expect(killed.stderr).toContain('failpoint');
    expect(killed.signal).toBe('SIGKILL');
    await desk.loaded(at, [...BOTH, ...runId, '--attempt', '2']);
    await desk.expectWhole(at, 2);
  });

  it('loads nothing twice when the answer to its commit was lost', async () => {
    const at = await desk.prepare('redshift-lost');
    desk.double.interfere(/insert into .*_dray_loads/, {
      meanwhile: () => {
        desk.double.interfere(/^commit$/, { cut: 'after' });
        return Promise.resolve();
      },
    });
    await desk.loaded(at, BOTH);
    await desk.expectWhole(at, 1);
    expect((await desk.loaded(at, BOTH)).stderr).toContain('nothing loaded twice');
    await desk.expectWhole(at, 1);
  });

  it('loads nothing twice when nobody could tell it whether it had committed', async () => {
    const at = await desk.prepare(
      'redshift-lost-twice',
      {},
      {
        unity_loader_config: undefined,
        stage_loader_config: undefined,
      },
    );
    desk.double.interfere(/insert into .*_dray_loads/, {
      meanwhile: () => {
        desk.double.interfere(/^commit$/, { cut: 'after' });
        desk.double.interfere(/^lock table/, { cut: 'before' });
        return Promise.resolve();
      },
    });
    const lost = await desk.run(at, [...BOTH, '--run_id', 'lost-twice']);
    expect(lost.stderr).toContain('TARGET_UNAVAILABLE');
    expect(lost.code).toBe(3);
    const again = await desk.loaded(at, [...BOTH, '--run_id', 'lost-twice', '--attempt', '2']);
    expect(again.stderr).toContain('nothing loaded twice');
    const [row] = await desk.world.query(
      `select count(distinct number)::integer as loads from warehouse._dray_loads where target = '${at.table}'`,
    );
    expect(row).toEqual({ loads: 1 });
  });

  it('tries again what Redshift undid because of another transaction (1023)', async () => {
    const at = await desk.prepare('redshift-1023');
    desk.double.interfere(/^\s*insert into .*redshift_1023/, { error: SERIALIZATION }, 2);
    expect((await desk.loaded(at, BOTH)).code).toBe(0);
    await desk.expectWhole(at, 1);
  });

  it('is planned, listed and verified; a row deleted, changed or doubled is found', async () => {
    const at = await desk.prepare('redshift-verify');
    const plan = await desk.dray(
      'plan',
      'load_promos',
      '--config',
      at.file,
      '--from',
      '2017-05-29',
      '--to',
      '2017-06-12',
    );
    expect([plan.code, plan.stderr]).toEqual([0, '']);
    expect(plan.stdout).toContain('create table "warehouse"."redshift_verify" (');
    expect(plan.stdout).toContain('diststyle auto sortkey ("start_date")');
    const name = 'redshift-verified';
    await desk.loaded(at, ['--run_id', name]);
    const right = await desk.dray('verify', 'redshift', '--config', at.file);
    expect(right.stderr).toBe('');
    expect(right.stdout).toMatch(
      /^redshift {2}redshift {2}redshift:\/\/127\.0\.0\.1:\d+\/\S+\n {2}1 load, 3 of column week, [\d,]+ rows: as the ledger says\n$/,
    );
    const list = await desk.dray('loads', 'list', 'redshift', '--config', at.file);
    expect(list.stdout).toMatch(/redshift-verified +1 +overwrite_window +all rows/);

    const one = `ctid = (select min(ctid) from ${at.table} where week = `;
    await desk.world.query(`delete from ${at.table} where ${one}23)`);
    await desk.world.query(`update ${at.table} set promo_score = promo_score + 1 where ${one}24)`);
    await desk.world.query(`insert into ${at.table} select * from ${at.table} where ${one}25)`);
    const wrong = await desk.dray('verify', 'redshift', '--config', at.file);
    expect(wrong.code).toBe(4);
    for (const line of [/23 .*1 row missing/, /24 .*other values/, /25 .*1 row too many/]) {
      expect(wrong.stdout).toMatch(line);
    }
    await desk.loaded(at, ['--force']);
    expect((await desk.dray('verify', 'redshift', '--config', at.file)).code).toBe(0);
    expect(await desk.staged()).toEqual([]);
  });

  describeSql(() => desk.double.statements, 40);
});
