import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { openBigdataEngine } from '../../engines/bigdata/session.ts';
import type { SparkServer } from '../../entry/spark-server.ts';
import { CREDENTIALS, withoutMoto } from '../aws/moto.ts';
import { type RedshiftDouble, ROLE, startRedshiftDouble } from '../aws/redshift/cluster.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { sparkVersions, startSpark, withoutSpark } from '../spark/server.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? '';
const WEEK_23 = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
const BOTH = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
const never = new AbortController().signal;
const without = withoutMoto || withoutSpark || (PYTHON === '' ? ' (skipped: no Python)' : '');
const [newest = '', ...older] = sparkVersions;

let s3: TestS3;
let world: World;
let double: RedshiftDouble;
let local: string;
let source: string;
let golden: { readonly contents: Awaited<ReturnType<typeof contentsOf>>; readonly judged: string };

(without === '' ? describe : describe.skip)(`load_promos on S3 and Spark${without}`, () => {
  beforeAll(async () => {
    s3 = await startS3();
    world = await openWorld();
    await world.session.useStorage(s3.openStorage(`s3://${BUCKET}`), never);
    double = await startRedshiftDouble({
      ...{ postgres: world.postgres, s3: s3.client, engine: world.session },
    });
    await world.query('create schema warehouse');
    local = await world.smallSource();
    // Names that have to be written otherwise in a URL.
    source = `s3://${BUCKET}/all of 100%2B+`;
    for (const file of await readdir(local)) {
      await s3.openStorage(source).upload(join(local, file), file, never);
    }
    const at = await world.config('golden', { source: local });
    await world.run([...at.args, ...BOTH]);
    golden = { contents: await contentsOf(world, at), judged: judge(at) };
  });
  afterAll(async () => {
    await double[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });

  describe(`Spark ${newest}`, () => {
    const spark = useSpark(newest);
    const run = async (args: readonly string[], env = {}) =>
      await world.run(args, { ...s3.env, SPARK_REMOTE: spark().remote, ...env });

    it('loads Parquet into Delta, Parquet and Redshift as bulk does, and nothing twice', async () => {
      const at = await onS3('plain');
      await loaded(run, [...at.args, ...WEEK_23]);
      const ended = await loaded(run, [...at.args, ...BOTH]);
      expect(ended.line).toMatchObject({ engine: 'bigdata' });
      await expectGolden(at);
      const again = await loaded(run, [...at.args, ...BOTH]);
      expect(again.stderr).toContain('nothing loaded twice');
    });

    it('takes turns with bulk at one table, through a checkpoint, and merges', async () => {
      const at = await onS3('turns', {
        unity_loader_config: {
          ...{ strategy: 'DELTA', path: `s3://${BUCKET}/turns/unity`, mode: 'merge' },
          options: { 'delta.checkpointInterval': '2' },
        },
      });
      await loaded(run, [...at.args, ...WEEK_23]);
      for (const engine of ['bigdata', 'bulk', 'bigdata']) {
        await switchTo(at, engine);
        await loaded(run, [...at.args, ...BOTH, '--force']);
      }
      await expectGolden(at);
      const log = await s3.openStorage(at.unity).list('_delta_log', never);
      expect(log.map(({ key }) => key)).toContainEqual(
        expect.stringMatching(/0*2\.checkpoint\.parquet$/),
      );
    });

    it('reads a Delta table', async () => {
      const table = `s3://${BUCKET}/a delta table`;
      writeTable(table, local);
      const at = await onS3('from-delta', {
        extractor_config: { strategy: 'DELTA', source_table: table },
      });
      await loaded(run, [...at.args, ...BOTH]);
      await expectGolden(at);
    });

    it.each(['delta:commit:before#1', 'parquet:publish:after#1'])(
      'killed at %s: the next attempt ends in the right content',
      async (moment) => {
        const name = `kill-${moment.replaceAll(/[^a-z]+/g, '-')}`;
        const at = await onS3(name);
        const args = [...at.args, ...BOTH, '--run_id', name];
        const killed = await run(args, { DRAY_TEST_FAIL: `${moment}=kill` });
        expect(killed.signal).toBe('SIGKILL');
        await loaded(run, [...args, '--attempt', '2']);
        await expectGolden(at);
      },
    );

    it('stopped before its commit and replaced: commits nowhere and exits 5', async () => {
      const at = await onS3('fence');
      const args = [...at.args, ...BOTH, '--run_id', 'fence'];
      const home = (attempt: number) => ({ DRAY_HOME: join(world.folder, `fence-${attempt}`) });
      const first = world.start(args, {
        ...{ ...s3.env, SPARK_REMOTE: spark().remote, ...home(1) },
        DRAY_TEST_FAIL: 'delta:commit:before#1=stop',
      });
      await first.saw(/failpoint .*: stop/);
      expect((await run([...args, '--attempt', '2'], home(2))).code).toBe(0);
      first.child.kill('SIGCONT');
      expect(await first.ended).toMatchObject({ code: 5, line: { error: { code: 'LEASE_LOST' } } });
      await expectGolden(at);
    });

    it('says what keeps Spark from a bucket', async () => {
      const failure = async (location: string, settings = {}) => {
        const { remote } = spark();
        await using session = await openBigdataEngine({ remote, settings }, systemClock, never);
        const use = session.useStorage(s3.openStorage(location), never);
        return await use.then(() => undefined).catch((error: unknown) => error);
      };
      expect(await failure(`s3://${BUCKET}/nothing/there`)).toBeUndefined();
      expect(await failure('s3://no-such-bucket/x')).toMatchObject({
        code: 'TARGET_FAILED',
        message: expect.stringContaining('there is no bucket for "s3://no-such-bucket/x"'),
      });
      expect(await failure('s3://other-bucket/x', { 'fs.s3.impl': 'none.Such' })).toMatchObject({
        code: 'EXTENSION_MISSING',
        hint: expect.stringContaining('org.apache.hadoop:hadoop-aws'),
      });
    });
  });

  for (const version of older) {
    describe(`Spark ${version}`, () => {
      const spark = useSpark(version);
      it('loads Parquet into Delta, Parquet and Redshift as bulk does', async () => {
        const at = await onS3(`on-${version.replaceAll('.', '-')}`);
        const run = async (args: readonly string[]) =>
          await world.run(args, { ...s3.env, SPARK_REMOTE: spark().remote });
        await loaded(run, [...at.args, ...BOTH]);
        await expectGolden(at);
      });
    });
  }
});

/** A server that knows nothing of the test's S3 but credentials; there is one at a time. */
function useSpark(version: string): () => SparkServer {
  let server: SparkServer | undefined;
  beforeAll(async () => {
    const { PATH, HOME, JAVA_HOME } = process.env;
    server = await startSpark(version, { env: { PATH, HOME, JAVA_HOME, ...CREDENTIALS } });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  return () => {
    if (server === undefined) throw new Error('Spark has not started');
    return server;
  };
}

/** A config on Spark whose files are all in the bucket, and whose warehouse is Redshift. */
async function onS3(name: string, others: object = {}): Promise<Prepared> {
  const lake = `s3://${BUCKET}/${name}`;
  const made = await world.config(name, { source });
  const table = made.table.replace('public.', 'warehouse.');
  const config = JSON.parse(await readFile(made.file, 'utf8')) as object;
  const set = {
    strategy_type: 'bigdata',
    unity_loader_config: { strategy: 'DELTA', path: `${lake}/unity` },
    stage_loader_config: { strategy: 'PARQUET', path: `s3a://${BUCKET}/${name}/stage` },
    quarantine: { path: `${lake}/quarantine` },
    redshift_loader_config: {
      ...{ strategy: 'REDSHIFT', table, iam_role: ROLE },
      jdbc_url: `jdbc:redshift://127.0.0.1:${String(double.port)}/${double.database}?ssl=false`,
      properties: { user: world.postgres.user, password: 'secret://env/PROMOS_DB_PASSWORD' },
      staging_path: `${lake}/redshift`,
    },
  };
  await writeFile(made.file, JSON.stringify({ ...config, ...set, ...others }));
  return { ...made, table, unity: `${lake}/unity`, stage: `${lake}/stage` };
}

async function switchTo(at: Prepared, engine: string): Promise<void> {
  const config = JSON.parse(await readFile(at.file, 'utf8')) as object;
  await writeFile(at.file, JSON.stringify({ ...config, strategy_type: engine }));
}

async function loaded(run: (args: readonly string[]) => ReturnType<World['run']>, args: string[]) {
  const ended = await run(args);
  expect(ended.stderr).toMatch(/completed|nothing loaded twice/);
  expect(ended.code).toBe(0);
  return ended;
}

async function expectGolden(at: Prepared): Promise<void> {
  expect(await contentsOf(world, at)).toEqual(golden.contents);
  expect(judge(at)).toBe(golden.judged);
  const listings = [at.unity, at.stage].map((root) =>
    s3.openStorage(root).list('_dray/stage', never),
  );
  expect((await Promise.all(listings)).flat()).toEqual([]);
}

/** What delta-rs and pyarrow read. */
function judge({ unity, stage }: Prepared): string {
  const script = join(ROOT, 'test/python/digest_targets.py');
  const env = { ...process.env, ...s3.env };
  return execFileSync(PYTHON, [script, unity, stage], { encoding: 'utf8', env });
}

/** The files of a folder, as delta-rs makes a table of them. */
function writeTable(path: string, folder: string): void {
  const script = `import deltalake, pyarrow.dataset as ds
deltalake.write_deltalake(${JSON.stringify(path)}, ds.dataset(${JSON.stringify(folder)}).to_table(), partition_by=['week'])`;
  execFileSync(PYTHON, ['-c', script], { env: { ...process.env, ...s3.env } });
}
