import { type ErrorCode, JobError, messageOf } from '../../core/errors.ts';

/** Whether the catalog is read from or kept up to date. */
export type Side = 'SOURCE' | 'TARGET';

const DENIED =
  /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|CredentialsProvider|InvalidClientToken/;

/** Whether Glue has no such database, table or partition. */
export function isNotFound(error: unknown): boolean {
  return nameOf(error) === 'EntityNotFoundException';
}

/** @param what - the table, for messages. */
export function glueError(error: unknown, what: string, side: Side): JobError {
  if (error instanceof JobError) return error;
  const said = `${what}: ${messageOf(error)}`;
  const name = nameOf(error);
  if (DENIED.test(name)) {
    return new JobError(`${side}_DENIED`, said, {
      hint: 'check the credentials; docs/operations.md has the IAM policy, and Lake Formation may ask for more',
      cause: error,
    });
  }
  const status = statusOf(error);
  // The client has tried throttled calls and server errors again already.
  if (status === undefined || status >= 500 || status === 429 || /Throttl|Timeout/.test(name)) {
    return new JobError(`${side}_UNAVAILABLE`, said, {
      hint: 'check the region (AWS_REGION) and that Glue is within reach; then run again',
      cause: error,
    });
  }
  const code: ErrorCode = side === 'SOURCE' ? 'SOURCE_UNREADABLE' : 'TARGET_FAILED';
  return new JobError(code, said, { hint: 'the message is that of Glue', cause: error });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode;
}
