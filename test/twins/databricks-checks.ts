export type Json = Readonly<Record<string, unknown>>;

/** A job that is there. */
export interface TwinJob {
  readonly name: string;
}

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const MOST_BYTES = 10_000;
const TASKS = ['python_wheel_task', 'spark_python_task', 'notebook_task'];

interface Task {
  readonly python_wheel_task?: {
    readonly parameters?: readonly string[];
    readonly named_parameters?: Readonly<Record<string, string>>;
  };
  readonly spark_python_task?: { readonly parameters?: readonly string[] };
  readonly notebook_task?: { readonly base_parameters?: Readonly<Record<string, string>> };
  readonly new_cluster?: Json;
  readonly existing_cluster_id?: string;
  readonly environment_key?: string;
}

/** What `runs/submit` looks at before it starts anything; returns what the task is given. */
export function checkSubmit(
  body: Json,
  clusters: ReadonlySet<string>,
): { readonly argv: readonly string[]; readonly isPython: boolean } {
  checkToken(body);
  const tasks = (body['tasks'] ?? []) as readonly Task[];
  const [task] = tasks;
  if (task === undefined) throw invalid('At least one task is required.');
  const kinds = Object.keys(task).filter((key) => TASKS.includes(key));
  if (kinds.length !== 1) throw invalid('Exactly one task type must be specified.');
  checkCompute(task, body, clusters);
  const { notebook_task: notebook } = task;
  const given = task.python_wheel_task ?? task.spark_python_task;
  const named = task.python_wheel_task?.named_parameters;
  if (named !== undefined && given?.parameters !== undefined) {
    throw invalid('Only one of parameters and named_parameters may be specified.');
  }
  const words = Object.entries(named ?? {}).map(([name, value]) => `--${name}=${value}`);
  const argv =
    given?.parameters ?? (named === undefined ? flat(notebook?.base_parameters ?? {}) : words);
  checkSize(given === undefined ? {} : { parameters: argv });
  return { argv, isPython: given !== undefined };
}

function checkCompute(task: Task, body: Json, clusters: ReadonlySet<string>): void {
  const { new_cluster: fresh, existing_cluster_id: id, environment_key: key } = task;
  const places = [fresh, id, key].filter((place) => place !== undefined);
  const isServerlessNotebook = places.length === 0 && task.notebook_task !== undefined;
  if (places.length !== 1 && !isServerlessNotebook) {
    throw invalid('Either new_cluster or existing_cluster_id must be specified.');
  }
  if (id !== undefined && !clusters.has(id)) throw invalid(`Cluster ${id} does not exist.`);
  if (fresh !== undefined) {
    const { spark_version: version, num_workers: workers, autoscale, is_single_node } = fresh;
    if (version === undefined) throw invalid('Missing required field: spark_version');
    if (fresh['node_type_id'] === undefined && fresh['instance_pool_id'] === undefined) {
      throw invalid('Missing required field: node_type_id');
    }
    if ([workers, autoscale, is_single_node].filter((one) => one !== undefined).length !== 1) {
      throw invalid('Exactly one of num_workers or autoscale must be specified.');
    }
  }
  const environments = (body['environments'] ?? []) as readonly { environment_key: string }[];
  if (key !== undefined && !environments.some(({ environment_key }) => environment_key === key)) {
    throw invalid(`The environment ${key} is not defined.`);
  }
}

/** What `run-now` looks at. */
export function checkJobRun(body: Json, jobs: ReadonlyMap<number, TwinJob>): readonly string[] {
  checkToken(body);
  if (!jobs.has(Number(body['job_id']))) {
    throw invalid(`Job ${String(body['job_id'])} does not exist.`);
  }
  const { python_params, notebook_params, job_parameters } = body;
  checkSize({ python_params });
  checkSize({ notebook_params });
  checkSize({ job_parameters });
  const list = python_params as readonly string[] | undefined;
  if (list?.some((text) => /[^ -~]/.test(text)) === true) {
    throw invalid('python_params may only have ASCII characters.');
  }
  const map = (notebook_params ?? job_parameters ?? {}) as Readonly<Record<string, string>>;
  return list ?? flat(map);
}

function checkToken({ idempotency_token: token }: Json): void {
  if (token === undefined || (typeof token === 'string' && token.length <= 64)) return;
  throw invalid('The idempotency token must have at most 64 characters.');
}

function checkSize(field: Json): void {
  const bytes = Buffer.byteLength(JSON.stringify(field));
  if (bytes > MOST_BYTES) throw invalid(`The parameters have ${String(bytes)} bytes.`);
}

function flat(parameters: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(parameters).flatMap(([name, value]) => [`--${name}`, value]);
}

function invalid(message: string): Refusal {
  return new Refusal(400, 'INVALID_PARAMETER_VALUE', message);
}
