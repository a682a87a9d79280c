import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

/** An error of the file system as users have to understand it. */
export function storageError(root: string, key: string, error: unknown): JobError {
  if (error instanceof JobError) return error;
  const where = key === '' ? `"${root}"` : `"${key}" in "${root}"`;
  switch (systemCodeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new JobError('DISK_FULL', `no space left for ${where}`, {
        hint: 'free some space there, or choose another path; what was there before is unchanged',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new JobError('TARGET_DENIED', `no permission for ${where}: ${messageOf(error)}`, {
        hint: 'let the user who runs the job read and write that folder, or choose another path',
        cause: error,
      });
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
      return new JobError(
        'TARGET_FAILED',
        `a file stands where a folder is needed, or the other way round: ${where}`,
        {
          hint: 'move it away, or choose another path',
          cause: error,
        },
      );
    default:
      return new JobError('TARGET_FAILED', `storage failed for ${where}: ${messageOf(error)}`, {
        hint: 'check that the folder is on a working disk',
        cause: error,
      });
  }
}

/** True when the file system says that there is no such file (or no folder that could hold it). */
export function isMissing(error: unknown): boolean {
  return systemCodeOf(error) === 'ENOENT';
}

/** What `work` gives, or undefined when there is no such file. */
export async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
