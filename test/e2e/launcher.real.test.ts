import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import {
  childrenOf,
  launch,
  launchSpark,
  PYTHON,
  type StandIn,
  withoutPython,
} from '../launcher/launch.ts';
import { askVersion, UNAUTHENTICATED } from '../launcher/spark-version.ts';
import { sparkVersions, withoutSpark } from '../spark/server.ts';

const ODD = [
  '--load_promos_job',
  '{"a": {"b": "{{ c }}", "quote": "\\"\'", "back\\\\slash": "$HOME `x`"}}',
  '--created_by=Zoë 😀 \n next line',
  '',
  '--',
  '*',
];
const NEWEST = sparkVersions[0] ?? '';
const describeSpark = withoutSpark === '' ? describe : describe.skip;
const describePython = withoutPython === '' ? describe : describe.skip;
const RUNNING = { SPARK_REMOTE: 'sc://spark.example:15002' };

function remoteOf({ env }: StandIn): { readonly port: number; readonly token: string } {
  const [, port = '', token = ''] =
    /^sc:\/\/127\.0\.0\.1:(\d+)\/;token=([\w-]{40,})$/.exec(env['SPARK_REMOTE'] ?? '') ?? [];
  return { port: Number(port), token };
}

/** An address of this machine that others could reach, if it has one. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.internal === false && address.family === 'IPv4')?.address;

function java(pid: number): number {
  const [found] = childrenOf(pid).filter(({ name }) => name.includes('java'));
  if (found === undefined) throw new Error('there is no Java');
  return found.pid;
}

describePython(`the launcher with a Spark that is there${withoutPython}`, () => {
  it.each([0, 1, 2, 3, 4, 5, 130, 143])('ends with the exit code %i of Node', async (code) => {
    using launched = launch(PYTHON, [], { ...RUNNING, STAND_IN_EXIT: String(code) });
    expect(await launched.ended).toMatchObject({ code, lines: [{ argv: [] }] });
  });

  it('hands over arguments as they are, the address and the environment', async () => {
    using launched = launch(PYTHON, ODD, { ...RUNNING, STAND_IN_EXIT: '0', STAND_IN_NOTE: 'é' });
    await launched.ended;
    expect(await launched.started).toMatchObject({
      argv: ODD,
      env: {
        ...RUNNING,
        STAND_IN_NOTE: 'é',
        SERVICE_PROVIDER: null,
        DRAY_PLATFORM_ARGUMENTS: null,
      },
    });
  });

  it("takes out what Glue adds, and says that it is Glue's", async () => {
    const glue = ['--JOB_NAME', 'load', '--JOB_RUN_ID=jr_1', '--enable-metrics', '', '--TempDir'];
    const args = [...glue, 's3://tmp/', ...ODD, '--job-bookmark-option', 'job-bookmark-disable'];
    using launched = launch(PYTHON, args, { ...RUNNING, STAND_IN_EXIT: '0' });
    await launched.ended;
    const { argv, env } = await launched.started;
    expect(argv).toEqual(ODD);
    expect(env['SERVICE_PROVIDER']).toBe('GLUE');
    expect(JSON.parse(env['DRAY_PLATFORM_ARGUMENTS'] ?? '')).toEqual({
      JOB_NAME: 'load',
      JOB_RUN_ID: 'jr_1',
      'enable-metrics': '',
      TempDir: 's3://tmp/',
      'job-bookmark-option': 'job-bookmark-disable',
    });
  });

  it.each([
    ['there is no pyspark', { SPARK_REMOTE: '' }],
    ['it is told to', { DRAY_SPARK: 'off' }],
    ['Databricks gives no token', { SPARK_REMOTE: '', DATABRICKS_RUNTIME_VERSION: '17.3' }],
  ])('runs Node without Spark where %s', async (_when, env) => {
    using launched = launch(PYTHON, ODD, { ...RUNNING, ...env, STAND_IN_EXIT: '0' });
    expect(await launched.ended).toMatchObject({ code: 0 });
    expect(await launched.started).toMatchObject({ argv: ODD, env: { SPARK_REMOTE: null } });
  });

  it('addresses the cluster that a Databricks task runs on', async () => {
    using launched = launch(PYTHON, [], {
      SPARK_REMOTE: undefined,
      DATABRICKS_RUNTIME_VERSION: '17.3',
      DATABRICKS_HOST: 'https://dbc-1.cloud.databricks.com/',
      DATABRICKS_TOKEN: 'dapi1',
      DATABRICKS_CLUSTER_ID: '0123-4',
      STAND_IN_EXIT: '0',
    });
    await launched.ended;
    expect((await launched.started).env).toMatchObject({
      SERVICE_PROVIDER: 'DATABRICKS',
      SPARK_REMOTE:
        'sc://dbc-1.cloud.databricks.com:443/;token=dapi1;x-databricks-cluster-id=0123-4',
    });
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('passes %s on to Node and ends with %i', async (signal, code) => {
    using launched = launch(PYTHON, [], RUNNING);
    await launched.started;
    launched.kill(signal);
    expect(await launched.ended).toMatchObject({ code });
  });

  it('says that Node was killed', async () => {
    using launched = launch(PYTHON, [], RUNNING);
    process.kill((await launched.started).pid, 'SIGKILL');
    expect(await launched.ended).toMatchObject({
      code: 137,
      stderr: expect.stringContaining('node was ended by signal 9'),
    });
  });

  it('takes Node with it when it is killed itself', async () => {
    using launched = launch(PYTHON, [], RUNNING);
    await launched.started;
    launched.kill('SIGKILL');
    expect(await launched.ended).toMatchObject({ code: 137 });
  });
});

const withoutLinux = process.platform === 'linux' ? '' : ' (skipped: only Linux kills children)';
const describeLinux = withoutLinux === '' ? describePython : describe.skip;
describeLinux(`the launcher under Linux${withoutPython}${withoutLinux}`, () => {
  it('takes Node with it when it is killed, whatever Node is at', async () => {
    using launched = launch(PYTHON, [], RUNNING);
    const { pid } = await launched.started;
    // It reads no pipe and handles no signal any more.
    process.kill(pid, 'SIGSTOP');
    launched.kill('SIGKILL');
    const late = once(AbortSignal.timeout(10_000), 'abort');
    const first = await Promise.race([launched.ended, late]);
    if (Array.isArray(first)) process.kill(pid, 'SIGKILL');
    expect(first).toMatchObject({ code: 137 });
  });
});

describePython(`the launcher without what it needs${withoutPython}`, () => {
  it.each([
    { env: { DRAY_NODE: '/no/node' }, code: 'NODE_MISSING', says: '"/no/node"' },
    { env: { DRAY_NODE: undefined, PATH: '' }, code: 'NODE_MISSING', says: 'there is no Node' },
    { env: { DRAY_BUNDLE: '/no/bundle.mjs' }, code: 'BUNDLE_MISSING', says: '"/no/bundle.mjs"' },
    {
      env: { SPARK_REMOTE: '', DATABRICKS_RUNTIME_VERSION: '17.3', DATABRICKS_TOKEN: 'x' },
      code: 'SPARK_MISSING',
      says: 'DATABRICKS_HOST, DATABRICKS_CLUSTER_ID',
    },
  ])('ends with 2 and one JSON line: $code, $says', async ({ env, code, says }) => {
    using launched = launch(PYTHON, ['--run_id', 'run-1'], { ...RUNNING, ...env });
    const ended = await launched.ended;
    expect(ended).toMatchObject({
      code: 2,
      lines: [
        {
          schema: 'dray.result/1',
          run_id: 'run-1',
          status: 'failed',
          exit_code: 2,
          error: { code, message: expect.stringContaining(says), hint: expect.any(String) },
        },
      ],
    });
    expect(ended.stderr).toContain(`${code}: `);
    expect(ended.stderr).not.toContain('Traceback');
  });
});

describeSpark(`the launcher with a Spark of its own${withoutSpark}`, () => {
  it.each(sparkVersions)(
    'starts Spark %s for Node alone, shows its token to nobody, and leaves nothing after SIGTERM',
    async (version) => {
      using launched = launchSpark(version, ODD, {});
      const node = await launched.started;
      expect(node.argv).toEqual(ODD);
      const { port, token } = remoteOf(node);
      const ask = (authorization: string | undefined, host = '127.0.0.1') =>
        askVersion(host, port, authorization, version);
      expect(await ask(`Bearer ${token}`)).toEqual({ status: 0, says: true });
      for (const wrong of [undefined, '', token, `Bearer ${token}x`, 'Bearer ']) {
        expect(await ask(wrong)).toEqual({ status: UNAUTHENTICATED, says: false });
      }
      if (outside !== undefined) {
        const answer = ask(`Bearer ${token}`, outside).catch((error: unknown) => error);
        expect(await answer).not.toMatchObject({ status: 0 });
      }
      const commands = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });
      expect(commands).toContain('SparkSubmit');
      expect(commands).not.toContain(token);
      launched.kill('SIGTERM');
      expect(await launched.ended).toMatchObject({ code: 143, lines: [{ argv: ODD }] });
    },
  );

  it('ends Spark when Node has ended, and has its exit code', async () => {
    using launched = launchSpark(NEWEST, [], { STAND_IN_EXIT: '4' });
    expect(await launched.ended).toMatchObject({ code: 4 });
  });

  it('ends Spark when Node is killed', async () => {
    using launched = launchSpark(NEWEST, [], {});
    process.kill((await launched.started).pid, 'SIGKILL');
    expect(await launched.ended).toMatchObject({ code: 137 });
  });

  it('leaves neither Node nor Java behind when it is killed', async () => {
    using launched = launchSpark(NEWEST, [], {});
    await launched.started;
    expect(java(launched.pid)).toBeGreaterThan(0);
    launched.kill('SIGKILL');
    expect(await launched.ended).toMatchObject({ code: 137 });
  });

  it("ends with Node's exit code when Java is killed", async () => {
    using launched = launchSpark(NEWEST, [], { STAND_IN_FOLLOWS: 'spark' });
    await launched.started;
    process.kill(java(launched.pid), 'SIGKILL');
    expect(await launched.ended).toMatchObject({ code: 3 });
  });

  it('stops while Spark is starting, and says so', async () => {
    using launched = launchSpark(NEWEST, ['--run_id=run-2'], {});
    // The first thing that Java prints, seconds before Spark is up.
    await launched.says('WARNING');
    launched.kill('SIGTERM');
    expect(await launched.ended).toMatchObject({
      code: 143,
      lines: [{ run_id: 'run-2', status: 'cancelled', error: { code: 'TERMINATED' } }],
    });
  });

  it('says why Spark did not start', async () => {
    using launched = launchSpark(NEWEST, [], {
      PYSPARK_SUBMIT_ARGS: '--master local[2] --conf spark.plugins=no.such.Plugin pyspark-shell',
    });
    expect(await launched.ended).toMatchObject({
      code: 3,
      lines: [
        {
          error: { code: 'SPARK_NOT_STARTED', message: expect.stringContaining('no.such.Plugin') },
        },
      ],
    });
  });
});
