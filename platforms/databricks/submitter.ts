import type { Clock } from '../../core/clock.ts';
import { JobError, messageOf } from '../../core/errors.ts';
import { isRemoteEnd, type RemoteRun, type Submitter } from '../../core/submitter.ts';
import {
  callOnce,
  type DatabricksAnswer,
  type DatabricksCall,
  isObject,
  messageIn,
  originOf,
  parsed,
  type Workspace,
} from './client.ts';
import { databricksError, isNotThere, isRefusal } from './errors.ts';
import { filesApi } from './files.ts';
import { runMark, startRequest } from './request.ts';
import type { DatabricksSettings } from './settings.ts';
import { databricksStatus, type RunReport } from './states.ts';

const JOBS = '/api/2.2/jobs';
/** A call without an answer is given up after this long. */
const ANSWER_MS = 30_000;
/** How long a new run may be missing from the list: nothing is said of that; Glue takes as long. */
const LAG_MS = 20_000;
/** The most that `runs/list` gives at once. */
const PAGE = '24';
const MESSAGE_LENGTH = 500;

export interface DatabricksPlace {
  readonly settings: DatabricksSettings;
  readonly workspace: Workspace;
  readonly clock: Clock;
}

interface Run extends RunReport {
  readonly run_id?: number;
  readonly run_name?: string;
  readonly overriding_parameters?: unknown;
  readonly job_parameters?: unknown;
  readonly tasks?: readonly (RunReport & { readonly run_id?: number })[];
}

interface Output {
  readonly error?: string;
  readonly logs?: string;
}

/**
 * Sends runs to the Jobs API of a workspace. Databricks gives the same run back to every call with its
 * token, however old that run is; the list of runs is only asked where nothing may be started.
 */
