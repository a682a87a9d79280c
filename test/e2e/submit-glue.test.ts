import { execFile } from 'node:child_process';

import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

  function submit(at: Prepared, ...more: readonly string[]) {
    const argv = ['submit', 'glue', '--job', 'load_promos', '--config', at.file];
    const settings = ['--settings', JSON.stringify(SETTINGS)];
    const env = { ...s3.env, AWS_ENDPOINT_URL_GLUE: twin.endpoint };
    return world.start([...argv, ...settings, '--json', ...more], env, 'entry/dray.ts');
  }

  it('loads the same rows as a run here, found out as GLUE, with the record complete', async () => {
    const here = await world.config('here', { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(here.args)).code).toBe(0);
    const there = await world.config('there', { source, set: { strategy_type: 'bulk' } });
    const { code, line, stderr } = await submit(there, '--run-id', 'whole', '--wait').ended;
    expect([code, code === 0 || stderr + printed]).toEqual([0, true]);
    expect(line).toMatchObject({
      ...{ state: 'ENDED', platform_state: 'SUCCEEDED', exit_code: 0 },
      result: { service_provider: 'GLUE', engine: 'bulk', status: 'completed', run_id: 'whole' },
    });
    expect(await contentsOf(world, there)).toEqual(await contentsOf(world, here));
  });

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
