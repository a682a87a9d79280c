import { JobError } from '../../core/errors.ts';
import { copyError, type Party } from '../postgres/errors.ts';
import { sourceFailure } from './of-source.ts';

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
  return sourceFailure(error);
}
