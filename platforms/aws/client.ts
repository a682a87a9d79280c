import { awsError } from './errors.ts';

const CONNECT_MS = 5_000;
/** A call without an answer is given up after this long. */
const ANSWER_MS = 15_000;
/** How long AWS's lists have been seen to lack a new run: ten seconds, and as much again. */
const LAG_MS = 20_000;
/** How long after a call has begun its run may still be missing from a list. */
export const SETTLE_MS = ANSWER_MS + LAG_MS;

/** @param endpoint - a server other than AWS's; the SDK takes `AWS_ENDPOINT_URL_*` by itself. */
export function clientOptions(region: string | undefined, endpoint: string | undefined) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Whether a call may be repeated is decided by those who make it, not in the SDK.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  };
}

/**
 * Calls AWS.
 *
 * @param what - of the user's the call is about: `the Glue job "x"`.
 * @throws JobError for what AWS answers; the signal's reason.
 */
export async function asked<T>(
  what: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw awsError(error, what);
  }
}
