import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

/** HTTP answers of a warehouse that starts, or has too much to do. */
const PASSING_STATUS = new Set([429, 502, 503, 504]);
/** A connection that may be there in a moment. */
const PASSING_CODE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE']);

/** Whether the same statement may well succeed a little later. */
export function isPassing(error: unknown): boolean {
  return (
    PASSING_STATUS.has(statusOf(error) ?? 0) ||
    PASSING_CODE.has(systemCodeOf(error) ?? '') ||
    /socket hang up|premature close/i.test(messageOf(error))
  );
}

/** Whether the statement failed because there is no such table. */
export function isTableMissing(error: unknown): boolean {
  return /TABLE_OR_VIEW_NOT_FOUND|DELTA_TABLE_NOT_FOUND|SQLSTATE: 42P01/.test(messageOf(error));
}

/**
 * What the driver threw, as an error of the target.
 *
 * @param place - the warehouse, for messages.
 */
export function warehouseError(error: unknown, place: string): JobError {
  if (error instanceof JobError) return error;
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return new JobError('TARGET_DENIED', `${place} answered ${String(status)}`, {
      hint: 'check that "warehouse.token" is still valid and that its owner has CAN USE on the warehouse',
      cause: error,
    });
  }
  if (status === 404) {
    return new JobError('TARGET_FAILED', `${place}: there is no such warehouse`, {
      hint: 'check "warehouse.http_path"; the warehouse shows it among its connection details',
      cause: error,
    });
  }
  const said = firstLine(messageOf(error));
  if (isPassing(error) || systemCodeOf(error) !== undefined) {
    return new JobError('TARGET_UNAVAILABLE', `${place}: ${said}`, {
      hint: 'check "warehouse.host", and that the warehouse can start',
      cause: error,
    });
  }
  if (/PERMISSION_DENIED|INSUFFICIENT_PERMISSIONS|INSUFFICIENT_PRIVILEGES|42501/.test(said)) {
    return new JobError('TARGET_DENIED', `${place}: ${said}`, {
      hint: 'docs/operations.md lists the privileges that each step needs',
      cause: error,
    });
  }
  return new JobError('TARGET_FAILED', `${place}: ${said}`, {
    hint: 'the message is of the warehouse; its query history has the statement',
    cause: error,
  });
}

/** The driver's HTTP error has the status, and its class is not exported. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** A server's message goes on with the plan and a stack. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 500);
}