export function databricksSubmitter(place: DatabricksPlace): Submitter & Disposable {
  const { settings, workspace, clock } = place;
  const what = `the workspace "${workspace.host}"`;
  /** Of runs that have ended. */
  const outputs = new Map<string, Output>();

  async function answered(call: DatabricksCall, signal: AbortSignal): Promise<DatabricksAnswer> {
    signal.throwIfAborted();
    assertNamed(workspace);
    try {
      return await callOnce(workspace, call, ANSWER_MS, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(workspace, error);
    }
  }

  const failed = (answer: DatabricksAnswer) => databricksError(answer, what, clock.now());

  async function done(call: DatabricksCall, signal: AbortSignal): Promise<unknown> {
    const answer = await answered(call, signal);
    if (answer.status !== 200 || !isObject(answer.bytes)) throw failed(answer);
    return parsed(answer.bytes);
  }

  async function runOf(remoteId: string, signal: AbortSignal): Promise<Run> {
    const query = { run_id: remoteId };
    const call = { method: 'GET', path: `${JOBS}/runs/get`, query } as const;
    const answer = await answered(call, signal);
    if (answer.status === 200 && isObject(answer.bytes)) return parsed(answer.bytes);
    if (!isNotThere(answer)) throw failed(answer);
    throw new JobError('REMOTE_LOST', `${what} has no run "${remoteId}"`, {
      hint: 'check the host; Databricks forgets runs after 60 days',
    });
  }

  /** What the task has left behind; nothing of it decides anything. */
  async function outputOf(run: Run, signal: AbortSignal): Promise<Output> {
    const tasks = run.tasks ?? [];
    const failing = tasks.find((task) => databricksStatus(task).state !== 'SUCCEEDED') ?? tasks[0];
    const query = { run_id: String(failing?.run_id ?? run.run_id) };
    const call = { method: 'GET', path: `${JOBS}/runs/get-output`, query } as const;
    try {
      return (await done(call, signal)) as Output;
    } catch (error) {
      signal.throwIfAborted();
      return { error: `its output cannot be had: ${messageOf(error)}` };
    }
  }

  return {
    name: 'Databricks',
    settleMs: ANSWER_MS + LAG_MS,
    honoursToken: true,

    requests(submission) {
      const { method, body } = startRequest(settings, submission);
      return [{ operation: pathOf(method), body }];
    },

    async prepare(_, signal) {
      const { wheels, pythonFile } = settings;
      for (const path of [...wheels, ...(pythonFile === undefined ? [] : [pythonFile])]) {
        if (!path.startsWith('/Volumes/')) continue;
        const call = { method: 'HEAD', path: filesApi('files', path) } as const;
        const { status } = await answered(call, signal);
        // Who submits need not be able to read what the run reads.
        if (status !== 404) continue;
        throw new JobError('SUBMIT_REFUSED', `${what} has no "${path}"`, {
          hint: 'dray package --upload brings it there, and prints its path',
        });
      }
    },

    async start(submission, signal) {
      const { method, body } = startRequest(settings, submission);
      const answer = await answered({ method: 'POST', path: pathOf(method), json: body }, signal);
      const { run_id: id } = parsed(answer.bytes);
      if (answer.status === 200 && Number.isSafeInteger(id)) return { remoteId: String(id) };
      if (answer.status === 200 && isObject(answer.bytes)) {
        throw new JobError('PLATFORM_UNAVAILABLE', `${what}: the answer has no run_id`);
      }
      if (isRefusal(answer)) return { refused: failed(answer) };
      throw failed(answer);
    },

    async find(token, since, signal) {
      let pageToken = '';
      do {
        const page = (await done(listCall(settings, since, pageToken), signal)) as {
          readonly runs?: readonly Run[];
          readonly next_page_token?: string;
        };
        const run = page.runs?.find((one) => isOf(one, token));
        if (run?.run_id !== undefined) return { remoteId: String(run.run_id) } satisfies RemoteRun;
        pageToken = page.next_page_token ?? '';
      } while (pageToken !== '');
      return undefined;
    },

    async status(remoteId, signal) {
      const run = await runOf(remoteId, signal);
      const status = databricksStatus(run);
      if (!isRemoteEnd(status.state)) return status;
      const output = outputs.get(remoteId) ?? (await outputOf(run, signal));
      outputs.set(remoteId, output);
      if (status.state === 'SUCCEEDED') return status;
      const said = [status.message, output.error].filter((text) => text !== undefined);
      const message = [...new Set(said)].join('; ').slice(0, MESSAGE_LENGTH);
      return { ...status, ...(message === '' ? {} : { message }) };
    },

    async requestCancel(remoteId, signal) {
      const json = { run_id: Number(remoteId) };
      const call = { method: 'POST', path: `${JOBS}/runs/cancel`, json } as const;
      const answer = await answered(call, signal);
      // A run that has ended already: whoever waits for its end will see it.
      const isOver =
        answer.errorCode === 'INVALID_STATE' || /terminal/i.test(messageIn(answer.bytes));
      if (answer.status !== 200 && !isOver) throw failed(answer);
    },

    // Databricks hands out what a task has printed only when it has ended, all at once.
    logs(remoteId, cursor) {
      const output = outputs.get(remoteId);
      if (output === undefined || cursor !== undefined) return Promise.resolve({ lines: [] });
      const lines = (output.logs ?? '').split('\n').filter((line) => line !== '');
      return Promise.resolve({ lines, cursor: 'end' });
    },

    async readFile(path, signal) {
      const answer = await answered({ method: 'GET', path: filesApi('files', path) }, signal);
      if (answer.status === 200) return answer.bytes;
      if (answer.status === 404) return undefined;
      throw failed(answer);
    },

    [Symbol.dispose]: () => undefined,
  };
}

function pathOf(method: 'submit' | 'run-now'): string {
  return method === 'submit' ? `${JOBS}/runs/submit` : `${JOBS}/run-now`;
}

function listCall({ jobId }: DatabricksSettings, since: Date, pageToken: string): DatabricksCall {
  const query = {
    limit: PAGE,
    start_time_from: String(since.getTime()),
    ...(jobId === undefined ? { run_type: 'SUBMIT_RUN' } : { job_id: jobId }),
    ...(pageToken === '' ? {} : { page_token: pageToken }),
  };
  return { method: 'GET', path: `${JOBS}/runs/list`, query };
}

function isOf(run: Run, token: string): boolean {
  if (run.run_name?.endsWith(runMark(token)) === true) return true;
  return JSON.stringify([run.overriding_parameters, run.job_parameters]).includes(token);
}

function assertNamed({ host, token }: Workspace): void {
  if (host !== '' && token !== '') return;
  const missing = host === '' ? 'DATABRICKS_HOST' : 'DATABRICKS_TOKEN';
  throw new JobError('PLATFORM_DENIED', `${missing} is not set`, {
    hint: 'set DATABRICKS_HOST, or "host" in the settings, and DATABRICKS_TOKEN',
  });
}

function unreachable({ host }: Workspace, error: unknown): JobError {
  // `fetch` says why in its cause.
  const { cause } = error as { readonly cause?: unknown };
  const why = messageOf(cause ?? error);
  return new JobError('PLATFORM_UNAVAILABLE', `"${originOf(host)}" does not answer: ${why}`, {
    hint: 'check the host and the network; then submit the same run again',
    cause: error,
  });
}
