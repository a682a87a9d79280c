import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { type Finding, ok, red, redOf, within } from '../../core/finding.ts';
import type { OpenStorage, Storage } from '../../core/storage.ts';

/** S3's client repeats what fails for half a minute. */
const PATIENCE_MS = 45_000;

/**
 * Writes, reads and deletes a small object in a folder, and sees whether a second writer of the same
 * name is refused: loads commit by that.
 */
export async function storageFinding(
  location: string,
  openStorage: OpenStorage,
  signal: AbortSignal,
): Promise<Finding> {
  const name = `storage ${location}`;
  let storage: Storage | undefined;
  const key = posix.join('_dray_doctor', `probe-${randomBytes(6).toString('hex')}`);
  try {
    storage = openStorage(location);
    const opened = storage;
    const problem = await within(PATIENCE_MS, signal, (limited) => probe(opened, key, limited));
    return problem ?? ok(name, 'write, read, list, delete, and writing once only');
  } catch (error) {
    signal.throwIfAborted();
    return redOf(name, error);
  } finally {
    // Whatever went wrong in between: nothing of the probe stays where it can be deleted.
    await storage
      ?.removeAll('_dray_doctor', AbortSignal.timeout(PATIENCE_MS))
      .catch(() => undefined);
  }

  async function probe(
    at: Storage,
    object: string,
    limited: AbortSignal,
  ): Promise<Finding | undefined> {
    const content = `dray doctor ${object}`;
    if (!(await at.create(object, content, limited))) {
      return red(name, `it says that ${object} exists`, 'use a storage that keeps what it says');
    }
    const bytes = await at.read(object, limited);
    if (bytes === undefined || new TextDecoder().decode(bytes) !== content) {
      return red(
        name,
        'what was written is not what is read',
        'use a storage that shows a write to the next read',
      );
    }
    if (await at.create(object, 'another writer', limited)) {
      return red(
        name,
        'a second writer of the same name is not refused: two loads could commit one version',
        'use a storage with conditional writes (If-None-Match), such as S3 or MinIO of 2024-11 and newer',
      );
    }
    const listed = await at.list('_dray_doctor', limited);
    if (!listed.some((entry) => entry.key === object)) {
      return red(name, 'the list lacks what was written', 'allow s3:ListBucket on the prefix');
    }
    await at.remove(object, limited);
    if ((await at.read(object, limited)) === undefined) return undefined;
    return red(name, 'what was deleted is still read', 'allow s3:DeleteObject on the prefix');
  }
}
