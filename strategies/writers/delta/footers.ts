import { quote, type SqlSession } from '../../../core/engine.ts';

const FILES_PER_QUERY = 500;

/** Rows of each Parquet file, from the files' own footers; by the path that was given. */
export async function footerRows(
  session: SqlSession,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>();
  for (let start = 0; start < paths.length; start += FILES_PER_QUERY) {
    const files = paths
      .slice(start, start + FILES_PER_QUERY)
      .map(quote)
      .join(', ');
    const found = await session.rows(
      `select file_name, num_rows from parquet_file_metadata([${files}])`,
      signal,
    );
    for (const row of found) rows.set(String(row['file_name']), Number(row['num_rows']));
  }
  return rows;
}
