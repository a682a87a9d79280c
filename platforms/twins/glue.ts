import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { type Answer, type JsonService, serveAwsJson, ServiceError } from './aws-json.ts';

/** How a run goes; all times in milliseconds of the clock. */
export interface GlueBehaviour {
  startMs: number;
  runMs: number;
  stopMs: number;
  /** New runs are missing from GetJobRuns for so long. */
  hiddenMs: number;
  /** State of a run that was not stopped, when it is over. */
  end: string;
  errorMessage?: string;
}

/** A process that does the work of a run; without one, time alone does. */
export interface Execution {
  /** Resolves with its exit code. */
  readonly ended: Promise<number>;
  stop(): void;
}

export interface GlueRun {
  readonly id: string;
  readonly job: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly startedMs: number;
  readonly behaviour: Readonly<GlueBehaviour>;
  stoppedMs?: number;
  execution?: Execution;
  exit?: number;
}

export interface GlueTwin extends JsonService {
  readonly behaviour: GlueBehaviour;
  readonly runs: readonly GlueRun[];
  readonly jobs: ReadonlyMap<string, Answer>;
  stateOf(run: GlueRun): string;
}

export interface GlueTwinOptions {
  readonly clock: Clock;
  readonly port?: number;
  /** Executes the job's script: `argv` as Glue would give it to the script. */
  readonly execute?: (script: string, argv: readonly string[], job: Answer) => Execution;
}

const ENDED = ['SUCCEEDED', 'FAILED', 'STOPPED', 'TIMEOUT', 'ERROR', 'EXPIRED'];

/**
 * AWS Glue, as far as jobs and their runs go, with Glue's states, limits and refusals.
 *
 * @see https://docs.aws.amazon.com/glue/latest/webapi/API_StartJobRun.html
 */
