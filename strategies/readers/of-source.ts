import { type ErrorCode, JobError } from '../../core/errors.ts';

/** What a failure is called when it is read from and not loaded into. */
const OF_SOURCES: Partial<Record<ErrorCode, ErrorCode>> = {
  TARGET_UNAVAILABLE: 'SOURCE_UNAVAILABLE',
  TARGET_CONFLICT: 'SOURCE_UNAVAILABLE',
  LOCK_TIMEOUT: 'SOURCE_UNAVAILABLE',
  TARGET_DENIED: 'SOURCE_DENIED',
  TARGET_FAILED: 'SOURCE_UNREADABLE',
};
const NO_BUCKET = 'there is no bucket';

/** What a storage gives, its failures told as those of a source. */
export async function ofSource<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw sourceFailure(error);
  }
}

/** The same failure under the code that it has for a source, if it has one. */
export function sourceFailure(error: unknown): unknown {
  if (!(error instanceof JobError)) return error;
  const code = error.message.startsWith(NO_BUCKET) ? 'SOURCE_NOT_FOUND' : OF_SOURCES[error.code];
  if (code === undefined) return error;
  return new JobError(code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.cause ?? error,
  });
}
