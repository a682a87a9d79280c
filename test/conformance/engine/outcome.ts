import { JobError } from '../../../core/errors.ts';

/** `no error`, the code of a JobError, or the text of any other. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof JobError ? error.code : `an error without a code: ${String(error)}`,
  );
}
