import type { Clock } from '../../core/clock.ts';
import { checkJobRun, checkSubmit, type Json, Refusal, type TwinJob } from './databricks-checks.ts';
import { fileIn, refused } from './databricks-files.ts';
import { oldState, terminationType } from './databricks-states.ts';
import type { Execution } from '../../platforms/twins/glue.ts';
import { type RestCall, serveRest } from './rest.ts';
import type { FaultyService } from '../../platforms/twins/server.ts';

/** How a run goes; all times in milliseconds of the clock. */
export interface DatabricksBehaviour {
  /** What comes before RUNNING, in this order. */
  waits: readonly (readonly [state: string, ms: number])[];
  runMs: number;
  /** How long the cluster takes to end, after the task or a cancel. */
  stopMs: number;
  /** New runs are missing from the list for so long. */
  hiddenMs: number;
  /** Code of the termination of a run that was not cancelled. */
  end: string;
  /** What the task has printed, where nothing is executed. */
  logs: string;
  error?: string;
  /** A workspace that has `state` alone, or `status` alone. */
  speaks: 'both' | 'state' | 'status';
  /** Runs that may work at the same time. */
  maxActive: number;
}

export interface DatabricksRun {
  readonly id: number;
  readonly request: Json;
  /** What the task was given. */
  readonly argv: readonly string[];
  readonly startedMs: number;
  readonly behaviour: Readonly<DatabricksBehaviour>;
  deleted?: true;
  stoppedMs?: number;
  execution?: Execution;
  /** Of what is executed. */
  exit?: { readonly code: number; readonly atMs: number };
  printed: string;
}

export interface DatabricksTwin extends FaultyService {
  readonly token: string;
  readonly behaviour: DatabricksBehaviour;
  readonly runs: readonly DatabricksRun[];
  /** All-purpose clusters. */
  readonly clusters: Set<string>;
  readonly jobs: Map<number, TwinJob>;
  /** State and code of the termination. */
  stateOf(run: DatabricksRun): readonly [state: string, code?: string];
}

export interface DatabricksTwinOptions {
  readonly clock: Clock;
  /** Folder that `/Volumes` is. */
  readonly volumes: string;
  readonly port?: number;
  /** Executes the wheel's entry, or the file of a Python task. */
  readonly execute?: (argv: readonly string[], onOutput: (text: string) => void) => Execution;
}

const TOKEN = 'dapi-twin';
const RETRY_AFTER_S = 7;

/**
 * A workspace of Databricks, as far as runs of the Jobs API 2.2 and files in volumes go, with its states,
 * limits, refusals and idempotency tokens.
 *
 * @see https://docs.databricks.com/api/workspace/jobs
 */
