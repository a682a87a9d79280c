import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import {
  type Answer,
  type Asked,
  type JsonService,
  serveAws,
  ServiceError,
} from '../../platforms/twins/aws-json.ts';
import type { Execution } from '../../platforms/twins/glue.ts';

/** How a run goes; all times in milliseconds of the clock. */
export interface ServerlessBehaviour {
  /** In each of the states before it runs. */
  startMs: number;
  runMs: number;
  stopMs: number;
  /** New runs are missing from ListJobRuns for so long. */
  hiddenMs: number;
  /** State of a run that nobody has cancelled, when it is over. */
  end: string;
  details?: string;
  /** Runs that may be active at once; more are refused. */
  mostRuns: number;
}

export interface ServerlessRun {
  readonly id: string;
  readonly request: Answer;
  readonly createdMs: number;
  readonly behaviour: Readonly<ServerlessBehaviour>;
  cancelledMs?: number;
  /** What a cancelled run was given to end in. */
  graceS?: string;
  execution?: Execution;
  exit?: number;
}

export interface ServerlessTwin extends JsonService {
  readonly behaviour: ServerlessBehaviour;
  readonly runs: readonly ServerlessRun[];
  argumentsOf(run: ServerlessRun): readonly string[];
  stateOf(run: ServerlessRun): string;
}

export interface ServerlessTwinOptions {
  readonly clock: Clock;
  readonly port?: number;
  /** Does the work of a run; without it, time alone does. */
  readonly execute?: (script: string, args: readonly string[], runId: string) => Execution;
}

/** The one application that is there. */
export const APPLICATION = '00f5abcdefgh1234';
const BEFORE = ['SUBMITTED', 'PENDING', 'SCHEDULED'] as const;
const ENDS = ['SUCCESS', 'FAILED', 'CANCELLED'];
const ACCOUNT = 'arn:aws:emr-serverless:eu-central-1:123456789012';

/**
 * EMR Serverless, as far as runs of one application go, with its states, client tokens and refusals.
 *
 * @see https://docs.aws.amazon.com/emr-serverless/latest/APIReference/Welcome.html
 */
