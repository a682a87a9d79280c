import { quote, type SqlSession } from '../../core/engine.ts';
import type { Source } from '../../core/strategy.ts';
import { contentNumberOnDuckDb } from '../../plan/row-number.ts';

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
export function copiedSource(described: Described, files: readonly string[]): Source {
  const relation = `select * from read_parquet([${files.map(quote).join(', ')}])`;
  return { ...described, relation, relationWithOrigin: withOrigin(described, relation) };
}

/** A row's place is the table; its values are its number. */
export function withOrigin({ location, columns }: Described, rows: string): string {
  const number = contentNumberOnDuckDb(columns);
  return `select *, ${quote(location)} as __file, ${number} as __row from (${rows})`;
}
