import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobError } from '../../core/errors.ts';

/**
 * The local path that a location names: a plain path, `/Volumes/...`, or a `file:` URL.
 *
 * @throws JobError `NOT_SUPPORTED` for any other scheme; `CONFIG_INVALID` for a URL that is broken.
 */
export function localPath(location: string): string {
  if (location === '') {
    throw new JobError('CONFIG_INVALID', 'a storage location is empty', {
      hint: 'write a path such as "/data/promotions"',
    });
  }
  // Two characters at least: `C:\data` is a path.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(location);
  if (scheme === 'file') return pathOfUrl(location);
  throw new JobError('NOT_SUPPORTED', `storage "${scheme}:" is not built yet: "${location}"`, {
    hint: 'use a local path, a mounted folder (/Volumes/...), a file:// URL or s3://bucket/folder',
  });
}

function pathOfUrl(location: string): string {
  try {
    if (!/^file:\//i.test(location)) throw new TypeError('the path is relative');
    return resolve(fileURLToPath(location));
  } catch (error) {
    throw new JobError('CONFIG_INVALID', `not a local file URL: "${location}"`, {
      hint: 'write file:///absolute/path, with special characters percent-encoded',
      cause: error,
    });
  }
}
