import type { Clock } from '../../core/clock.ts';
import { JobError, type JobErrorOptions, messageOf } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';

export interface Workspace {
  /** With or without `https://`. */
  readonly host: string;
  readonly token: string;
}

export interface DatabricksCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** From the root, its parts encoded: `/api/2.0/...`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

export interface DatabricksAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** `error_code` of an answer that is an error. */
  readonly errorCode: string;
}

/** One call of a workspace's REST API; an answer that is an error comes back as an answer. */
export type Databricks = (call: DatabricksCall, signal: AbortSignal) => Promise<DatabricksAnswer>;

/** Of a call that may carry a file. */
const ANSWER_MS = 300_000;
const BACKOFF = { tries: 6, firstMs: 500, maxMs: 30_000 };
const BUSY = new Set([408, 429, 500, 502, 503, 504]);
const MOST_RETRY_AFTER_MS = 300_000;

/**
 * One call, sent once, whatever the answer. A redirect is an answer too: a workspace has none.
 *
 * @throws what `fetch` throws when there is no answer in time; the signal's reason.
 */
export async function callOnce(
  { host, token }: Workspace,
  call: DatabricksCall,
  answerMs: number,
  signal: AbortSignal,
): Promise<DatabricksAnswer> {
  const url = new URL(call.path, originOf(host));
  url.search = new URLSearchParams(call.query).toString();
  const body = call.bytes ?? (call.json === undefined ? null : JSON.stringify(call.json));
  const response = await fetch(url, {
    method: call.method,
    body: body as string | Uint8Array<ArrayBuffer> | null,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': call.bytes === undefined ? 'application/json' : 'application/octet-stream',
    },
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  return { status, headers, bytes, errorCode: status < 400 ? '' : errorCodeOf(bytes) };
}

export function originOf(host: string): string {
  return /^https?:\/\//.test(host) ? host : `https://${host}`;
}

/** Whether another try may well be answered. */
export function isBusy({ status }: DatabricksAnswer): boolean {
  return BUSY.has(status);
}

/** What `Retry-After` asks for, in milliseconds: it has seconds, or a date. */
export function retryAfterMs({ headers }: DatabricksAnswer, now: Date): number {
  const text = headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), MOST_RETRY_AFTER_MS);
}

/**
 * Talks to a workspace. What is worth another try gets one, a few times.
 *
 * @param random - a number in [0, 1).
 * @throws JobError `TARGET_DENIED` for a token that is refused; `TARGET_UNAVAILABLE` when the workspace
 *   does not answer or is busy.
 */
export function databricks(workspace: Workspace, clock: Clock, random: () => number): Databricks {
  async function once(call: DatabricksCall, signal: AbortSignal): Promise<DatabricksAnswer> {
    let answer: DatabricksAnswer;
    try {
      answer = await callOnce(workspace, call, ANSWER_MS, signal);
    } catch (cause) {
      signal.throwIfAborted();
      const message = `"${originOf(workspace.host)}" does not answer: ${messageOf(cause)}`;
      throw unavailable(message, { cause });
    }
    const { status } = answer;
    const what = `Databricks answered ${String(status)} to ${call.method} ${call.path}`;
    if (isBusy(answer)) {
      throw unavailable(what, { retryAfterMs: retryAfterMs(answer, clock.now()) });
    }
    if (status === 401 || status === 403) {
      throw new JobError('TARGET_DENIED', what, {
        hint: 'check DATABRICKS_TOKEN, and what its owner may do there',
      });
    }
    return answer;
  }
  return async (call, signal) =>
    await retry(
      async () => await once(call, signal),
      (error) => error instanceof JobError && error.retryable,
      BACKOFF,
      clock,
      random,
      signal,
    );
}

/** An answer that nobody has foreseen. */
export function unexpected(call: string, { status, errorCode, bytes }: DatabricksAnswer): JobError {
  const code = errorCode === '' ? String(status) : `${String(status)} ${errorCode}`;
  return new JobError(
    'TARGET_FAILED',
    `${call}: Databricks answered ${code}: ${messageIn(bytes)}`,
    {
      hint: 'check the path, and that the workspace of DATABRICKS_HOST has it',
    },
  );
}

function errorCodeOf(bytes: Uint8Array): string {
  const code = parsed(bytes)['error_code'];
  return typeof code === 'string' ? code : '';
}

/** What the answer itself says. */
export function messageIn(bytes: Uint8Array): string {
  const message = parsed(bytes)['message'];
  return typeof message === 'string' ? message.slice(0, 500) : 'no message';
}

export function isObject(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(Buffer.from(bytes.subarray(0, 100)).toString());
}

/** The answer's JSON object; an empty one when it is none. */
export function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function unavailable(message: string, options: JobErrorOptions): JobError {
  return new JobError('TARGET_UNAVAILABLE', message, {
    hint: 'check DATABRICKS_HOST and that the workspace is within reach; then run again',
    ...options,
  });
}
