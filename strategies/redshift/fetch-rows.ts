import { open } from 'node:fs/promises';
import { identifier, quote } from '../../core/engine.ts';
import type { SourceColumn } from '../../core/strategy.ts';
import type { Connection, Row } from '../postgres/connection.ts';

/** More at once, a cluster of one node refuses. */
const FETCH = 1000;
/** A row of Redshift has at most 4 MB, and every quotation mark in it may be doubled. */
const MAX_LINE_BYTES = 8_388_608;

/**
 * Writes what a query selects to a new local file, a line for each row. The leader holds the result meanwhile.
 *
 * @returns rows.
 */
export async function fetchRows(
  connection: Connection,
  select: string,
  line: (row: Row) => string,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  await using file = await open(path, 'wx');
  return await connection.transaction(async (query) => {
    await query(`declare dray_rows cursor for ${select}`, [], signal);
    for (let rows = 0; ;) {
      const some = await query(`fetch forward ${String(FETCH)} from dray_rows`, [], signal);
      if (some.length === 0) return rows;
      await file.write(some.map(line).join(''));
      rows += some.length;
    }
  }, signal);
}

/** DuckDB's query of lines that {@link csvLine} wrote. */
export function fetched(path: string, columns: readonly SourceColumn[]): string {
  const texts = columns.map(({ name }) => `${quote(name)}: 'VARCHAR'`).join(', ');
  const typed = columns.map(
    ({ name, type }) => `cast(${identifier(name)} as ${type}) as ${identifier(name)}`,
  );
  return `select ${typed.join(', ')} from read_csv(${quote(path)}, auto_detect = false, header = false,
    delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, new_line = '\\n',
    parallel = false, max_line_size = ${String(MAX_LINE_BYTES)}, columns = {${texts}})`;
}

/** Quoted is a text, also an empty one; nothing is null. */
export function csvLine(row: Row, columns: readonly SourceColumn[]): string {
  const cells = columns.map(({ name }) => {
    const value = row[name] ?? null;
    return value === null ? '' : `"${value.replaceAll('"', '""')}"`;
  });
  return `${cells.join(',')}\n`;
}

/** For Spark, whose CSV takes an empty text for null. */
export function jsonLine(row: Row, columns: readonly SourceColumn[]): string {
  const cells = columns.map(({ name }) => [name, row[name] ?? null]);
  return `${JSON.stringify(Object.fromEntries(cells))}\n`;
}
