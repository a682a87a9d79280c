import { stat } from 'node:fs/promises';
import { guarded } from './database.ts';
import { newerSchema, SCHEMA_VERSION } from './migrations.ts';

const BUSY_MS = 2_000;

export interface StoreState {
  readonly bytes: number;
  readonly schemaVersion: number;
  /** The version that this dray brings it to. */
  readonly knownVersion: number;
  readonly runs: number;
}

/**
 * Looks at a run store that is there, and takes and gives back its write lock; changes nothing.
 *
 * @throws JobError `STORE_FAILED`, as opening it would.
 */
export async function inspectStore(path: string): Promise<StoreState> {
  const { DatabaseSync } = await import('node:sqlite');
  const { size } = await stat(path);
  return guarded(path, () => {
    const database = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      const schemaVersion = Number(database.prepare('pragma user_version').get()?.['user_version']);
      if (schemaVersion > SCHEMA_VERSION) throw newerSchema(path, schemaVersion);
      const runs = schemaVersion === 0 ? 0 : countRuns(database);
      database.exec('begin immediate; rollback');
      return { bytes: size, schemaVersion, knownVersion: SCHEMA_VERSION, runs };
    } finally {
      database.close();
    }
  });
}

function countRuns(database: { prepare(sql: string): { get(): unknown } }): number {
  const row = database.prepare('select count(*) as n from runs').get();
  return Number((row as { readonly n: unknown } | undefined)?.n);
}