export async function startDatabricksTwin(options: DatabricksTwinOptions): Promise<DatabricksTwin> {
  const { clock, volumes, execute } = options;
  const runs: DatabricksRun[] = [];
  const tokens = new Map<string, DatabricksRun>();
  const clusters = new Set(['0612-020000-abcdefgh']);
  const jobs = new Map<number, TwinJob>();
  const behaviour: DatabricksBehaviour = {
    ...{ waits: [['PENDING', 3_000]], runMs: 30_000, stopMs: 2_000, hiddenMs: 0, end: 'SUCCESS' },
    ...{ logs: '', speaks: 'both', maxActive: 2_000 },
  };
  const nowMs = () => clock.now().getTime();

  function stateOf(run: DatabricksRun): readonly [string, string?] {
    const { waits, runMs, stopMs, end } = run.behaviour;
    const now = nowMs();
    const over = (since: number, code: string) =>
      [now - since >= stopMs ? 'TERMINATED' : 'TERMINATING', code] as const;
    const works = run.execution !== undefined && run.exit === undefined;
    if (run.stoppedMs !== undefined) {
      return works ? ['TERMINATING', 'USER_CANCELED'] : over(run.stoppedMs, 'USER_CANCELED');
    }
    if (run.exit !== undefined) {
      return over(run.exit.atMs, run.exit.code === 0 ? 'SUCCESS' : 'RUN_EXECUTION_ERROR');
    }
    if (works) return ['RUNNING'];
    let since = run.startedMs;
    for (const [state, ms] of waits) {
      since += ms;
      if (now < since) return [state];
    }
    return now < since + runMs ? ['RUNNING'] : over(since + runMs, end);
  }

  const isOver = (run: DatabricksRun) => stateOf(run)[0] === 'TERMINATED';

  function runOf(id: unknown): DatabricksRun {
    const run = runs.find((one) => !one.deleted && [one.id, one.id + 1].includes(Number(id)));
    if (run !== undefined) return run;
    throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `Run ${String(id)} does not exist.`);
  }

  /** The old run of a token for ever; a new one for a new token, and for none. */
  function started(request: Json, argv: readonly string[], isPython: boolean): Json {
    const token = request['idempotency_token'] as string | undefined;
    const old = tokens.get(token ?? '');
    if (old?.deleted === true) {
      throw new Refusal(400, 'INVALID_PARAMETER_VALUE', 'The run of this token was deleted.');
    }
    if (old !== undefined) return { run_id: old.id };
    const active = runs.filter((run) => !isOver(run)).length;
    const { enabled } = (request['queue'] ?? { enabled: false }) as { enabled: boolean };
    if (active >= behaviour.maxActive && !enabled) {
      const message = 'The maximum number of concurrent runs of this workspace is reached.';
      throw new Refusal(429, 'REQUEST_LIMIT_EXCEEDED', message);
    }
    const run: DatabricksRun = {
      ...{ id: 759_600_432_182_350 + 2 * runs.length, request, argv, startedMs: nowMs() },
      ...{ behaviour: { ...behaviour }, printed: '' },
    };
    if (execute !== undefined && isPython) {
      run.execution = execute(argv, (text) => {
        run.printed += text;
      });
      void run.execution.ended.then((code) => {
        run.exit = { code, atMs: nowMs() };
      });
    }
    runs.push(run);
    if (token !== undefined) tokens.set(token, run);
    return { run_id: run.id };
  }

  function states(run: DatabricksRun): Json {
    const [state, code] = stateOf(run);
    const { speaks } = run.behaviour;
    const message = code === undefined || code === 'SUCCESS' ? '' : `the run was ended: ${code}`;
    const details = code === undefined ? undefined : { code, type: terminationType(code), message };
    const queued = { code: 'ACTIVE_RUNS_LIMIT_REACHED', message: 'waiting for other runs' };
    return {
      ...(speaks === 'status'
        ? {}
        : { state: { ...oldState(state, code), state_message: message } }),
      ...(speaks === 'state'
        ? {}
        : {
            status: {
              state,
              ...(state === 'QUEUED' ? { queue_details: queued } : {}),
              ...(details === undefined ? {} : { termination_details: details }),
            },
          }),
    };
  }

  function described(run: DatabricksRun): Json {
    const { request } = run;
    const { run_name: name, job_id: job, ...given } = request;
    const own = {
      ...{ run_id: run.id, number_in_job: run.id, start_time: run.startedMs, ...states(run) },
      run_page_url: `https://twin/#job/run/${String(run.id)}`,
    };
    if (job === undefined) {
      // A job of its own, which no list shows.
      return { ...own, job_id: run.id - 1, run_name: name ?? 'Untitled', run_type: 'SUBMIT_RUN' };
    }
    const { python_params, notebook_params, job_parameters } = given;
    return {
      ...{ ...own, job_id: job, run_name: jobs.get(Number(job))?.name, run_type: 'JOB_RUN' },
      overriding_parameters: { python_params, notebook_params },
      job_parameters: Object.entries((job_parameters ?? {}) as Json).map(([key, value]) => {
        return { name: key, value };
      }),
    };
  }

  function output(id: unknown): Json {
    const run = runOf(id);
    if (run.id === Number(id)) {
      const message = 'Retrieving the output of runs with multiple tasks is not supported.';
      throw new Refusal(400, 'INVALID_PARAMETER_VALUE', message);
    }
    const metadata = { run_id: run.id + 1, ...states(run) };
    if (!isOver(run)) return { metadata };
    const [, code] = stateOf(run);
    const error =
      run.exit === undefined ? run.behaviour.error : `SystemExit: ${String(run.exit.code)}`;
    return {
      metadata,
      logs: run.execution === undefined ? run.behaviour.logs : run.printed,
      logs_truncated: false,
      ...(code === 'SUCCESS' || error === undefined ? {} : { error, error_trace: error }),
    };
  }

  function list(query: URLSearchParams): Json {
    const limit = Number(query.get('limit') ?? 20);
    if (!(limit > 0 && limit < 25)) {
      throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `Invalid limit: ${String(limit)}`);
    }
    const shown = runs
      .filter((run) => !run.deleted && nowMs() - run.startedMs >= run.behaviour.hiddenMs)
      .filter((run) => run.startedMs >= Number(query.get('start_time_from') ?? 0))
      .map((run) => described(run))
      .filter((run) => [null, run['run_type']].includes(query.get('run_type')))
      .filter((run) => [null, String(run['job_id'])].includes(query.get('job_id')))
      .reverse();
    const from = Number(query.get('page_token') ?? 0);
    const to = from + limit;
    const has_more = to < shown.length;
    return {
      runs: shown.slice(from, to),
      ...{ has_more, ...(has_more ? { next_page_token: String(to) } : {}) },
    };
  }

  const OPERATIONS: Readonly<Record<string, (body: Json, query: URLSearchParams) => Json>> = {
    'POST runs/submit'(body) {
      const { argv, isPython } = checkSubmit(body, clusters);
      return started(body, argv, isPython);
    },
    'POST run-now'(body) {
      const argv = checkJobRun(body, jobs);
      return started(body, argv, body['python_params'] !== undefined);
    },
    'GET runs/get'(_, query) {
      const run = runOf(query.get('run_id'));
      const task = { task_key: 'dray', run_id: run.id + 1, attempt_number: 0, ...states(run) };
      return { ...described(run), tasks: [task], format: 'MULTI_TASK' };
    },
    'GET runs/get-output': (_, query) => output(query.get('run_id')),
    'GET runs/list': (_, query) => list(query),
    'POST runs/cancel'(body) {
      const run = runOf(body['run_id']);
      // Where the task has ended, there is nothing left to cancel.
      if (!stateOf(run)[0].startsWith('TERMINAT')) {
        run.stoppedMs = nowMs();
        run.execution?.stop();
      }
      return {};
    },
    'POST runs/delete'(body) {
      runOf(body['run_id']).deleted = true;
      return {};
    },
  };

  const service = await serveRest({
    nameOf: ({ path }) =>
      path.replace('/api/2.2/jobs/', '').replace(/^\/api\/2.0\/fs\/.*/, 'files'),
    async answer(call) {
      if (call.authorization !== `Bearer ${TOKEN}`) {
        return refused(new Refusal(403, '403', 'Invalid access token.'));
      }
      if (call.path.startsWith('/api/2.0/fs/files/Volumes/')) return await fileIn(volumes, call);
      const act = OPERATIONS[`${call.method} ${call.path.replace('/api/2.2/jobs/', '')}`];
      try {
        if (act === undefined) throw new Refusal(404, 'ENDPOINT_NOT_FOUND', 'No API found');
        const body = JSON.parse(call.body.toString() || '{}') as Json;
        return {
          status: 200,
          json: act(body, call.method === 'GET' ? asked(call, body) : call.query),
        };
      } catch (error) {
        if (error instanceof Refusal) return refused(error);
        throw error;
      }
    },
    throttled: {
      ...refused(new Refusal(429, 'RESOURCE_EXHAUSTED', 'Too many requests')),
      headers: { 'retry-after': String(RETRY_AFTER_S) },
    },
    failed: refused(new Refusal(503, 'TEMPORARILY_UNAVAILABLE', 'try again')),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  return { ...service, token: TOKEN, behaviour, runs, clusters, jobs, stateOf };
}

/** What a GET asks for may stand in its body, too: Airflow's triggers send it so. */
function asked({ query }: RestCall, body: Json): URLSearchParams {
  const given = Object.entries(body).map(([key, value]) => [key, String(value)] as const);
  return new URLSearchParams(Object.fromEntries([...given, ...query]));
}
