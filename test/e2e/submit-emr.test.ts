import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { parseConfig } from '../../core/wire.ts';
import type { ScriptOptions } from '../../entry/twin/script.ts';
import { wordsBefore } from '../../platforms/emr/request.ts';
import { emrSettings } from '../../platforms/emr/settings.ts';
import type { Execution } from '../../platforms/twins/glue.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { runServerless, runStep } from '../twins/driver.ts';
import { APPLICATION, type ServerlessTwin, startServerlessTwin } from '../twins/emr-serverless.ts';
import { type EmrTwin, startEmrTwin } from '../twins/emr.ts';
import { buildDist } from './built.ts';
import { armed, printedBy, type SubmitPlace } from './submit-place.ts';
import { describeSubmitted } from './submitted-suite.ts';
import { openWorld, ROOT, type World } from './world.ts';

const PACKAGE = {
  script_location: `s3://${BUCKET}/generic_entry.py`,
  archive: `s3://${BUCKET}/dray-emr-linux-x64.tar.gz`,
  result_prefix: `s3://${BUCKET}/results`,
};
const ROLE = 'arn:aws:iam::123456789012:role/promos';

(withoutMoto === '' ? describe : describe.skip)(`submitted to EMR${withoutMoto}`, () => {
  let world: World;
  let s3: TestS3;
  let emr: EmrTwin;
  let serverless: ServerlessTwin;
  /** Of the cluster that is there. */
  let id: string;
  let source: string;
  let failpoints: Readonly<Record<string, string>> | undefined;
  const options = (onOutput: ScriptOptions['onOutput'] = () => undefined): ScriptOptions => ({
    ...{ root: ROOT, python: process.env['DRAY_TEST_MOTO'] ?? '', onOutput },
    env: {
      ...s3.env,
      DRAY_NODE: process.execPath,
      PROMOS_DB_PASSWORD: world.postgres.password,
      DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
      // The job runs on DuckDB: no Spark has to be started for it.
      DRAY_SPARK: 'off',
      ...armed(failpoints),
    },
  });

  beforeAll(async () => {
    await buildDist();
    [world, s3] = await Promise.all([openWorld(), startS3()]);
    source = await world.smallSource();
    emr = await startEmrTwin({
      clock: systemClock,
      execute: (args, stepId) => runStep(args, stepId, options()),
    });
    serverless = await startServerlessTwin({
      clock: systemClock,
      execute: (_, args, runId) => runServerless(args, runId, options()),
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

  function placeAt(
    platform: string,
    settings: object,
    success: string,
    start: (args: readonly string[], own: ScriptOptions) => Execution,
  ): SubmitPlace {
    return {
      argv: () => [platform, '--settings', JSON.stringify({ ...PACKAGE, ...settings })],
      env: {
        ...s3.env,
        AWS_ENDPOINT_URL_EMR: emr.endpoint,
        AWS_ENDPOINT_URL_EMR_SERVERLESS: serverless.endpoint,
      },
      provider: 'EMR',
      says: { success, failure: 'FAILED' },
      arm(env) {
        failpoints = env;
      },
      execute: async (args) => await printedBy((onOutput) => start(args, options(onOutput))),
    };
  }

  const step = (settings: object) =>
    placeAt('emr', settings, 'COMPLETED', (args, own) => {
      const words = wordsBefore(parseConfig(emrSettings, { ...PACKAGE, ...settings }));
      return runStep([...words, ...args], 's-1', own);
    });
  describeSubmitted('a cluster of EMR that is there', () => ({
    ...{ world, source, place: step({ cluster_id: id }) },
  }));
  describeSubmitted('a cluster of EMR of its own', () => ({
    ...{ world, source, place: step({ cluster: {} }) },
  }));
  describeSubmitted('EMR Serverless', () => ({
    ...{ world, source },
    place: placeAt(
      'emr-serverless',
      { application_id: APPLICATION, execution_role: ROLE },
      'SUCCESS',
      (args, own) => runServerless(args, 'r-1', own),
    ),
  }));
});
