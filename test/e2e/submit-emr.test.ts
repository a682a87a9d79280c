import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { runServerless, runStep } from '../twins/driver.ts';
import { APPLICATION, type ServerlessTwin, startServerlessTwin } from '../twins/emr-serverless.ts';
import { type EmrTwin, startEmrTwin } from '../twins/emr.ts';
import type { ScriptOptions } from '../../entry/twin/script.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const PACKAGE = {
  script_location: `s3://${BUCKET}/generic_entry.py`,
  archive: `s3://${BUCKET}/dray-emr-linux-x64.tar.gz`,
  result_prefix: `s3://${BUCKET}/results`,
};

(withoutMoto === '' ? describe : describe.skip)(`load_promos on EMR${withoutMoto}`, () => {
  let world: World;
  let s3: TestS3;
  let emr: EmrTwin;
  let serverless: ServerlessTwin;
  /** Of the cluster that is there. */
  let id: string;
  let source: string;
  let printed = '';

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
    [world, s3] = await Promise.all([openWorld(), startS3()]);
    source = await world.smallSource();
    const options: ScriptOptions = {
      root: ROOT,
      python: process.env['DRAY_TEST_MOTO'] ?? '',
      env: {
        ...s3.env,
        DRAY_NODE: process.execPath,
        PROMOS_DB_PASSWORD: world.postgres.password,
        DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
        // The job runs on DuckDB: no Spark has to be started for it.
        DRAY_SPARK: 'off',
      },
      onOutput(text) {
        printed += text;
      },
    };
    emr = await startEmrTwin({
      clock: systemClock,
      execute: (args, stepId) => runStep(args, stepId, options),
    });
    serverless = await startServerlessTwin({
      clock: systemClock,
      execute: (_, args, runId) => runServerless(args, runId, options),
    });
    Object.assign(emr.behaviour, { bootMs: 1_000, startMs: 100, stopMs: 100 });
    ({ id } = emr.addCluster());
  });
  afterAll(async () => {
    await emr[Symbol.asyncDispose]();
    await serverless[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const places = () =>
    ({
      'a cluster that is there': ['emr', { cluster_id: id }],
      'a cluster of its own': ['emr', { cluster: {} }],
      'EMR Serverless': [
        'emr-serverless',
        { application_id: APPLICATION, execution_role: 'arn:aws:iam::123456789012:role/promos' },
      ],
    }) as const;
  const PLACES = ['a cluster that is there', 'a cluster of its own', 'EMR Serverless'] as const;

  function submit(where: (typeof PLACES)[number], at: Prepared, ...more: readonly string[]) {
    const [platform, settings] = places()[where];
    const argv = ['submit', platform, '--job', 'load_promos', '--config', at.file, '--json'];
    const given = ['--settings', JSON.stringify({ ...PACKAGE, ...settings })];
    const env = {
      ...s3.env,
      AWS_ENDPOINT_URL_EMR: emr.endpoint,
      AWS_ENDPOINT_URL_EMR_SERVERLESS: serverless.endpoint,
    };
    return world.start([...argv, ...given, ...more], env, 'entry/dray.ts');
  }

  it.each(PLACES)('loads the same rows on %s as a run here, the record complete', async (where) => {
    const name = where.replaceAll(' ', '-').toLowerCase();
    const here = await world.config(`${name}-here`, { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(here.args)).code).toBe(0);
    const there = await world.config(name, { source, set: { strategy_type: 'bulk' } });
    const { code, line, stderr } = await submit(where, there, '--run-id', name, '--wait').ended;
    expect([code, code === 0 || stderr + printed]).toEqual([0, true]);
    expect(line).toMatchObject({
      ...{ state: 'ENDED', remote_state: 'SUCCEEDED', exit_code: 0 },
      result: { service_provider: 'EMR', engine: 'bulk', status: 'completed', run_id: name },
    });
    expect(await contentsOf(world, there)).toEqual(await contentsOf(world, here));
  });

  it.each(PLACES)('tells the exit code of a job that failed on %s', async (where) => {
    const runId = `gone-${where.replaceAll(' ', '-').toLowerCase()}`;
    const at = await world.config(runId, {
      ...{ source: '/no/such/folder', set: { strategy_type: 'bulk' } },
    });
    const { code, line } = await submit(where, at, '--run-id', runId, '--wait').ended;
    expect(line).toMatchObject({
      ...{ exit_code: 1, platform_state: 'FAILED' },
      result: { error: { code: 'SOURCE_NOT_FOUND' } },
    });
    expect(code).toBe(1);
  });

  it.each(PLACES)(
    'stops the job on %s for real: at the end no process of it is left',
    async (where) => {
      const runId = `stopped-${where.replaceAll(' ', '-').toLowerCase()}`;
      const at = await world.config(runId, {
        set: { strategy_type: 'bulk', resources: { memory_mb: 512 } },
      });
      const submitting = submit(where, at, '--run-id', runId, '--wait');
      await submitting.saw(/RUNNING/);
      submitting.child.kill('SIGINT');
      const { code, line, stderr } = await submitting.ended;
      expect(stderr).toContain('asking EMR');
      expect([0, 130, 143]).toContain(code);
      expect(line).toMatchObject({ state: 'ENDED' });
      const last = emr.steps().at(-1);
      const run = serverless.runs.at(-1);
      const exit = where === 'EMR Serverless' ? run?.exit : last?.exit;
      expect(exit).toEqual(expect.any(Number));
    },
  );
});
