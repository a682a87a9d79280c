import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';
import { migrate } from './migrations.ts';

/** How long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 30_000;

/** Result codes of SQLite. @see https://www.sqlite.org/rescode.html */
const SQLITE = { BUSY: 5, READONLY: 8, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 } as const;
const SQLITE_CONSTRAINT_FOREIGNKEY = 787;

/** Opens the file, creates it and its folder where needed, and brings its schema up to date. */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  // Loaded here so that a process that never opens a store runs without it.
  const { DatabaseSync } = await import('node:sqlite');
  return guarded(path, () => {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, {
      timeout: BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
    });
    try {
      useWriteAheadLog(database);
      // A record of a run has to survive a power cut, like the load it describes.
      database.exec('pragma synchronous = full');
      migrate(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/**
 * Readers and a writer don't wait for each other in this mode. The switch fails at once, whatever
 * the timeout, while another process holds the new file; an empty transaction waits for that one.
 */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let tries = 1; ; tries++) {
    try {
      database.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if (tries === 10 || resultCode(error) !== SQLITE.BUSY) throw error;
      database.exec('begin immediate; commit');
    }
  }
}

/** Runs `work` in one transaction that holds the write lock from its start. */
export function transaction<T>(database: DatabaseSync, path: string, work: () => T): T {
  return guarded(path, () => {
    database.exec('begin immediate');
    try {
      const result = work();
      database.exec('commit');
      return result;
    } catch (error) {
      // SQLite has rolled back already when the disk is full.
      if (database.isTransaction) database.exec('rollback');
      throw error;
    }
  });
}

/** Runs `work` and gives what fails in it the product's error. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof JobError) throw error;
    const full = resultCode(error) === SQLITE.FULL || systemCodeOf(error) === 'ENOSPC';
    throw new JobError(
      full ? 'DISK_FULL' : 'STORE_FAILED',
      `the run store "${path}" failed: ${messageOf(error)}`,
      { hint: hintFor(error), cause: error },
    );
  }
}

export function isUnknownRun(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_CONSTRAINT_FOREIGNKEY;
}

function hintFor(error: unknown): string {
  switch (resultCode(error)) {
    case SQLITE.BUSY:
      return `another process held the file for ${String(BUSY_TIMEOUT_MS / 1000)} s; run again`;
    case SQLITE.READONLY:
      return 'make the file and its folder writable, or choose another file with --store';
    case SQLITE.FULL:
      return 'free some disk space, or choose a file on another disk with --store';
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return 'the file is not a run store or is damaged: move it away, or choose another one with --store';
    default:
      return 'choose a file in a folder that can be written with --store';
  }
}

function resultCode(error: unknown): number | undefined {
  const code = sqliteCode(error);
  // The lower byte is the code; the rest says more about it.
  return code === undefined ? undefined : code & 0xff;
}

function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}
