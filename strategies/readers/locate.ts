import { matchesGlob, posix } from 'node:path';
import { JobError } from '../../core/errors.ts';
import type { OpenStorage, StorageEntry } from '../../core/storage.ts';
import { ofSource } from './of-source.ts';

/** A source file: what the engine opens, and what the snapshot remembers. */
export interface LocatedFile {
  readonly enginePath: string;
  readonly entry: StorageEntry;
}

/** A whole bucket, which has no parent. */
const BUCKET = /^s3a?:\/\/[^/]*$/i;
const WILDCARD = /[*?[{]/;

/**
 * Finds the Parquet files a location names: one file, everything below a folder, or a glob. Names
 * that start with `_` or `.` are other programs' bookkeeping, as Spark and Hive have it.
 *
 * @throws JobError `SOURCE_NOT_FOUND` when nothing is there.
 */
export async function locateParquet(
  location: string,
  openStorage: OpenStorage,
  signal: AbortSignal,
): Promise<readonly LocatedFile[]> {
  const clean = location.replace(/(?<=[^/])\/+$/, '');
  const wild = clean.search(WILDCARD);
  const parent = BUCKET.test(clean)
    ? clean
    : posix.dirname(wild < 0 ? clean : `${clean.slice(0, wild)}x`);
  const storage = openStorage(parent);
  const name = clean.slice(parent === '/' ? 1 : parent === '.' ? 0 : parent.length + 1);
  const inside = await ofSource(storage.list(wild < 0 ? name : '', signal));
  const found = inside.filter((entry) =>
    wild < 0
      ? entry.key === name || isData(name === '' ? entry.key : entry.key.slice(name.length + 1))
      : matchesGlob(entry.key, name) && isVisible(entry.key),
  );
  if (found.length === 0) throw notFound(location, inside.length, wild >= 0);
  return found.map((entry) => ({ enginePath: storage.enginePath(entry.key), entry }));
}

function isData(key: string): boolean {
  return isVisible(key) && /\.(parquet|parq|pq)$/i.test(key);
}

function isVisible(key: string): boolean {
  return key.split('/').every((part) => !/^[_.]/.test(part) || part.includes('='));
}

function notFound(location: string, others: number, isGlob: boolean): JobError {
  const what = isGlob
    ? 'no file matches'
    : others > 0
      ? 'no Parquet file is in'
      : 'there is no file and no folder';
  return new JobError('SOURCE_NOT_FOUND', `${what} "${location}"`, {
    hint: 'check "source_table": it takes a file, a folder of *.parquet files or a glob',
  });
}
