import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { quote, type SqlSession } from '../core/engine.ts';
import type { BenchOptions } from './arguments.ts';
import type { BenchContext } from './context.ts';
import { findData, type SourceFiles } from './data.ts';

export const WHOLE_YEAR = 'the whole year';

/** A source and how much is in it. */
export interface Source extends SourceFiles {
  readonly rows: number;
}

/** The source that the options name: the year's, its first rows, or the sample in the repository. */
export async function openSource(
  { root, folders, session, options, say }: BenchContext,
  signal: AbortSignal,
): Promise<Source> {
  const { quick, rows, dataDir } = options;
  const files = quick
    ? await sampleFiles(session, root, folders.slices, signal)
    : await findData(dataDir, folders.download, say);
  const whole = { ...files, rows: await rowsOf(session, files.promotions, signal) };
  return rows === undefined ? whole : await sliceOf(session, whole, rows, folders.slices, signal);
}

/**
 * The first rows of a source as a file of its own; the source itself when it has no more. The year's
 * rows come week by week, so a slice has whole weeks and a part of one.
 */
export async function sliceOf(
  session: SqlSession,
  source: Source,
  rows: number,
  folder: string,
  signal: AbortSignal,
): Promise<Source> {
  if (rows >= source.rows) return source;
  const promotions = join(folder, `promotions-${source.rows}-${rows}.parquet`);
  const query = `select * exclude (file_row_number)
    from read_parquet(${quote(source.promotions)}, file_row_number = true)
    where file_row_number < ${rows} order by file_row_number`;
  await makeOnce(session, query, promotions, signal);
  return { promotions, products: source.products, rows };
}

/** Of the sizes that curves are drawn over, those that the source has, and all of it. */
export function sizesOf({ rows }: Pick<Source, 'rows'>, sizes: readonly number[]) {
  return [...sizes.filter((size) => size < rows), rows];
}

async function sampleFiles(
  session: SqlSession,
  root: string,
  folder: string,
  signal: AbortSignal,
): Promise<SourceFiles> {
  const sample = join(root, 'data/sample');
  const promotions = join(folder, 'promotions-sample.parquet');
  const query = `select * from read_parquet(${quote(join(sample, 'promotions/*.parquet'))})`;
  await makeOnce(session, query, promotions, signal);
  return { promotions, products: join(sample, 'products.parquet') };
}

async function makeOnce(
  session: SqlSession,
  query: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(join(path, '..'), { recursive: true });
  await session.run(`copy (${query}) to ${quote(`${path}.part`)} (format parquet)`, signal);
  await rename(`${path}.part`, path);
}

async function rowsOf(session: SqlSession, path: string, signal: AbortSignal): Promise<number> {
  const [row] = await session.rows(
    `select count(*) as rows from read_parquet(${quote(path)})`,
    signal,
  );
  return Number(row?.['rows']);
}

export function scopeOf({ quick, rows, weeks }: BenchOptions): string {
  const what = quick
    ? 'the sample'
    : rows === undefined
      ? WHOLE_YEAR
      : `the first ${rows.toLocaleString('en-US')} rows`;
  return weeks === undefined ? what : `weeks ${weeks.first} to ${weeks.last} of ${what}`;
}
