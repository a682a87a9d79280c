import type { Clock } from '../../core/clock.ts';
import { JobError, messageOf } from '../../core/errors.ts';
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

const ANSWER_MS = 300_000;
const BACKOFF = { tries: 6, firstMs: 500, maxMs: 30_000 };
const BUSY = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Talks to a workspace. What is worth another try gets one, a few times.
 *
 * @param random - a number in [0, 1).
 * @throws JobError `TARGET_DENIED` for a token that is refused; `TARGET_UNAVAILABLE` when the workspace
 *   does not answer or is busy.
 */
export function databricks(
  { host, token }: Workspace,
  clock: Clock,
  random: () => number,
): Databricks {
  const origin = /^https?:\/\//.test(host) ? host : `https://${host}`;
  async function once(call: DatabricksCall, signal: AbortSignal): Promise<DatabricksAnswer> {
    const url = new URL(call.path, origin);
    url.search = new URLSearchParams(call.query).toString();
    const body = call.bytes ?? (call.json === undefined ? null : JSON.stringify(call.json));
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await fetch(url, {
        method: call.method,
        body: body as string | Uint8Array<ArrayBuffer> | null,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type':
            call.bytes === undefined ? 'application/json' : 'application/octet-stream',
        },
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      signal.throwIfAborted();
      throw unavailable(`"${origin}" does not answer: ${messageOf(cause)}`, cause);
    }
    const { status, headers } = response;
    const what = `Databricks answered ${String(status)} to ${call.method} ${call.path}`;
    if (BUSY.has(status)) throw unavailable(what);
    if (status === 401 || status === 403) {
      throw new JobError('TARGET_DENIED', what, {
        hint: 'check DATABRICKS_TOKEN, and what its owner may do there',
      });
    }
    return { status, headers, bytes, errorCode: status < 400 ? '' : errorCodeOf(bytes) };
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

function messageIn(bytes: Uint8Array): string {
  const message = parsed(bytes)['message'];
  return typeof message === 'string' ? message.slice(0, 500) : 'no message';
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

function unavailable(message: string, cause?: unknown): JobError {
  return new JobError('TARGET_UNAVAILABLE', message, {
    hint: 'check DATABRICKS_HOST and that the workspace is within reach; then run again',
    cause,
  });
}
