import { createHash, randomUUID } from 'node:crypto';
import { quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Storage } from '../../core/storage.ts';
import type { Connection } from '../postgres/connection.ts';

/** Row groups are of 32 MB, of which a file has a whole number. */
const MAX_FILE = '128 mb';
/** What nobody took away within a day is of a process that is gone. */
const KEPT_FOR_MS = 86_400_000;

export interface UnloadPlace {
  readonly storage: Storage;
  /** `s3://bucket/prefix`, the root of `storage`. */
  readonly root: string;
  /** As UNLOAD takes it: quoted, or the word `default`. */
  readonly role: string;
  /** With host and database: several clusters may stage in one place. */
  readonly owner: string;
}

export interface Unloaded {
  /** Keys of the files, which only this statement wrote; none when there is no row. */
  readonly keys: readonly string[];
  /** As the server counted them. */
  readonly rows: number;
}

/**
 * Has the cluster write what a query selects to S3, all slices at once, out of one snapshot, and lets
 * `take` read it. The files are gone afterwards, whatever happens.
 */
export async function withUnloaded<T>(
  connection: Connection,
  select: string,
  { storage, root, role, owner }: UnloadPlace,
  take: (unloaded: Unloaded) => Promise<T>,
  onWaste: (error: unknown) => void,
  signal: AbortSignal,
): Promise<T> {
  const folder = `read-${createHash('sha256').update(owner).digest('hex').slice(0, 16)}`;
  const own = `${folder}/${randomUUID()}`;
  await removeForgotten(storage, folder, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    onWaste(error);
  });
  try {
    await connection.query(
      `unload (${literal(select)}) to ${quote(`${root}/${own}/`)}
       iam_role ${role} format as parquet maxfilesize ${MAX_FILE}`,
      [],
      signal,
    );
    const [counted] = await connection.query('select pg_last_unload_count() as rows', [], signal);
    const files = await storage.list(own, signal);
    return await take({ keys: files.map(({ key }) => key), rows: Number(counted?.['rows']) });
  } finally {
    await storage.removeAll(own, new AbortController().signal).catch(onWaste);
  }
}

/** Whether a backslash is itself within a literal within a literal, nobody can tell. */
function literal(select: string): string {
  if (!select.includes('\\')) return quote(select);
  throw new JobError('NOT_SUPPORTED', 'a query with a backslash cannot be unloaded', {
    hint: 'make a view of it and name that in "source_table"; or leave "staging_path" out',
  });
}

async function removeForgotten(
  storage: Storage,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const now = await storage.now(signal);
  const newest = new Map<string, number>();
  for (const { key, modifiedAt } of await storage.list(folder, signal)) {
    const name = key.split('/')[1] ?? '';
    newest.set(name, Math.max(newest.get(name) ?? 0, modifiedAt.getTime()));
  }
  for (const [name, at] of newest) {
    if (now.getTime() - at > KEPT_FOR_MS) await storage.removeAll(`${folder}/${name}`, signal);
  }
}
