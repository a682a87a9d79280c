import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { parseConfig } from '../../core/wire.ts';
import { startRequest } from '../../platforms/databricks/request.ts';
import { databricksSettings } from '../../platforms/databricks/settings.ts';
import { emrServerlessSettings } from '../../platforms/emr-serverless/settings.ts';
import { emrServerlessSubmitter } from '../../platforms/emr-serverless/submitter.ts';
import { runClusterRequest } from '../../platforms/emr/request.ts';
import { clusterOf, emrSettings } from '../../platforms/emr/settings.ts';
import { glueSettings } from '../../platforms/glue/settings.ts';
import { glueSubmitter } from '../../platforms/glue/submitter.ts';
import { type Execution, startGlueTwin } from '../../platforms/twins/glue.ts';
import { CREDENTIALS } from '../aws/moto.ts';
import { startDatabricksTwin } from './databricks.ts';
import { APPLICATION, startServerlessTwin } from './emr-serverless.ts';
import { startEmrTwin } from './emr.ts';
import { askPython } from './python-clients.ts';

const AIRFLOWS = JSON.parse(process.env['DRAY_TEST_AIRFLOW'] ?? '{}') as Readonly<
  Record<string, string>
>;
const without = Object.keys(AIRFLOWS).length === 0 ? ' (skipped: no Airflow)' : '';
const ROLE = 'arn:aws:iam::123456789012:role/promos';
const SCRIPT = { script_location: 's3://b/generic_entry.py' };
const args = [['run_id', 'r'], ['force']] as const;
const SUBMISSION = { runId: 'r', attempt: 1, job: 'load_promos', token: 'a'.repeat(64), args };

/** The requests that dray would make: Airflow's operators take the same. */
function requests() {
  const glue = parseConfig(glueSettings, { ...SCRIPT, role: ROLE });
  using glues = glueSubmitter({ settings: glue, job: 'load_promos' });
  const [job, start] = glues.requests(SUBMISSION);
  const serverless = parseConfig(emrServerlessSettings, {
    ...{ ...SCRIPT, application_id: APPLICATION, execution_role: ROLE },
  });
  using serverlesses = emrServerlessSubmitter({ settings: serverless });
  const emr = parseConfig(emrSettings, { ...SCRIPT, cluster: {} });
  const where = clusterOf(emr);
  if (!('cluster' in where)) throw new Error('no cluster');
  const cluster = runClusterRequest(emr, where.cluster, SUBMISSION);
  const databricks = parseConfig(databricksSettings, {
    serverless: true,
    wheels: ['/Volumes/a.whl'],
  });
  return {
    ...{ glue: job?.body, arguments: (start?.body as { Arguments: unknown }).Arguments },
    serverless: serverlesses.requests(SUBMISSION)[0]?.body,
    step: { ...cluster.Steps?.[0], ActionOnFailure: 'CONTINUE' },
    ...{ cluster, databricks: startRequest(databricks, SUBMISSION).body },
  };
}

/** A job that ends as its arguments say. */
function execute(argv: readonly string[]): Execution {
  const { promise, resolve } = Promise.withResolvers<number>();
  if (!argv.includes('--stays')) resolve(argv.includes('--fails') ? 1 : 0);
  const stop = () => {
    resolve(143);
  };
  return { ended: promise, stop };
}

(without === '' ? describe : describe.skip)(`the operators of Airflow${without}`, () => {
  it.each(Object.entries(AIRFLOWS))('%s work with the twins', async (version, python) => {
    const folder = mkdtempSync(join(tmpdir(), 'dray-airflow-'));
    const clock = systemClock;
    await using databricks = await startDatabricksTwin({ clock, execute, volumes: folder });
    await using glue = await startGlueTwin({ clock, execute: (_, argv) => execute(argv) });
    await using emr = await startEmrTwin({ clock });
    await using serverless = await startServerlessTwin({ clock });
    const quick = { startMs: 50, runMs: 50, stopMs: 50 };
    Object.assign(databricks.behaviour, quick);
    Object.assign(glue.behaviour, quick);
    Object.assign(serverless.behaviour, quick);
    Object.assign(emr.behaviour, { ...quick, bootMs: 50 });
    const given = { requests: requests(), cluster: emr.addCluster().id, application: APPLICATION };
    const env = {
      ...{ ...CREDENTIALS, AWS_DEFAULT_REGION: 'eu-central-1', AIRFLOW_HOME: folder },
      AWS_ENDPOINT_URL_GLUE: glue.endpoint,
      AWS_ENDPOINT_URL_EMR: emr.endpoint,
      AWS_ENDPOINT_URL_EMR_SERVERLESS: serverless.endpoint,
      AIRFLOW_CONN_AWS_DEFAULT: '{"conn_type": "aws"}',
      AIRFLOW_CONN_EMR_DEFAULT: '{"conn_type": "emr"}',
      AIRFLOW_CONN_DATABRICKS_DEFAULT: JSON.stringify({
        ...{ conn_type: 'databricks', schema: 'http', host: '127.0.0.1' },
        ...{ port: Number(new URL(databricks.endpoint).port), password: databricks.token },
      }),
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    };
    const found = await askPython(python, 'airflow-operators.py', given, env);
    expect(found).toEqual({
      glue: expect.stringMatching(/^jr_/),
      databricks: null,
      serverless: expect.stringMatching(/^0+1$/),
      steps: [expect.stringMatching(/^s-/)],
      'step sensor': null,
      cluster: expect.stringMatching(/^j-/),
      'cluster sensor': null,
      'waiting steps': [expect.stringMatching(/^s-/)],
      terminated: null,
      'failing glue': expect.objectContaining({ says: expect.stringContaining('FAILED') }),
      'failing databricks': {
        raised: 'AirflowException',
        says: expect.stringContaining('SystemExit: 1'),
      },
      refused: {
        raised: 'DatabricksApiError',
        says: expect.stringContaining('INVALID_PARAMETER_VALUE'),
      },
      ...{ 'killed databricks': null, 'killed glue': null },
    });
    expect(databricks.runs.map((run) => databricks.stateOf(run)[1])).toEqual([
      ...['SUCCESS', 'RUN_EXECUTION_ERROR', 'USER_CANCELED'],
    ]);
    expect(glue.runs.map((run) => glue.stateOf(run))).toEqual(['SUCCEEDED', 'FAILED', 'STOPPED']);
    expect(
      emr
        .steps()
        .map(({ state }) => state)
        .slice(0, 3),
    ).toEqual(new Array(3).fill('COMPLETED'));
    expect(emr.clusters().at(-1)?.state).toMatch(/^TERMINAT/);
    rmSync(folder, { recursive: true });
  });
});
