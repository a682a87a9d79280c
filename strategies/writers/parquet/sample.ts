import { identifier, type SqlSession } from '../../../core/engine.ts';
import type { OutputContract } from '../../../core/schema.ts';

/** A few rows as text, for people; a null is an empty text. `files` are SQL literals. */
export async function sampleRows(
  session: SqlSession,
  contract: OutputContract,
  files: readonly string[],
  limit: number,
  signal: AbortSignal,
): Promise<readonly Readonly<Record<string, string>>[]> {
  if (files.length === 0) return [];
  const columns = contract.columns.map(
    ({ name }) => `coalesce(cast(${identifier(name)} as varchar), '') as ${identifier(name)}`,
  );
  const rows = await session.rows(
    `select ${columns.join(', ')}
     from read_parquet([${files.join(', ')}], hive_partitioning = false) limit ${limit}`,
    signal,
  );
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
  );
}