export async function startGlueTwin(options: GlueTwinOptions): Promise<GlueTwin> {
  const { clock, execute } = options;
  const jobs = new Map<string, Answer>();
  const runs: GlueRun[] = [];
  const behaviour: GlueBehaviour = {
    ...{ startMs: 3_000, runMs: 30_000, stopMs: 2_000, hiddenMs: 0, end: 'SUCCEEDED' },
  };
  const nowMs = () => clock.now().getTime();

  function stateOf(run: GlueRun): string {
    const { startMs, runMs, stopMs, end } = run.behaviour;
    const age = nowMs() - run.startedMs;
    if (run.stoppedMs !== undefined) {
      const isOver = nowMs() - run.stoppedMs >= stopMs;
      return isOver && (run.execution === undefined || run.exit !== undefined)
        ? 'STOPPED'
        : 'STOPPING';
    }
    if (run.execution !== undefined) {
      if (run.exit === undefined) return 'RUNNING';
      return run.exit === 0 ? 'SUCCEEDED' : 'FAILED';
    }
    // It never gets a place to run.
    if (end === 'EXPIRED') return age < startMs + runMs ? 'WAITING' : 'EXPIRED';
    if (age < startMs) return 'STARTING';
    return age < startMs + runMs ? 'RUNNING' : end;
  }

  function jobNamed(name: unknown): Answer {
    const job = jobs.get(String(name));
    if (job !== undefined) return job;
    throw new ServiceError('EntityNotFoundException', `Job with name: ${String(name)} not found.`);
  }

  function runOf(id: unknown): GlueRun {
    const run = runs.find((one) => one.id === id);
    if (run !== undefined) return run;
    throw new ServiceError('EntityNotFoundException', `JobRun ${String(id)} not found.`);
  }

  function described(run: GlueRun): Answer {
    const state = stateOf(run);
    const failed = state === 'FAILED' && run.exit !== undefined;
    const message = failed ? `SystemExit: ${String(run.exit)}` : run.behaviour.errorMessage;
    return {
      ...{ Id: run.id, Attempt: 0, JobName: run.job, Arguments: run.arguments },
      ...{ JobRunState: state, StartedOn: run.startedMs / 1000, LastModifiedOn: nowMs() / 1000 },
      ...(ENDED.includes(state) ? { CompletedOn: nowMs() / 1000, ExecutionTime: 30 } : {}),
      ...(message !== undefined && state !== 'SUCCEEDED' ? { ErrorMessage: message } : {}),
      ...{ GlueVersion: jobs.get(run.job)?.['GlueVersion'], Timeout: 480 },
    };
  }

  function start(body: Answer): Answer {
    const job = jobNamed(body['JobName']);
    const name = String(job['Name']);
    const most = (job['ExecutionProperty'] as { MaxConcurrentRuns?: number } | undefined)
      ?.MaxConcurrentRuns;
    const active = runs.filter((run) => run.job === name && !ENDED.includes(stateOf(run)));
    if (active.length >= (most ?? 1)) {
      throw new ServiceError(
        'ConcurrentRunsExceededException',
        `Concurrent runs exceeded for ${name}`,
      );
    }
    const given = { ...((body['Arguments'] ?? {}) as Record<string, string>) };
    const id = `jr_${createHash('sha256').update(String(runs.length)).digest('hex')}`;
    const run: GlueRun = {
      ...{ id, job: name, arguments: given, startedMs: nowMs(), behaviour: { ...behaviour } },
    };
    if (execute !== undefined) {
      const { ScriptLocation } = job['Command'] as { ScriptLocation: string };
      const defaults = (job['DefaultArguments'] ?? {}) as Record<string, string>;
      const all = { ...defaults, ...given };
      const own = { '--JOB_ID': 'j_1', '--JOB_NAME': name, '--JOB_RUN_ID': id };
      const argv = Object.entries({ ...own, ...all }).flat();
      run.execution = execute(ScriptLocation, argv, job);
      void run.execution.ended.then((code) => {
        run.exit = code;
      });
    }
    runs.push(run);
    return { JobRunId: id };
  }

  function stop(body: Answer): Answer {
    jobNamed(body['JobName']);
    const results = (body['JobRunIds'] as readonly string[]).map((id) => {
      const run = runOf(id);
      const at = { JobName: run.job, JobRunId: id };
      if (ENDED.includes(stateOf(run))) {
        const ErrorMessage = `JobRun ${id} is in a terminal state`;
        return { ...at, ErrorDetail: { ErrorCode: 'InvalidInputException', ErrorMessage } };
      }
      run.stoppedMs ??= nowMs();
      run.execution?.stop();
      return at;
    });
    return {
      SuccessfulSubmissions: results.filter((one) => !('ErrorDetail' in one)),
      Errors: results.filter((one) => 'ErrorDetail' in one),
    };
  }

  const service = await serveAwsJson(
    'AWSGlue',
    {
      CreateJob(body) {
        const Name = String(body['Name']);
        checkJob(body);
        if (jobs.has(Name)) {
          throw new ServiceError('IdempotentParameterMismatchException', `Job ${Name} exists`);
        }
        jobs.set(Name, { ...body, MaxCapacity: 2, CreatedOn: nowMs() / 1000 });
        return { Name };
      },
      UpdateJob(body) {
        const job = jobNamed(body['JobName']);
        const update = body['JobUpdate'] as Answer;
        checkJob(update);
        // What an update does not name is gone: so does Glue.
        jobs.set(String(job['Name']), { ...update, Name: job['Name'], MaxCapacity: 2 });
        return { JobName: job['Name'] };
      },
      GetJob: (body) => ({ Job: jobNamed(body['JobName'] ?? body['Name']) }),
      StartJobRun: start,
      GetJobRun(body) {
        jobNamed(body['JobName']);
        return { JobRun: described(runOf(body['RunId'])) };
      },
      GetJobRuns(body) {
        const job = jobNamed(body['JobName']);
        const shown = runs
          .filter((run) => run.job === job['Name'])
          .filter((run) => nowMs() - run.startedMs >= run.behaviour.hiddenMs)
          .reverse();
        const from = Number(body['NextToken'] ?? 0);
        const to = from + Number(body['MaxResults'] ?? 200);
        return {
          JobRuns: shown.slice(from, to).map(described),
          ...(to < shown.length ? { NextToken: String(to) } : {}),
        };
      },
      BatchStopJobRun: stop,
    },
    options.port,
  );
  return { ...service, behaviour, runs, jobs, stateOf };
}

function checkJob(job: Answer): void {
  const { ScriptLocation = '' } = (job['Command'] ?? {}) as { ScriptLocation?: string };
  if (!ScriptLocation.startsWith('s3://')) {
    throw new ServiceError('InvalidInputException', `Invalid script location: ${ScriptLocation}`);
  }
  if (typeof job['Role'] !== 'string' || job['Role'] === 'missing') {
    throw new ServiceError('InvalidInputException', 'Role should not be null or must exist');
  }
  if (job['MaxCapacity'] !== undefined && job['WorkerType'] !== undefined) {
    throw new ServiceError('InvalidInputException', 'Please set only Allocated or Worker Type');
  }
}
