import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../../core/errors.ts';
import type { CompiledDag } from './file.ts';

const MARK = '# Written by dray from ';

/** By path in the folder: the DAGs, and the configs that have to be uploaded for them. */
function contentsOf(compiled: readonly CompiledDag[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { id, python, uploads } of compiled) {
    files.set(`${id}.py`, python);
    for (const [uri, content] of uploads) {
      files.set(`uploads/${uri.replace(/^s3a?:\/\//, '')}`, new TextDecoder().decode(content));
    }
  }
  return files;
}

/**
 * Writes compiled DAGs into a folder, and deletes those of dray's that are no longer among them.
 *
 * @returns the files that were written, by their paths in the folder.
 */
export async function writeCompiled(
  compiled: readonly CompiledDag[],
  folder: string,
): Promise<readonly string[]> {
  const files = contentsOf(compiled);
  for (const [path, text] of files) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const path of await ownIn(folder)) {
    if (!files.has(path)) await rm(join(folder, path));
  }
  return [...files.keys()];
}

/** What in a folder is not as it was compiled: missing, other, or no longer there. */
export async function differences(
  compiled: readonly CompiledDag[],
  folder: string,
): Promise<readonly string[]> {
  const files = contentsOf(compiled);
  const found: string[] = [];
  for (const [path, text] of files) {
    const there = await textOf(join(folder, path));
    if (there === undefined) found.push(`${path} is missing`);
    else if (there !== text) found.push(`${path} is not what its source says`);
  }
  for (const path of await ownIn(folder)) {
    if (!files.has(path)) found.push(`${path} has no source`);
  }
  return found;
}

async function ownIn(folder: string): Promise<readonly string[]> {
  const own: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.py')) continue;
    if ((await textOf(join(folder, name)))?.startsWith(MARK) === true) own.push(name);
  }
  return own;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
