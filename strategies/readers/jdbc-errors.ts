import { type ErrorCode, JobError } from '../../core/errors.ts';
import { copyError, type Party } from '../postgres/errors.ts';

/** What a server's failure is called when it is read from and not loaded into. */
const OF_SOURCES: Partial<Record<ErrorCode, ErrorCode>> = {
  TARGET_UNAVAILABLE: 'SOURCE_UNAVAILABLE',
  TARGET_CONFLICT: 'SOURCE_UNAVAILABLE',
  LOCK_TIMEOUT: 'SOURCE_UNAVAILABLE',
  TARGET_DENIED: 'SOURCE_DENIED',
  TARGET_FAILED: 'SOURCE_UNREADABLE',
};
/** DuckDB's words for a name that the server does not have. */
const NO_SUCH_TABLE = /(?:Table|View) with name .* does not exist/;

/** A failure of the server, or of the engine that reads from it, as one of the source. */
export function readFailure(thrown: unknown, party?: Party): unknown {
  const error = party === undefined ? thrown : copyError(thrown, party);
  if (!(error instanceof JobError)) return error;
  if (NO_SUCH_TABLE.test(error.message)) {
    return new JobError(
      'SOURCE_NOT_FOUND',
      `${party?.target ?? 'the source'}: no such table or view`,
      {
        hint: 'check "source_table" and that the user may see it',
        cause: error,
      },
    );
  }
  const code = OF_SOURCES[error.code];
  if (code === undefined) return error;
  return new JobError(code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.cause ?? error,
  });
}
