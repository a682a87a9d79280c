import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../core/clock.ts';
import { runScript, type ScriptOptions } from '../../entry/twin/script.ts';
import { type GlueTwin, startGlueTwin } from '../../platforms/twins/glue.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { buildDist } from './built.ts';
import { armed, printedBy, type SubmitPlace, submitTo } from './submit-place.ts';
import { describeSubmitted } from './submitted-suite.ts';
import { openWorld, ROOT, type World } from './world.ts';

const SETTINGS = {
  ...{ role: 'promos', script_location: `s3://${BUCKET}/generic_entry.py` },
  ...{ result_prefix: `s3://${BUCKET}/results`, max_concurrent_runs: 5 },
};

(withoutMoto === '' ? describe : describe.skip)(`submitted to Glue${withoutMoto}`, () => {
  let world: World;
  let s3: TestS3;
  let twin: GlueTwin;
  let place: SubmitPlace;
  let source: string;

  beforeAll(async () => {
    await buildDist();
    [world, s3] = await Promise.all([openWorld(), startS3()]);
    source = await world.smallSource();
    let failpoints: Readonly<Record<string, string>> | undefined;
    const options = (onOutput: ScriptOptions['onOutput'] = () => undefined): ScriptOptions => ({
      ...{ root: ROOT, python: process.env['DRAY_TEST_MOTO'] ?? '', onOutput },
      env: {
        ...s3.env,
        ...{ GLUE_VERSION: '5.0', DRAY_NODE: process.execPath },
        PROMOS_DB_PASSWORD: world.postgres.password,
        DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
        // The job runs on DuckDB: no Spark has to be started for it.
        SPARK_REMOTE: 'sc://127.0.0.1:1',
        ...armed(failpoints),
      },
    });
    const execute = (_: string, argv: readonly string[]) => runScript(argv, options());
    twin = await startGlueTwin({ clock: systemClock, execute });
    place = {
      argv: () => ['glue', '--settings', JSON.stringify(SETTINGS)],
      env: { ...s3.env, AWS_ENDPOINT_URL_GLUE: twin.endpoint },
      provider: 'GLUE',
      says: { success: 'SUCCEEDED', failure: 'FAILED' },
      arm(env) {
        failpoints = env;
      },
      execute: async (args) => await printedBy((onOutput) => runScript(args, options(onOutput))),
    };
  });
  afterAll(async () => {
    await twin[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  describeSubmitted('Glue', () => ({ world, place, source }));

  it('tells its steps and events here as those of a run here', async () => {
    const here = await world.config('told-here', { source, set: { strategy_type: 'bulk' } });
    const local = await world.run(here.args);
    expect(local.code).toBe(0);
    const at = await world.config('told', { source, set: { strategy_type: 'bulk' } });
    const { code, stderr } = await submitTo(place, world, at, '--run-id', 'told', '--wait').ended;
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    expect(stderr).toMatch(/^write: done in/m);
    expect(await told('told')).toEqual(await told(String(local.line?.['run_id'])));
    const report = await readFile(String((await shown('told')).result['report']), 'utf8');
    expect(report).toContain('told');
  });

  it('knows how far a driver came that was killed, whoever followed it', async () => {
    const at = await world.config('struck', { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(at.args)).code).toBe(0);
    const holder = new pg.Client({ connectionString: world.postgres.url });
    await holder.connect();
    try {
      // Reading goes on: the load comes as far as its commit there.
      await holder.query(`begin; lock table ${at.table} in share mode`);
      const first = submitTo(place, world, at, '--run-id', 'struck', '--force', '--wait');
      await first.saw(/^write: started$/m);
      first.child.kill('SIGKILL');
      await first.ended;
      const second = world.start(['submissions', 'follow', 'struck'], place.env, 'entry/dray.ts');
      await second.saw(/^write: started$/m);
      await killDriver('struck');
      const { code, stderr } = await second.ended;
      expect([code, code === 1 || stderr]).toEqual([1, true]);
    } finally {
      await holder.end();
    }
    const run = await shown('struck');
    expect(run).toMatchObject({ state: 'FAILED', result: { error: { code: 'REMOTE_FAILED' } } });
    expect(run.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['check COMPLETED', 'claim COMPLETED', 'measure COMPLETED', 'transform COMPLETED'],
      'write RUNNING',
    ]);
    expect(run.progress.filter(({ step }) => step === 'write')).not.toEqual([]);
    const types = run.events.map(({ type }) => type);
    expect(types.filter((type) => type === 'sink.claimed')).toHaveLength(3);
    expect([types.at(0), types.at(-1)]).toEqual(['run.started', 'run.failed']);

    const retry = await submitTo(
      place,
      world,
      at,
      '--run-id',
      'struck',
      '--retry',
      '--force',
      '--wait',
    ).ended;
    expect([retry.code, retry.code === 0 || retry.stderr]).toEqual([0, true]);
    expect(await shown('struck')).toMatchObject({ state: 'COMPLETED', attempt: 2 });
  });

  interface Shown {
    readonly result: Readonly<Record<string, unknown>>;
    readonly steps: readonly { readonly name: string; readonly state: string }[];
    readonly progress: readonly { readonly step: string }[];
    readonly events: readonly { readonly type: string }[];
  }

  async function shown(runId: string): Promise<Shown> {
    const { stdout } = await world.start(
      ['runs', 'show', runId, '--json'],
      ...[{}, 'entry/dray.ts'],
    ).ended;
    return JSON.parse(stdout) as Shown;
  }

  /** Steps and events of a run, without what differs from run to run. */
  async function told(runId: string) {
    const { steps, events } = await shown(runId);
    return {
      steps: steps.map(({ name, state }) => `${name} ${state}`),
      events: events.map(({ type }) => type).sort(),
    };
  }

  /** What holds the job on the platform: launcher and Node, at once. */
  async function killDriver(runId: string): Promise<void> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (words.includes(`\0--run_id\0${runId}\0`)) process.kill(Number(pid), 'SIGKILL');
    }
  }

  it('keeps its promise when the submitter is killed between the call and its record', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const before = twin.runs.length;
    twin.fail('StartJobRun', 'lost');
    const first = submitTo(place, world, at, '--run-id', 'killed');
    await first.saw(/looking whether Glue has started the run/);
    first.child.kill('SIGKILL');
    await first.ended;
    const again = submitTo(place, world, at, '--run-id', 'killed', '--wait');
    const { code, line } = await again.ended;
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
    expect(twin.runs.length - before).toBe(1);
  });
});
