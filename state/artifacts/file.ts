import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { JobError, systemCodeOf } from '../../core/errors.ts';
import type { Storage, StorageEntry } from '../../core/storage.ts';
import {
  copyDurably,
  linkOrCopy,
  makeFolder,
  removeEmptyFolders,
  syncFolder,
  temporaryFor,
  viaTemporary,
  writeDurably,
} from './durable.ts';
import { isMissing, orUndefined, storageError } from './file-errors.ts';
import { localPath } from './file-location.ts';

/** Names of our own that are no objects: half-written files, and folders on their way out. */
const OURS = /^\.(writing|revoked)-/;
const PUBLISH_TRIES = 20;

/** Storage on a local disk, or on a mounted one that has hard links and atomic renames. */
export function openFileStorage(location: string, clock: Clock = systemClock): Storage {
  const root = localPath(location);

  function pathOf(key: string): string {
    if (key.startsWith('/') || key.split(/[/\\]/).includes('..') || key.includes('\0')) {
      throw new JobError('TARGET_FAILED', `not a key below "${root}": "${key}"`);
    }
    return join(root, key);
  }

  /** Runs `work` with the key's path; what the file system throws becomes a JobError. */
  async function at<T>(
    key: string,
    signal: AbortSignal,
    work: (path: string) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const path = pathOf(key);
    try {
      return await work(path);
    } catch (error) {
      throw storageError(root, key, error);
    }
  }

  return {
    root,
    revokesAtOnce: true,
    enginePath: pathOf,
    now: () => Promise.resolve(clock.now()),
    list: (prefix, signal) => at(prefix, signal, (path) => listBelow(root, path)),
    read: (key, signal) => at(key, signal, async (path) => await orUndefined(readFile(path))),
    write: (key, content, signal) =>
      at(key, signal, async (path) => {
        await viaTemporary(path, (temporary) => writeDurably(temporary, content));
      }),
    create: (key, content, signal) =>
      at(key, signal, async (path) => {
        await makeFolder(dirname(path));
        const temporary = temporaryFor(path);
        try {
          await writeDurably(temporary, content);
          await link(temporary, path);
        } catch (error) {
          if (systemCodeOf(error) === 'EEXIST') return false;
          throw error;
        } finally {
          await rm(temporary, { force: true });
        }
        await syncFolder(dirname(path));
        return true;
      }),
    upload: (localFile, key, signal) =>
      at(key, signal, async (path) => {
        await viaTemporary(path, (temporary) => copyDurably(localFile, temporary));
      }),
    duplicate: (from, to, signal) =>
      at(to, signal, async (path) => {
        await makeFolder(dirname(path));
        await rm(path, { force: true });
        await linkOrCopy(pathOf(from), path);
        await syncFolder(dirname(path));
      }),
    isDuplicate: (key, other, signal) =>
      at(key, signal, async (path) => {
        const [one] = await listAt(root, path);
        const [another] = await listAt(root, pathOf(other));
        // A hard link has the etag of the file it is a second name of.
        return one !== undefined && one.etag === another?.etag;
      }),
    publish: (staged, final, { ifAbsent }, signal) =>
      at(final, signal, async (path) => {
        const from = pathOf(staged);
        for (let tries = 1; ; tries++) {
          await makeFolder(dirname(path));
          try {
            // Straight from the staged name: revoking that name is what stops a stale holder.
            await (ifAbsent ? link(from, path) : rename(from, path));
            break;
          } catch (error) {
            if (systemCodeOf(error) === 'EEXIST') return 'exists';
            if (!isMissing(error)) throw error;
            if (!(await exists(from))) return 'missing';
            // Somebody removed the final name's empty folder in between.
            if (tries === PUBLISH_TRIES) throw error;
          }
        }
        if (ifAbsent) await rm(from, { force: true });
        await syncFolder(dirname(path));
        return 'published';
      }),
    retire: (final, staged, signal) =>
      at(final, signal, async (path) => {
        const to = pathOf(staged);
        try {
          // No folder is made for the staged name: that it is there is what makes this allowed.
          await rename(path, to);
        } catch (error) {
          if (!isMissing(error)) throw error;
          return (await exists(dirname(to))) ? 'absent' : 'missing';
        }
        await syncFolder(dirname(path));
        await removeEmptyFolders(root, dirname(path));
        return 'retired';
      }),
    revoke: (prefix, signal) =>
      at(prefix, signal, async (path) => {
        const gone = join(dirname(path), `.revoked-${basename(path)}-${randomUUID()}`);
        if ((await orUndefined(rename(path, gone).then(() => true))) !== true) return;
        await syncFolder(dirname(path));
        await rm(gone, { recursive: true, force: true, maxRetries: 3 });
      }),
    remove: (key, signal) => at(key, signal, (path) => rm(path, { force: true })),
    removeAll: (prefix, signal) =>
      at(prefix, signal, async (path) => {
        await rm(path, { recursive: true, force: true, maxRetries: 3 });
        await removeEmptyFolders(root, dirname(path));
      }),
  };
}

/** The object at `path`, or all below it. Links are followed, as readers do. */
async function listAt(root: string, path: string): Promise<readonly StorageEntry[]> {
  const info = await orUndefined(stat(path, { bigint: true }));
  if (info === undefined) return [];
  if (info.isDirectory()) {
    const names = (await orUndefined(readdir(path))) ?? [];
    const visible = names.filter((name) => !OURS.test(name));
    return (await Promise.all(visible.map((name) => listAt(root, join(path, name))))).flat();
  }
  const key = relative(root, path).split(sep).join('/');
  const etag = `${info.size}-${info.mtimeNs}-${info.ino}`;
  return [{ key, bytes: Number(info.size), modifiedAt: info.mtime, etag }];
}

/** @throws the file system's ENOTDIR when the storage itself is a file. */
async function listBelow(root: string, path: string): Promise<readonly StorageEntry[]> {
  if (path === root) await orUndefined(readdir(root));
  const found = await listAt(root, path);
  return [...found].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function exists(path: string): Promise<boolean> {
  return (await orUndefined(stat(path))) !== undefined;
}
