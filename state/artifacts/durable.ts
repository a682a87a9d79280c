import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../core/errors.ts';
import { isMissing } from './file-errors.ts';

const NO_LINKS = ['EPERM', 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'];

/** Makes a file's content survive a power cut. */
async function syncFile(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

/** Makes a folder's names survive a power cut; no error when it has just been removed. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and needs no such call.
  if (process.platform === 'win32') return;
  try {
    await syncFile(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Creates a folder with its parents, durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) {
    await syncFolder(dirname(folder));
  }
}

/** Removes `folder` and its parents below `root` as far as they are empty. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let path = folder; path.length > root.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if (isMissing(error)) continue;
      if (['ENOTEMPTY', 'EEXIST'].includes(systemCodeOf(error) ?? '')) return;
      throw error;
    }
  }
}

/** In the same folder, so that one rename or link moves it; hidden, and no `.parquet`. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.writing-${randomUUID()}`);
}

/** Fills a temporary file and renames it to `path`, durably. */
export async function viaTemporary(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = temporaryFor(path);
  try {
    await fill(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  await using handle = await open(path, 'wx');
  await handle.writeFile(content);
  await handle.sync();
}

/** A second name for a file; a copy where there are no hard links. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINKS.includes(systemCodeOf(error) ?? '')) throw error;
    await viaTemporary(to, (temporary) => copyDurably(from, temporary));
  }
}

/** Copies a file, sharing its blocks where the file system can, and makes the copy durable. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await syncFile(to);
}
