import type { jobs } from '@databricks/sdk-experimental';
import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../../core/wire.ts';
import {
  type RunNowRequest,
  runMark,
  startRequest,
  type SubmitRequest,
} from '../../../platforms/databricks/request.ts';
import { databricksSettings } from '../../../platforms/databricks/settings.ts';

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
/** The names in `Ours` that `Theirs` does not have, at any depth. */
type Unknown<Ours, Theirs> = Ours extends readonly (infer One)[]
  ? Theirs extends readonly (infer Other)[]
    ? Unknown<One, Other>
    : never
  : Ours extends object
    ? string extends keyof Ours
      ? never
      : {
          [Key in keyof Ours]-?: Key extends keyof Theirs
            ? Unknown<NonNullable<Ours[Key]>, NonNullable<Theirs[Key]>>
            : Key;
        }[keyof Ours]
    : never;

/** Does not compile with a name that is unknown: it then takes an argument. */
function knowsAll<Name>(...unknown: [Name] extends [never] ? [] : [Name]): boolean {
  return unknown.length === 0;
}

const TOKEN = '0123456789abcdef'.repeat(4);
const SUBMISSION = {
  ...{ runId: 'daily-1', attempt: 2, job: 'load_promos', token: TOKEN },
  args: [['module_name', 'load_promos'], ['attempt', '2'], ['force']] as const,
};
const LIST = ['--module_name', 'load_promos', '--attempt', '2', '--force'];
const MAP = { module_name: 'load_promos', attempt: '2', force: 'true' };
const WHEELS = [
  '/Volumes/main/jobs/dray/dray_entry.whl',
  '/Volumes/main/jobs/dray/dray_duckdb.whl',
];
const WHEEL_TASK = {
  package_name: 'dray_entry',
  entry_point: 'generic_entry',
  parameters: LIST,
};
const LIBRARIES = WHEELS.map((whl) => ({ whl }));
const CLUSTER = { spark_version: '17.3.x-scala2.13', node_type_id: 'm6id.large' };

const requestOf = (settings: object) =>
  startRequest(parseConfig(databricksSettings, settings), SUBMISSION);

