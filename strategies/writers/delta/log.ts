import { type ErrorCode, JobError, toJobError } from '../../../core/errors.ts';
import type { SqlSession } from '../../../core/engine.ts';
import type { Storage } from '../../../core/storage.ts';
import { parseAction, parseCommit } from './actions.ts';
import { commitKey, LOG, logFile } from './paths.ts';
import { apply, emptySnapshot, type Snapshot } from './snapshot.ts';

const CHECKPOINT_COLUMNS = ['add', 'remove', 'txn', 'protocol', 'metaData', 'sidecar'];

/** What an engine says of a file that is not what it was. */
const DAMAGED: readonly ErrorCode[] = ['SOURCE_UNREADABLE', 'ENGINE_FAILED', 'TARGET_FAILED'];

/** Commits that are read at the same time. */
const READ_AT_ONCE = 16;

interface Checkpoint {
  readonly version: number;
  readonly keys: readonly string[];
}

/**
 * Reads the newest snapshot; version -1 when there is no table. The folder is listed in any case, so
 * the hint in `_last_checkpoint`, which may be stale, has nothing to add.
 *
 * @param warn - told of a damaged checkpoint that the table can do without.
 * @throws JobError `TARGET_FAILED` naming the version that is missing from the log, or the checkpoint
 *   that is damaged and needed.
 */
export async function readSnapshot(
  storage: Storage,
  session: SqlSession,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<Snapshot> {
  const keys = (await storage.list(LOG, signal)).map((entry) => entry.key);
  const newest = newestVersion(keys);
  if (newest < 0) return emptySnapshot();
  const snapshot = await newestReadable(keys, storage, session, warn, signal);
  // A listing may miss a commit written beside it, so each version is asked for, not looked up.
  while (snapshot.version < newest) {
    const first = snapshot.version + 1;
    const count = Math.min(READ_AT_ONCE, newest - snapshot.version);
    const contents = await Promise.all(
      Array.from({ length: count }, (_, at) => storage.read(commitKey(first + at), signal)),
    );
    for (const content of contents) {
      if (content !== undefined) applyCommit(snapshot, storage, content);
      else if (keys.some((key) => logFile(key)?.kind === 'v2')) throw v2Checkpoint(storage.root);
      else throw missing(snapshot.version + 1, newest, storage);
    }
  }
  await catchUp(snapshot, storage, signal);
  return snapshot;
}

/** From the newest checkpoint that can be read; empty where the commits alone have to do. */
async function newestReadable(
  keys: readonly string[],
  storage: Storage,
  session: SqlSession,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<Snapshot> {
  const found = checkpoints(keys);
  for (const [index, checkpoint] of found.entries()) {
    const snapshot = emptySnapshot();
    try {
      await applyCheckpoint(snapshot, checkpoint, storage, session, signal);
      return snapshot;
    } catch (error) {
      signal.throwIfAborted();
      if (!DAMAGED.includes(toJobError(error).code)) throw error;
      const what = `the checkpoint ${storage.root}/${checkpoint.keys[0] ?? ''} is damaged`;
      if (index + 1 === found.length && !keys.includes(commitKey(0))) {
        throw new JobError('TARGET_FAILED', what, {
          hint: 'restore it: the commits before it are gone; nothing was written',
          cause: error,
        });
      }
      warn(`${what}: the table was read without it`);
    }
  }
  return emptySnapshot();
}

/** Applies what others have committed since. */
export async function catchUp(
  snapshot: Snapshot,
  storage: Storage,
  signal: AbortSignal,
): Promise<void> {
  while (await applyNext(snapshot, storage, signal));
}

async function applyNext(
  snapshot: Snapshot,
  storage: Storage,
  signal: AbortSignal,
): Promise<boolean> {
  const content = await storage.read(commitKey(snapshot.version + 1), signal);
  if (content === undefined) return false;
  applyCommit(snapshot, storage, content);
  return true;
}

function applyCommit(snapshot: Snapshot, storage: Storage, content: Uint8Array): void {
  const version = snapshot.version + 1;
  apply(snapshot, version, parseCommit(content, `${storage.root}/${commitKey(version)}`));
}

function newestVersion(keys: readonly string[]): number {
  return keys.reduce((newest, key) => Math.max(newest, logFile(key)?.version ?? -1), -1);
}

/** Those in the classic format that are complete, in one file or in parts; the newest first. */
export function checkpoints(keys: readonly string[]): readonly Checkpoint[] {
  const found = new Map<string, { version: number; parts: number; keys: string[] }>();
  for (const key of keys) {
    const file = logFile(key);
    if (file === undefined || (file.kind !== 'checkpoint' && file.kind !== 'part')) continue;
    const id = `${String(file.version)} ${file.kind} ${String(file.parts)}`;
    const entry = found.get(id) ?? { version: file.version, parts: file.parts, keys: [] };
    entry.keys.push(key);
    found.set(id, entry);
  }
  return [...found.values()]
    .filter((checkpoint) => checkpoint.keys.length === checkpoint.parts)
    .sort((a, b) => b.version - a.version || a.parts - b.parts);
}

async function applyCheckpoint(
  snapshot: Snapshot,
  { version, keys }: Checkpoint,
  storage: Storage,
  session: SqlSession,
  signal: AbortSignal,
): Promise<void> {
  const paths = keys.map((key) => storage.enginePath(key));
  const rows = await session.parquet.json(paths, CHECKPOINT_COLUMNS, signal);
  const where = `${storage.root}/${keys[0] ?? ''}`;
  const actions = rows.map((row) => parseAction(row, where));
  if (actions.some((each) => each.sidecar != null)) {
    throw v2Checkpoint(where);
  }
  apply(snapshot, version, actions);
}

function v2Checkpoint(where: string): JobError {
  return new JobError('NOT_SUPPORTED', `${where} needs the feature "v2Checkpoint"`, {
    hint: 'drop that feature of the table, or load into another one',
  });
}

function missing(version: number, newest: number, storage: Storage): JobError {
  return new JobError(
    'TARGET_FAILED',
    `the log of ${storage.root} ends at version ${String(newest)}, but version ${String(version)} is missing`,
    { hint: `restore ${commitKey(version)}, or a checkpoint after it; nothing was written` },
  );
}
