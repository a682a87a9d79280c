/**
 * Every error a person can meet. `exitCode` is what orchestrators act on: 1 failed, 2 bad arguments
 * or config, 3 worth a retry, 4 data quality, 5 lost the lease to a newer attempt.
 * `docs/errors.md` explains each one; a test holds the two together.
 */
export const ERROR_CODES = {
  ARGUMENTS_INVALID: { exitCode: 2, retryable: false },
  CONFIG_INVALID: { exitCode: 2, retryable: false },
  DAG_INVALID: { exitCode: 2, retryable: false },
  JOB_UNKNOWN: { exitCode: 2, retryable: false },
  NOT_SUPPORTED: { exitCode: 2, retryable: false },
  ENGINE_UNSUPPORTED: { exitCode: 2, retryable: false },
  PLAN_INVALID: { exitCode: 2, retryable: false },
  NODE_MISSING: { exitCode: 2, retryable: false },
  BUNDLE_MISSING: { exitCode: 2, retryable: false },
  BUNDLE_CHANGED: { exitCode: 2, retryable: false },
  SPARK_MISSING: { exitCode: 2, retryable: false },
  SPARK_REFUSED: { exitCode: 2, retryable: false },
  SPARK_TOO_OLD: { exitCode: 2, retryable: false },
  SECRET_MISSING: { exitCode: 2, retryable: false },
  WINDOW_INVALID: { exitCode: 2, retryable: false },
  APPEND_UNALIGNED: { exitCode: 2, retryable: false },
  APPEND_REPEATED: { exitCode: 2, retryable: false },
  RUN_UNKNOWN: { exitCode: 2, retryable: false },
  SUBMIT_REFUSED: { exitCode: 2, retryable: false },
  REPLAY_REFUSED: { exitCode: 1, retryable: false },
  LEDGER_EMPTY: { exitCode: 1, retryable: false },
  NOTIFICATION_REFUSED: { exitCode: 1, retryable: false },
  SOURCE_NOT_FOUND: { exitCode: 1, retryable: false },
  SOURCE_DENIED: { exitCode: 1, retryable: false },
  SOURCE_UNREADABLE: { exitCode: 1, retryable: false },
  TARGET_DENIED: { exitCode: 1, retryable: false },
  TARGET_FAILED: { exitCode: 1, retryable: false },
  DISK_FULL: { exitCode: 1, retryable: false },
  ENGINE_FAILED: { exitCode: 1, retryable: false },
  EXTENSION_MISSING: { exitCode: 1, retryable: false },
  NODE_TOO_OLD: { exitCode: 1, retryable: false },
  STORE_FAILED: { exitCode: 1, retryable: false },
  PLATFORM_DENIED: { exitCode: 1, retryable: false },
  REMOTE_FAILED: { exitCode: 1, retryable: false },
  INTERNAL: { exitCode: 1, retryable: false },
  SOURCE_UNAVAILABLE: { exitCode: 3, retryable: true },
  SOURCE_CHANGED: { exitCode: 3, retryable: true },
  TARGET_UNAVAILABLE: { exitCode: 3, retryable: true },
  TARGET_CONFLICT: { exitCode: 3, retryable: true },
  SECRET_UNAVAILABLE: { exitCode: 3, retryable: true },
  NOTIFICATION_FAILED: { exitCode: 3, retryable: true },
  SPARK_NOT_STARTED: { exitCode: 3, retryable: true },
  SPARK_UNREACHABLE: { exitCode: 3, retryable: true },
  SPARK_SESSION_LOST: { exitCode: 3, retryable: true },
  ENGINE_OUT_OF_MEMORY: { exitCode: 3, retryable: true },
  LOCK_TIMEOUT: { exitCode: 3, retryable: true },
  PLATFORM_UNAVAILABLE: { exitCode: 3, retryable: true },
  PLATFORM_BUSY: { exitCode: 3, retryable: true },
  PLATFORM_FAILED: { exitCode: 3, retryable: true },
  SUBMIT_UNCERTAIN: { exitCode: 3, retryable: true },
  REMOTE_LOST: { exitCode: 3, retryable: true },
  REMOTE_UNPROVEN: { exitCode: 3, retryable: true },
  STOP_UNCONFIRMED: { exitCode: 3, retryable: true },
  TIMED_OUT: { exitCode: 3, retryable: true },
  RANGE_LOST: { exitCode: 4, retryable: false },
  SOURCE_SCHEMA: { exitCode: 4, retryable: false },
  VALUE_INVALID: { exitCode: 4, retryable: false },
  TARGET_SCHEMA: { exitCode: 4, retryable: false },
  MERGE_KEY_INVALID: { exitCode: 4, retryable: false },
  PRODUCTS_NOT_UNIQUE: { exitCode: 4, retryable: false },
  QUALITY_FAILED: { exitCode: 4, retryable: false },
  QUARANTINE_LIMIT: { exitCode: 4, retryable: false },
  ACCOUNTING_BROKEN: { exitCode: 4, retryable: false },
  LEASE_LOST: { exitCode: 5, retryable: false },
  INTERRUPTED: { exitCode: 130, retryable: true },
  REMOTE_CANCELLED: { exitCode: 143, retryable: true },
  TERMINATED: { exitCode: 143, retryable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface JobErrorOptions {
  /** The next action, naming the accepted choices. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** How long the server wants to be left alone before another try. */
  readonly retryAfterMs?: number;
}

/** The one error class. The message is lower case, says what failed and quotes the offending value. */
export class JobError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, options: JobErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobError';
    this.code = code;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/**
 * Any thrown value as a JobError: what nobody classified is INTERNAL, with the cause kept. Of a failure
 * and those of the clean-up after it, the first is told.
 */
export function toJobError(thrown: unknown): JobError {
  if (thrown instanceof JobError) return thrown;
  if (thrown instanceof SuppressedError) return toJobError(thrown.suppressed);
  return new JobError('INTERNAL', messageOf(thrown), {
    hint: 'run again with --verbose and report what it prints',
    cause: thrown,
  });
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` that Node and Postgres put on their errors (`ENOSPC`, `28P01`), if there is one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