describe('a request to Databricks', () => {
  it('has the fields that its own SDK knows, with its types', () => {
    expect(knowsAll<Unknown<SubmitRequest, jobs.SubmitRun>>()).toBe(true);
    expect(knowsAll<Unknown<RunNowRequest, jobs.RunNow>>()).toBe(true);
    const { body } = requestOf({ existing_cluster_id: 'c', wheels: WHEELS });
    const checked: Frozen<jobs.SubmitRun> | Frozen<jobs.RunNow> = body;
    expect(checked.idempotency_token).toBe(TOKEN);
  });

  it.each([
    [
      'a new cluster',
      { new_cluster: { ...CLUSTER, num_workers: 2, tags: { team: 'promos' } }, wheels: WHEELS },
      {
        python_wheel_task: WHEEL_TASK,
        new_cluster: {
          ...CLUSTER,
          ...{ num_workers: 2, data_security_mode: 'SINGLE_USER', custom_tags: { team: 'promos' } },
        },
        libraries: LIBRARIES,
      },
    ],
    [
      'a cluster that grows',
      {
        new_cluster: {
          ...{ spark_version: '17.3.x-scala2.13', instance_pool_id: 'pool' },
          ...{ autoscale: { min_workers: 1, max_workers: 8 }, instance_profile_arn: 'arn:x' },
          ...{ policy_id: 'p', data_security_mode: 'USER_ISOLATION' },
          options: { spark_env_vars: { DRAY_SPARK: 'off' }, spark_conf: { 'spark.a.b': 'c' } },
        },
        wheels: WHEELS,
      },
      {
        python_wheel_task: WHEEL_TASK,
        new_cluster: {
          ...{ spark_version: '17.3.x-scala2.13', instance_pool_id: 'pool' },
          ...{ autoscale: { min_workers: 1, max_workers: 8 }, policy_id: 'p' },
          ...{ data_security_mode: 'USER_ISOLATION' },
          aws_attributes: { instance_profile_arn: 'arn:x' },
          ...{ spark_env_vars: { DRAY_SPARK: 'off' }, spark_conf: { 'spark.a.b': 'c' } },
        },
        libraries: LIBRARIES,
      },
    ],
    [
      'one machine',
      { new_cluster: { ...CLUSTER, single_node: true }, wheels: WHEELS },
      {
        python_wheel_task: WHEEL_TASK,
        new_cluster: {
          ...CLUSTER,
          ...{ is_single_node: true, kind: 'CLASSIC_PREVIEW', data_security_mode: 'SINGLE_USER' },
        },
        libraries: LIBRARIES,
      },
    ],
    [
      'a cluster that is there',
      { existing_cluster_id: '0612-x', wheels: WHEELS },
      { python_wheel_task: WHEEL_TASK, existing_cluster_id: '0612-x', libraries: LIBRARIES },
    ],
    [
      'serverless compute',
      { serverless: true, wheels: WHEELS },
      { python_wheel_task: WHEEL_TASK, environment_key: 'dray' },
    ],
    [
      'a notebook',
      { existing_cluster_id: '0612-x', notebook_path: '/Shared/dray', wheels: WHEELS },
      {
        notebook_task: { notebook_path: '/Shared/dray', base_parameters: MAP },
        ...{ existing_cluster_id: '0612-x', libraries: LIBRARIES },
      },
    ],
    [
      'a notebook on serverless compute',
      { serverless: true, notebook_path: '/Shared/dray' },
      { notebook_task: { notebook_path: '/Shared/dray', base_parameters: MAP } },
    ],
    [
      'a file',
      { existing_cluster_id: '0612-x', python_file: '/Volumes/a/b/c/generic_entry.py' },
      {
        spark_python_task: { python_file: '/Volumes/a/b/c/generic_entry.py', parameters: LIST },
        existing_cluster_id: '0612-x',
      },
    ],
  ])('for %s is what Databricks takes', (_, settings, task) => {
    const environment = { environment_version: '4', dependencies: WHEELS };
    const hasEnvironment = 'environment_key' in task;
    expect(requestOf(settings)).toEqual({
      method: 'submit',
      body: {
        run_name: `load_promos daily-1 #2 ${runMark(TOKEN)}`,
        idempotency_token: TOKEN,
        tasks: [{ task_key: 'dray', ...task }],
        ...(hasEnvironment
          ? { environments: [{ environment_key: 'dray', spec: environment }] }
          : {}),
        ...{ queue: { enabled: true }, timeout_seconds: 28_800 },
      },
    });
  });

  it.each([
    ['python_params', [...LIST, '--dray_token', TOKEN]],
    ['notebook_params', { ...MAP, dray_token: TOKEN }],
    ['job_parameters', { ...MAP, dray_token: TOKEN }],
  ])('for a job that is there gives %s', (field, value) => {
    const settings = { job_id: 7, job_takes: field, queue: false };
    expect(requestOf(settings)).toEqual({
      method: 'run-now',
      body: {
        ...{ job_id: 7, idempotency_token: TOKEN, queue: { enabled: false } },
        [field]: value,
      },
    });
  });

  it('acts as a service principal', () => {
    const settings = { serverless: true, wheels: WHEELS, run_as_service_principal: 'sp' };
    expect(requestOf({ ...settings, timeout_minutes: 0 }).body).toMatchObject({
      ...{ run_as: { service_principal_name: 'sp' }, timeout_seconds: 0 },
    });
  });

  it.each([
    [{ wheels: WHEELS }, 'set one of "new_cluster"'],
    [{ serverless: true, job_id: 7 }, 'set one of "new_cluster"'],
    [{ serverless: true }, 'set "wheels"'],
    [{ serverless: true, wheels: ['s3://b/dray.whl'] }, 'serverless compute takes wheels from'],
    [{ serverless: true, wheels: ['/Volumes/a/b/c/dray.zip'] }, 'a wheel'],
    [{ serverless: true, notebook_path: '/n', wheels: WHEELS }, 'leave "wheels" out'],
    [{ job_id: 7, wheels: WHEELS }, 'has its own wheels'],
    [{ job_id: 7, notebook_path: '/n' }, 'set at most one of'],
    [{ new_cluster: CLUSTER, wheels: WHEELS }, 'set one of "num_workers"'],
    [
      { new_cluster: { spark_version: '17', num_workers: 1 }, wheels: WHEELS },
      'set one of "node_type_id"',
    ],
    [
      {
        new_cluster: { ...CLUSTER, autoscale: { min_workers: 4, max_workers: 2 } },
        wheels: WHEELS,
      },
      '"min_workers" has to be below',
    ],
    [{ serverles: true, wheels: WHEELS }, 'did you mean "serverless"?'],
    [{ serverless: true, wheels: WHEELS, result_prefix: '/tmp/x' }, 'a folder: s3://'],
    [{ serverless: true, wheels: WHEELS, host: 'https://a.b/c' }, 'the address of a workspace'],
  ])('refuses the settings %j', (settings, says) => {
    expect(() => requestOf(settings)).toThrow(says);
  });
});
