import type { Submission } from '../../core/submitter.ts';
import type { DatabricksSettings } from './settings.ts';

/** The argument that a run of a job that is there is found by; the launcher takes it out. */
const TOKEN_FLAG = 'dray_token';
const TASK_KEY = 'dray';
const ENVIRONMENT_KEY = 'dray';

export interface ClusterRequest {
  readonly spark_version: string;
  readonly node_type_id?: string;
  readonly driver_node_type_id?: string;
  readonly instance_pool_id?: string;
  readonly num_workers?: number;
  readonly autoscale?: { readonly min_workers: number; readonly max_workers: number };
  readonly is_single_node?: true;
  readonly kind?: 'CLASSIC_PREVIEW';
  readonly policy_id?: string;
  readonly data_security_mode: NonNullable<DatabricksSettings['newCluster']>['dataSecurityMode'];
  readonly single_user_name?: string;
  readonly aws_attributes?: { readonly instance_profile_arn: string };
  readonly custom_tags?: Readonly<Record<string, string>>;
}

/** One task: what it runs, and where. */
export interface TaskRequest {
  readonly task_key: string;
  readonly python_wheel_task?: {
    readonly package_name: 'dray_entry';
    readonly entry_point: 'generic_entry';
    readonly parameters: readonly string[];
  };
  readonly spark_python_task?: {
    readonly python_file: string;
    readonly parameters: readonly string[];
  };
  readonly notebook_task?: {
    readonly notebook_path: string;
    readonly base_parameters: Readonly<Record<string, string>>;
  };
  readonly new_cluster?: ClusterRequest;
  readonly existing_cluster_id?: string;
  readonly environment_key?: string;
  readonly libraries?: readonly { readonly whl: string }[];
}

/** @see https://docs.databricks.com/api/workspace/jobs/submit */
export interface SubmitRequest {
  readonly run_name: string;
  readonly idempotency_token: string;
  readonly tasks: readonly TaskRequest[];
  readonly environments?: readonly {
    readonly environment_key: string;
    readonly spec: {
      readonly environment_version: string;
      readonly dependencies: readonly string[];
    };
  }[];
  readonly queue: { readonly enabled: boolean };
  readonly timeout_seconds: number;
  readonly run_as?: { readonly service_principal_name: string };
}

/** @see https://docs.databricks.com/api/workspace/jobs/runnow */
export interface RunNowRequest {
  readonly job_id: number;
  readonly idempotency_token: string;
  readonly queue: { readonly enabled: boolean };
  readonly python_params?: readonly string[];
  readonly notebook_params?: Readonly<Record<string, string>>;
  readonly job_parameters?: Readonly<Record<string, string>>;
}

export type StartRequest =
  | { readonly method: 'submit'; readonly body: SubmitRequest }
  | { readonly method: 'run-now'; readonly body: RunNowRequest };

export function startRequest(settings: DatabricksSettings, submission: Submission): StartRequest {
  const { jobId } = settings;
  return jobId === undefined
    ? { method: 'submit', body: submitRequest(settings, submission) }
    : { method: 'run-now', body: runNowRequest(Number(jobId), settings, submission) };
}

function submitRequest(settings: DatabricksSettings, submission: Submission): SubmitRequest {
  const { serverless, notebookPath, environmentVersion, wheels, runAsServicePrincipal } = settings;
  const hasEnvironment = serverless === true && notebookPath === undefined;
  const spec = { environment_version: environmentVersion, dependencies: wheels };
  return {
    run_name: runName(submission),
    idempotency_token: submission.token,
    tasks: [taskOf(settings, submission, hasEnvironment)],
    ...(hasEnvironment ? { environments: [{ environment_key: ENVIRONMENT_KEY, spec }] } : {}),
    queue: { enabled: settings.queue },
    timeout_seconds: settings.timeoutMinutes * 60,
    ...(runAsServicePrincipal === undefined
      ? {}
      : { run_as: { service_principal_name: runAsServicePrincipal } }),
  };
}

/** What people see in the list of runs; the end is what a run is found by. */
function runName({ job, runId, attempt, token }: Submission): string {
  return `${job} ${runId} #${String(attempt)} ${runMark(token)}`;
}

/** Of the token as much as nothing else begins with. */
export function runMark(token: string): string {
  return `[dray ${token.slice(0, 16)}]`;
}

function taskOf(
  settings: DatabricksSettings,
  submission: Submission,
  hasEnvironment: boolean,
): TaskRequest {
  const { newCluster, existingClusterId, wheels } = settings;
  const hasLibraries = settings.serverless === undefined && wheels.length > 0;
  return {
    task_key: TASK_KEY,
    ...workOf(settings, submission),
    ...(newCluster === undefined ? {} : { new_cluster: clusterOf(newCluster) }),
    ...(existingClusterId === undefined ? {} : { existing_cluster_id: existingClusterId }),
    ...(hasEnvironment ? { environment_key: ENVIRONMENT_KEY } : {}),
    ...(hasLibraries ? { libraries: wheels.map((whl) => ({ whl })) } : {}),
  };
}

function workOf(
  { notebookPath, pythonFile }: DatabricksSettings,
  submission: Submission,
): Partial<TaskRequest> {
  if (notebookPath !== undefined) {
    const notebook = { notebook_path: notebookPath, base_parameters: asMap(submission.args) };
    return { notebook_task: notebook };
  }
  const parameters = asList(submission.args);
  if (pythonFile !== undefined)
    return { spark_python_task: { python_file: pythonFile, parameters } };
  return {
    python_wheel_task: { package_name: 'dray_entry', entry_point: 'generic_entry', parameters },
  };
}

function clusterOf(cluster: NonNullable<DatabricksSettings['newCluster']>): ClusterRequest {
  const { autoscale, tags, instanceProfileArn, singleNode } = cluster;
  const set = {
    spark_version: cluster.sparkVersion,
    node_type_id: cluster.nodeTypeId,
    driver_node_type_id: cluster.driverNodeTypeId,
    instance_pool_id: cluster.instancePoolId,
    num_workers: cluster.numWorkers,
    autoscale: autoscale && {
      min_workers: autoscale.minWorkers,
      max_workers: autoscale.maxWorkers,
    },
    is_single_node: singleNode,
    kind: singleNode && 'CLASSIC_PREVIEW',
    policy_id: cluster.policyId,
    data_security_mode: cluster.dataSecurityMode,
    single_user_name: cluster.singleUserName,
    aws_attributes:
      instanceProfileArn === undefined ? undefined : { instance_profile_arn: instanceProfileArn },
    custom_tags: Object.keys(tags).length === 0 ? undefined : tags,
    ...cluster.options,
  };
  return JSON.parse(JSON.stringify(set)) as ClusterRequest;
}

function runNowRequest(
  jobId: number,
  { jobTakes, queue }: DatabricksSettings,
  { args, token }: Submission,
): RunNowRequest {
  const marked = [...args, [TOKEN_FLAG, token]] as const;
  return {
    job_id: jobId,
    idempotency_token: token,
    queue: { enabled: queue },
    [jobTakes]: jobTakes === 'python_params' ? asList(marked) : asMap(marked),
  };
}

function asList(args: Submission['args']): readonly string[] {
  return args.flatMap(([flag, value]) => [`--${flag}`, ...(value === undefined ? [] : [value])]);
}

/** A parameter of a notebook has to have a value; the launcher takes that of a flag away. */
function asMap(args: Submission['args']): Readonly<Record<string, string>> {
  return Object.fromEntries(args.map(([flag, value = 'true']) => [flag, value]));
}
