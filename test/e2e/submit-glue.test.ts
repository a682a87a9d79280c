import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../core/clock.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { type GlueTwin, startGlueTwin } from '../../platforms/twins/glue.ts';
import { runScript } from '../../entry/twin/script.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const PYTHON = process.env['DRAY_TEST_MOTO'] ?? '';
const SETTINGS = {
  ...{ role: 'promos', script_location: `s3://${BUCKET}/generic_entry.py` },
  ...{ result_prefix: `s3://${BUCKET}/results`, max_concurrent_runs: 5 },
};

(withoutMoto === '' ? describe : describe.skip)(`load_promos on Glue${withoutMoto}`, () => {
  let world: World;
  let s3: TestS3;
  let twin: GlueTwin;
  let printed = '';
  let source: string;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
    [world, s3] = await Promise.all([openWorld(), startS3()]);
    source = await world.smallSource();
    twin = await startGlueTwin({
      clock: systemClock,
      execute: (_, argv) =>
        runScript(argv, {
          root: ROOT,
          python: PYTHON,
          env: {
            ...s3.env,
            ...{ GLUE_VERSION: '5.0', DRAY_NODE: process.execPath },
            PROMOS_DB_PASSWORD: world.postgres.password,
            DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
            // The job runs on DuckDB: no Spark has to be started for it.
            SPARK_REMOTE: 'sc://127.0.0.1:1',
          },
          onOutput(text) {
            printed += text;
          },
        }),
    });
  });
  afterAll(async () => {
    await twin[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const env = () => ({ ...s3.env, AWS_ENDPOINT_URL_GLUE: twin.endpoint });

  function submit(at: Prepared, ...more: readonly string[]) {
    const argv = ['submit', 'glue', '--job', 'load_promos', '--config', at.file];
    const settings = ['--settings', JSON.stringify(SETTINGS)];
    return world.start([...argv, ...settings, '--json', ...more], env(), 'entry/dray.ts');
  }

  it('loads the same rows as a run here, found out as GLUE, with the record complete', async () => {
    const here = await world.config('here', { source, set: { strategy_type: 'bulk' } });
    const local = await world.run(here.args);
    expect(local.code).toBe(0);
    const there = await world.config('there', { source, set: { strategy_type: 'bulk' } });
    const { code, line, stderr } = await submit(there, '--run-id', 'whole', '--wait').ended;
    expect([code, code === 0 || stderr + printed]).toEqual([0, true]);
    expect(line).toMatchObject({
      ...{ state: 'ENDED', platform_state: 'SUCCEEDED', exit_code: 0 },
      result: { service_provider: 'GLUE', engine: 'bulk', status: 'completed', run_id: 'whole' },
    });
    expect(await contentsOf(world, there)).toEqual(await contentsOf(world, here));
    expect(stderr).toMatch(/^write: done in/m);
    expect(await told('whole')).toEqual(await told(String(local.line?.['run_id'])));
    const report = await readFile(String((await shown('whole')).result['report']), 'utf8');
    expect(report).toContain('whole');
  });

  it('knows how far a driver came that was killed, whoever followed it', async () => {
    const at = await world.config('struck', { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(at.args)).code).toBe(0);
    const holder = new pg.Client({ connectionString: world.postgres.url });
    await holder.connect();
    try {
      // Reading goes on: the load comes as far as its commit there.
      await holder.query(`begin; lock table ${at.table} in share mode`);
      const first = submit(at, '--run-id', 'struck', '--force', '--wait');
      await first.saw(/^write: started$/m);
      first.child.kill('SIGKILL');
      await first.ended;
      const second = world.start(['submissions', 'follow', 'struck'], env(), 'entry/dray.ts');
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

    const retry = await submit(at, '--run-id', 'struck', '--retry', '--force', '--wait').ended;
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

  it('tells the exit code of a job that failed on Glue', async () => {
    const at = await world.config('gone', {
      ...{ source: '/no/such/folder', set: { strategy_type: 'bulk' } },
    });
    const { code, line } = await submit(at, '--run-id', 'gone', '--wait').ended;
    expect(line).toMatchObject({
      ...{ exit_code: 1, platform_state: 'FAILED' },
      result: { error: { code: 'SOURCE_NOT_FOUND' } },
    });
    expect(code).toBe(1);
  });

  it('stops the job for real: after the end no sink is written to', async () => {
    const slow = { strategy_type: 'bulk', resources: { memory_mb: 512 } };
    const at = await world.config('stopped', { set: slow });
    const submitting = submit(at, '--run-id', 'stopped', '--wait');
    await submitting.saw(/RUNNING/);
    submitting.child.kill('SIGINT');
    const { code, line, stderr } = await submitting.ended;
    expect(stderr).toContain('asking Glue to stop');
    expect([0, 130, 143]).toContain(code);
    expect(line).toMatchObject({ state: 'ENDED' });
    const run = twin.runs.at(-1);
    expect(['STOPPED', 'SUCCEEDED']).toContain(run && twin.stateOf(run));
  });

  it('keeps its promise when the submitter is killed between the call and its record', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const before = twin.runs.length;
    twin.fail('StartJobRun', 'lost');
    const first = submit(at, '--run-id', 'killed');
    await first.saw(/looking whether Glue has started the run/);
    first.child.kill('SIGKILL');
    await first.ended;
    const { code, line } = await submit(at, '--run-id', 'killed', '--wait').ended;
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
    expect(twin.runs.length - before).toBe(1);
  });
});
