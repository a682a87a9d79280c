import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withoutMoto } from '../aws/moto.ts';
import { type RedshiftDouble, ROLE, startRedshiftDouble } from '../aws/redshift/cluster.ts';
import { SERIALIZATION } from '../aws/redshift/session.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { launchSpark } from '../launcher/launch.ts';
import { sparkVersions, withoutSpark } from '../spark/server.ts';
import { describeSql } from '../strategies/redshift/sql.ts';
import { contentsOf, type Ended, openWorld, type Prepared, ROOT, type World } from './world.ts';

const WEEK_23 = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
const WEEK_24 = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const BOTH = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];

(withoutMoto === '' ? describe : describe.skip)(`load_promos into Redshift${withoutMoto}`, () => {
  let world: World;
  let s3: TestS3;
  let double: RedshiftDouble;
  let source: string;

  beforeAll(async () => {
    world = await openWorld();
    s3 = await startS3();
    double = await startRedshiftDouble({
      ...{ postgres: world.postgres, s3: s3.client, engine: world.session },
    });
    source = await world.smallSource();
    // The server behind the double is also the Postgres that it is compared with.
    await world.query('create schema warehouse');
  });
  afterAll(async () => {
    await double[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** A config whose warehouse is Redshift; what `others` names is merged over it. */
  async function prepare(
    name: string,
    loader: object = {},
    others: object = {},
  ): Promise<Prepared> {
    const made = await world.config(name, { source });
    const at = { ...made, table: made.table.replace('public.', 'warehouse.') };
    const config = JSON.parse(await readFile(at.file, 'utf8')) as Record<string, unknown>;
    config['redshift_loader_config'] = {
      strategy: 'REDSHIFT',
      jdbc_url: `jdbc:redshift://127.0.0.1:${String(double.port)}/${double.database}?ssl=false`,
      table: at.table,
      properties: { user: world.postgres.user, password: 'secret://env/PROMOS_DB_PASSWORD' },
      staging_path: `s3a://${BUCKET}/staged/${name}`,
      iam_role: ROLE,
      ...loader,
    };
    await writeFile(at.file, JSON.stringify({ ...config, ...others }));
    return at;
  }

  const run = async (at: Prepared, args: readonly string[], env = {}): Promise<Ended> =>
    await world.run([...at.args, ...args], { ...s3.env, ...env });
  const dray = async (...args: readonly string[]): Promise<Ended> =>
    await world.start(args, s3.env, 'entry/dray.ts').ended;

  async function loaded(at: Prepared, args: readonly string[], env = {}): Promise<Ended> {
    const ended = await run(at, args, env);
    expect(ended.stderr).toMatch(/completed|nothing loaded twice/);
    expect(ended.code).toBe(0);
    return ended;
  }

  async function staged(): Promise<readonly string[]> {
    const { Contents = [] } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return Contents.map(({ Key = '' }) => Key);
  }

  async function expectWhole(at: Prepared, loads: number): Promise<void> {
    const { unity, stage, redshift } = await contentsOf(world, at);
    expect([stage, redshift]).toEqual([unity, unity]);
    const [row] = await world.query(
      `select count(distinct number)::integer as loads from warehouse._dray_loads where target = '${at.table}'`,
    );
    expect(row).toEqual({ loads });
    expect(await staged()).toEqual([]);
  }

  it('loads what the other sinks have, and nothing twice', async () => {
    const at = await prepare('redshift-plain');
    await loaded(at, WEEK_23);
    const { line, stderr } = await loaded(at, BOTH);
    expect(stderr).toMatch(/redshift +loaded/);
    expect(line).toMatchObject({ exit_code: 0 });
    await expectWhole(at, 2);
    const again = await loaded(at, BOTH);
    expect(again.stderr).toContain('nothing loaded twice');
    await expectWhole(at, 2);
  });

  it.each(['overwrite', 'append', 'merge', 'overwrite_window'])(
    'leaves in mode %s what Postgres has',
    async (mode) => {
      const pg = await world.config(`postgres-${mode}`, { source });
      const config = JSON.parse(await readFile(pg.file, 'utf8')) as Record<string, object>;
      config['redshift_loader_config'] = { ...config['redshift_loader_config'], mode };
      await writeFile(pg.file, JSON.stringify(config));
      const at = await prepare(`redshift-${mode}`, { mode });
      for (const window of [WEEK_23, WEEK_24, ...(mode === 'append' ? [] : [WEEK_24])]) {
        const force = ['--force'];
        await loaded(pg, [...window, ...(mode === 'append' ? [] : force)]);
        await loaded(at, [...window, ...(mode === 'append' ? [] : force)]);
      }
      const [expected, found] = [await contentsOf(world, pg), await contentsOf(world, at)];
      expect(found.redshift).toBe(expected.redshift);
      expect(found.redshift).toMatch(/^[1-9]/);
    },
  );

  it('loads the same on the engine row', async () => {
    const bulk = await prepare('redshift-bulk');
    const row = await prepare('redshift-row', {}, { strategy_type: 'row' });
    await loaded(bulk, BOTH);
    const { line } = await loaded(row, BOTH);
    expect(line).toMatchObject({ engine: 'row' });
    await expectWhole(row, 1);
    expect((await contentsOf(world, row)).redshift).toBe((await contentsOf(world, bulk)).redshift);
  });

  it('is read as it is loaded: the same rows come out of it as of files', async () => {
    const { session, postgres } = world;
    const fromFiles = await prepare('from-files');
    await loaded(fromFiles, BOTH);
    await session.useExtension('postgres_scanner', new AbortController().signal);
    await world.duckdb(`attach '${postgres.url}' as warehouse (type postgres)`);
    await world.duckdb(
      `create table warehouse.warehouse.raw as select * from read_parquet('${source}/*.parquet')`,
    );
    const extractor = {
      strategy: 'JDBC',
      jdbc_url: `jdbc:redshift://127.0.0.1:${String(double.port)}/${double.database}?ssl=false`,
      properties: { user: postgres.user, password: 'secret://env/PROMOS_DB_PASSWORD' },
    };
    const unloaded = {
      ...{ ...extractor, source_table: 'warehouse.raw' },
      ...{ staging_path: `s3://${BUCKET}/unloaded`, iam_role: ROLE },
    };
    const fetched = { ...extractor, query: 'select * from warehouse.raw' };
    for (const [name, engine, extractor_config] of [
      ['from-unloaded', 'bulk', unloaded],
      ['from-fetched', 'row', fetched],
    ] as const) {
      const at = await prepare(name, {}, { strategy_type: engine, extractor_config });
      const span = ['--from', '2017-05-29', '--to', '2017-06-12'];
      const plan = await dray('plan', 'load_promos', '--config', at.file, ...span);
      expect([plan.code, plan.stderr]).toEqual([0, '']);
      expect(plan.stdout).toContain('11,089 rows');
      const { line } = await loaded(at, BOTH);
      expect(line).toMatchObject({ engine, counts: { read: 11_089 } });
      expect(await contentsOf(world, at)).toEqual(await contentsOf(world, fromFiles));
      await expectWhole(at, 1);
    }
  });

  const [version = ''] = sparkVersions;
  (withoutSpark === '' ? describe : describe.skip)(`on Spark${withoutSpark}`, () => {
    it('loads the same', async () => {
      const bulk = await prepare('redshift-beside-spark');
      await loaded(bulk, BOTH);
      const at = await prepare('redshift-spark', {}, { strategy_type: 'bigdata' });
      using launched = launchSpark(version, [...at.args, ...BOTH], {
        ...s3.env,
        DRAY_BUNDLE: join(ROOT, 'test/e2e/failing-entry.ts'),
        PROMOS_DB_PASSWORD: world.postgres.password,
      });
      const { lines, stderr } = await launched.ended;
      expect(stderr).toContain('completed');
      expect(lines[0]).toMatchObject({ exit_code: 0, engine: 'bigdata' });
      expect((await contentsOf(world, at)).redshift).toBe((await contentsOf(world, bulk)).redshift);
      await expectWhole(at, 1);
    });
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
    const at = await prepare(name);
    await loaded(at, WEEK_23);
    const runId = ['--run_id', name];
    const killed = await run(at, [...BOTH, ...runId], { DRAY_TEST_FAIL: `${moment}=kill` });
    expect(killed.stderr).toContain('failpoint');
    expect(killed.signal).toBe('SIGKILL');
    await loaded(at, [...BOTH, ...runId, '--attempt', '2']);
    await expectWhole(at, 2);
  });

  it('loads nothing twice when the answer to its commit was lost', async () => {
    const at = await prepare('redshift-lost');
    double.interfere(/insert into .*_dray_loads/, {
      meanwhile: () => {
        double.interfere(/^commit$/, { cut: 'after' });
        return Promise.resolve();
      },
    });
    await loaded(at, BOTH);
    await expectWhole(at, 1);
    expect((await loaded(at, BOTH)).stderr).toContain('nothing loaded twice');
    await expectWhole(at, 1);
  });

  it('loads nothing twice when nobody could tell it whether it had committed', async () => {
    const at = await prepare(
      'redshift-lost-twice',
      {},
      {
        unity_loader_config: undefined,
        stage_loader_config: undefined,
      },
    );
    double.interfere(/insert into .*_dray_loads/, {
      meanwhile: () => {
        double.interfere(/^commit$/, { cut: 'after' });
        double.interfere(/^lock table/, { cut: 'before' });
        return Promise.resolve();
      },
    });
    const lost = await run(at, [...BOTH, '--run_id', 'lost-twice']);
    expect(lost.stderr).toContain('TARGET_UNAVAILABLE');
    expect(lost.code).toBe(3);
    const again = await loaded(at, [...BOTH, '--run_id', 'lost-twice', '--attempt', '2']);
    expect(again.stderr).toContain('nothing loaded twice');
    const [row] = await world.query(
      `select count(distinct number)::integer as loads from warehouse._dray_loads where target = '${at.table}'`,
    );
    expect(row).toEqual({ loads: 1 });
  });

  it('tries again what Redshift undid because of another transaction (1023)', async () => {
    const at = await prepare('redshift-1023');
    double.interfere(/^\s*insert into .*redshift_1023/, { error: SERIALIZATION }, 2);
    await loaded(at, BOTH);
    await expectWhole(at, 1);
  });

  it('is planned, listed and verified; a row deleted, changed or doubled is found', async () => {
    const at = await prepare('redshift-verify');
    const plan = await dray(
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
    await loaded(at, ['--run_id', name]);
    const right = await dray('verify', 'redshift', '--config', at.file);
    expect(right.stderr).toBe('');
    expect(right.stdout).toMatch(
      /^redshift {2}redshift {2}redshift:\/\/127\.0\.0\.1:\d+\/\S+\n {2}1 load, 3 of column week, [\d,]+ rows: as the ledger says\n$/,
    );
    const list = await dray('loads', 'list', 'redshift', '--config', at.file);
    expect(list.stdout).toMatch(/redshift-verified +1 +overwrite_window +all rows/);

    const one = `ctid = (select min(ctid) from ${at.table} where week = `;
    await world.query(`delete from ${at.table} where ${one}23)`);
    await world.query(`update ${at.table} set promo_score = promo_score + 1 where ${one}24)`);
    await world.query(`insert into ${at.table} select * from ${at.table} where ${one}25)`);
    const wrong = await dray('verify', 'redshift', '--config', at.file);
    expect(wrong.code).toBe(4);
    for (const line of [/23 .*1 row missing/, /24 .*other values/, /25 .*1 row too many/]) {
      expect(wrong.stdout).toMatch(line);
    }
    await loaded(at, ['--force']);
    expect((await dray('verify', 'redshift', '--config', at.file)).code).toBe(0);
    expect(await staged()).toEqual([]);
  });

  describeSql(() => double.statements, 40);
});
