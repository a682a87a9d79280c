import { quote, type SqlSession } from '../../core/engine.ts';
import type { Source } from '../../core/strategy.ts';

/** What a source is besides its rows. */
export type Described = Omit<Source, 'relation' | 'relationWithOrigin'>;

/**
 * Copies a query's rows into a new local file.
 *
 * @param before - statements that have to run in the transaction of the read.
 */
export async function copyRows(
  session: SqlSession,
  rows: string,
  file: string,
  signal: AbortSignal,
  before: readonly string[] = [],
): Promise<void> {
  const copy = `copy (${rows}) to ${quote(file)} (format parquet, compression zstd, compression_level 1)`;
  const script = before.length === 0 ? [copy] : ['begin', ...before, copy, 'commit'];
  await session.run(script.join(';\n'), signal);
}

/** The source of the rows in local files, which have all of them and do not change. */
export async function copiedSource(
  session: SqlSession,
  described: Described,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Source> {
  // One number after the other, whatever the file.
  const counts = await session.parquet.rows(files, signal);
  const origins: string[] = [];
  let before = 0;
  for (const file of files) {
    origins.push(
      `select *, ${quote(described.location)} as __file, file_row_number + ${String(before)} as __row
       from read_parquet(${quote(file)})`,
    );
    before += counts.get(file) ?? 0;
  }
  return {
    ...described,
    relation: `select * from read_parquet([${files.map(quote).join(', ')}])`,
    relationWithOrigin: origins.join(' union all '),
  };
}
