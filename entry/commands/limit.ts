import { JobError } from '../../core/errors.ts';

/** How many records a list shows. */
export const LIMIT = { type: 'number', default: 20, describe: 'at most this many' } as const;

/** @throws JobError `ARGUMENTS_INVALID` for what is no number of records. */
export function assertLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1) return;
  throw new JobError('ARGUMENTS_INVALID', '--limit is not a positive whole number', {
    hint: 'for example --limit 50',
  });
}
