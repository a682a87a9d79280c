import { identifier, quote, type SqlSession } from '../../../core/engine.ts';
import type { Column, OutputContract } from '../../../core/schema.ts';
import { castTo } from '../../../plan/duckdb/types.ts';
import type { Query } from '../../postgres/connection.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';
import type { StagedFiles } from './staged-files.ts';

/** Of one unloaded file: it is held in memory on its way to the disk. */
const MAX_FILE = '64 mb';

/**
 * Unloads a table through S3 and says how DuckDB reads what arrived. DuckDB's own way to Postgres
 * asks for snapshots and physical row numbers, which Redshift does not have.
 *
 * @param id - that no other look has.
 */
export async function unload(
  query: Query,
  { table, role, id }: { readonly table: TableName; readonly role: string; readonly id: string },
  contract: OutputContract,
  files: StagedFiles,
  session: SqlSession,
  signal: AbortSignal,
): Promise<string> {
  const columns = contract.columns.map(unloaded).join(', ');
  await query(
    `unload (${quote(`select ${columns} from ${qualified(table)}`)}) to ${quote(files.unloadUrl(id))}
     iam_role ${role} format as parquet maxfilesize ${MAX_FILE}`,
    [],
    signal,
  );
  const paths = await files.takeUnloaded(id, session.scratchDir, signal);
  // A table without rows is unloaded into no file.
  if (paths.length === 0) {
    const none = contract.columns.map(
      ({ name, type }) => `${castTo(type, 'null')} as ${identifier(name)}`,
    );
    return `select ${none.join(', ')} where false`;
  }
  const list = paths.map((path) => quote(path)).join(', ');
  const typed = contract.columns.map(taken).join(', ');
  return `select ${typed} from read_parquet([${list}], hive_partitioning = false)`;
}

/** Instants as UTC without a zone, which is all that Parquet keeps of them here. */
function unloaded({ name, type }: Column): string {
  const column = identifier(name);
  return type.kind === 'timestamp' ? `${column} at time zone 'UTC' as ${column}` : column;
}

function taken({ name, type }: Column): string {
  const column = identifier(name);
  const value = type.kind === 'timestamp' ? `timezone('UTC', ${column})` : column;
  return `${castTo(type, value)} as ${column}`;
}