export async function startServerlessTwin(options: ServerlessTwinOptions): Promise<ServerlessTwin> {
  const { clock, port = 0, execute } = options;
  const runs: ServerlessRun[] = [];
  const behaviour: ServerlessBehaviour = {
    ...{ startMs: 2_000, runMs: 30_000, stopMs: 2_000, hiddenMs: 0 },
    ...{ end: 'SUCCESS', mostRuns: 1000 },
  };
  const nowMs = () => clock.now().getTime();

  function stateOf(run: ServerlessRun): string {
    const { startMs, runMs, stopMs, end } = run.behaviour;
    if (run.cancelledMs !== undefined) {
      const isOver = nowMs() - run.cancelledMs >= stopMs;
      const isGone = run.execution === undefined || run.exit !== undefined;
      return isOver && isGone ? 'CANCELLED' : 'CANCELLING';
    }
    if (run.execution !== undefined) {
      if (run.exit === undefined) return 'RUNNING';
      return run.exit === 0 ? 'SUCCESS' : 'FAILED';
    }
    const age = nowMs() - run.createdMs;
    const before = BEFORE[Math.floor(age / startMs)];
    if (before !== undefined) return before;
    return age < BEFORE.length * startMs + runMs ? 'RUNNING' : end;
  }

  function runOf({ applicationId, jobRunId }: Answer): ServerlessRun {
    assertApplication(applicationId);
    const run = runs.find(({ id }) => id === jobRunId);
    if (run !== undefined) return run;
    const message = `Job run ${String(jobRunId)} does not exist`;
    throw new ServiceError('ResourceNotFoundException', message, 404);
  }

  function described(run: ServerlessRun): Answer {
    const { request } = run;
    const state = stateOf(run);
    const exit = run.exit === undefined ? undefined : `exit code ${String(run.exit)}`;
    const details = state === 'FAILED' ? (exit ?? run.behaviour.details) : undefined;
    return {
      ...{ applicationId: APPLICATION, jobRunId: run.id, id: run.id, name: request['name'] },
      ...{ arn: `${ACCOUNT}:/applications/${APPLICATION}/jobruns/${run.id}`, state },
      ...{ createdBy: 'arn:aws:iam::123456789012:user/test', stateDetails: details ?? '' },
      ...{ createdAt: run.createdMs / 1000, updatedAt: nowMs() / 1000, type: 'Spark' },
      ...{ executionRole: request['executionRoleArn'], releaseLabel: 'emr-7.5.0' },
      ...{ jobDriver: request['jobDriver'], tags: request['tags'] ?? {} },
    };
  }

  function start(body: Answer): Answer {
    assertApplication(body['applicationId']);
    const { clientToken, executionRoleArn, jobDriver } = body;
    if (
      typeof clientToken !== 'string' ||
      executionRoleArn === undefined ||
      jobDriver === undefined
    ) {
      throw refused('clientToken, executionRoleArn and jobDriver have to be there');
    }
    if (typeof executionRoleArn === 'string' && executionRoleArn.endsWith('/missing')) {
      throw refused(`The execution role ${executionRoleArn} cannot be assumed`);
    }
    const known = runs.find(({ request }) => request['clientToken'] === clientToken);
    if (known !== undefined) {
      if (JSON.stringify(known.request) === JSON.stringify(body)) return started(known);
      throw new ServiceError(
        'ConflictException',
        'The client token is that of another request',
        409,
      );
    }
    if (runs.filter((run) => !ENDS.includes(stateOf(run))).length >= behaviour.mostRuns) {
      throw new ServiceError('ServiceQuotaExceededException', 'Too many runs', 402);
    }
    const id = (runs.length + 1).toString(36).padStart(16, '0');
    const run: ServerlessRun = {
      ...{ id, request: body, createdMs: nowMs(), behaviour: { ...behaviour } },
    };
    const { entryPoint } = submitOf(run);
    if (execute !== undefined) {
      run.execution = execute(entryPoint, argumentsOf(run), id);
      void run.execution.ended.then((code) => {
        run.exit = code;
      });
    }
    runs.push(run);
    return started(run);
  }

  const service = await serveAws(
    {
      GetApplication({ applicationId }) {
        assertApplication(applicationId);
        const arn = `${ACCOUNT}:/applications/${APPLICATION}`;
        const made = { createdAt: nowMs() / 1000, updatedAt: nowMs() / 1000 };
        const application = { applicationId, arn, ...made, releaseLabel: 'emr-7.5.0' };
        return { application: { ...application, type: 'Spark', state: 'STARTED' } };
      },
      StartJobRun: start,
      GetJobRun: (body) => ({ jobRun: described(runOf(body)) }),
      CancelJobRun(body) {
        const run = runOf(body);
        const state = stateOf(run);
        if (ENDS.includes(state)) throw refused(`A run in state ${state} cannot be cancelled`);
        run.cancelledMs ??= nowMs();
        run.graceS ??= (body['shutdownGracePeriodInSeconds'] as string | undefined) ?? '0';
        run.execution?.stop();
        return { applicationId: APPLICATION, jobRunId: run.id };
      },
      ListJobRuns(body) {
        assertApplication(body['applicationId']);
        const { createdAtAfter = '1970-01-01T00:00:00Z' } = body as { createdAtAfter?: string };
        const after = Date.parse(createdAtAfter);
        const shown = runs
          .filter(({ createdMs }) => createdMs >= after)
          .filter((run) => nowMs() - run.createdMs >= run.behaviour.hiddenMs)
          .toReversed();
        const from = Number(body['nextToken'] ?? 0);
        const to = from + Number(body['maxResults'] ?? 50);
        return {
          jobRuns: shown.slice(from, to).map(described),
          ...(to < shown.length ? { nextToken: String(to) } : {}),
        };
      },
    },
    port,
    routed,
  );
  return { ...service, behaviour, runs, argumentsOf, stateOf };
}

function routed({ method = '', url = '' }: IncomingMessage): Asked | undefined {
  const { pathname, searchParams } = new URL(url, 'http://twin');
  const found = /^\/applications\/([^/]+)(?:(\/jobruns)(?:\/([^/]+))?)?$/.exec(pathname);
  if (found === null) return undefined;
  const [, applicationId, runs, jobRunId] = found;
  if (runs === undefined) {
    return { operation: method === 'GET' ? 'GetApplication' : '', input: { applicationId } };
  }
  const operations: Readonly<Record<string, string>> =
    jobRunId === undefined
      ? { POST: 'StartJobRun', GET: 'ListJobRuns' }
      : { GET: 'GetJobRun', DELETE: 'CancelJobRun' };
  const input = { ...Object.fromEntries(searchParams), applicationId };
  return {
    operation: operations[method] ?? '',
    input: jobRunId === undefined ? input : { ...input, jobRunId },
  };
}

interface SparkSubmit {
  readonly entryPoint: string;
  readonly entryPointArguments?: readonly string[];
}

function submitOf({ request }: ServerlessRun): SparkSubmit {
  return (request['jobDriver'] as { readonly sparkSubmit: SparkSubmit }).sparkSubmit;
}

function argumentsOf(run: ServerlessRun): readonly string[] {
  return submitOf(run).entryPointArguments ?? [];
}

function started({ id }: ServerlessRun): Answer {
  const arn = `${ACCOUNT}:/applications/${APPLICATION}/jobruns/${id}`;
  return { applicationId: APPLICATION, jobRunId: id, arn };
}

function assertApplication(id: unknown): void {
  if (id === APPLICATION) return;
  const message = `Application ${String(id)} does not exist`;
  throw new ServiceError('ResourceNotFoundException', message, 404);
}

function refused(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
