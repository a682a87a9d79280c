import { quote, type SqlSession } from '../../../core/engine.ts';
import type { Fetched } from './bucket-files.ts';
import { refuse } from './bucket-files.ts';

/** A column of the table that COPY fills: its type as the DDL said it. */
export interface CopyColumn {
  readonly name: string;
  readonly type: string;
}

/** A value that COPY refuses, as STL_LOAD_ERRORS has it. */
export interface LoadError {
  readonly file: string;
  readonly line: number;
  readonly column: string;
  readonly type: string;
  readonly length: string;
  readonly value: string;
  readonly reason: string;
}

const never = new AbortController().signal;

/** Types of the table, and those of columnar files that go into them; nothing is converted. */
const FITTING: readonly (readonly [RegExp, RegExp])[] = [
  [/^integer$/, /^INTEGER$/],
  [/^bigint$/, /^BIGINT$/],
  [/^boolean$/, /^BOOLEAN$/],
  [/^date$/, /^DATE$/],
  [/^double precision$/, /^DOUBLE$/],
  [/^character varying\(\d+\)$/, /^VARCHAR$/],
  // There is no TIMESTAMPTZ in columnar files: its instants come as TIMESTAMP in UTC.
  [/^timestamp$/, /^TIMESTAMP( WITH TIME ZONE)?$/],
];

/**
 * Holds files against the table as COPY does: columns by their places, as many, of its types.
 *
 * @throws Refusal `Spectrum Scan Error`.
 */
export async function assertFits(
  engine: SqlSession,
  columns: readonly CopyColumn[],
  file: Fetched,
): Promise<readonly string[]> {
  const [found = []] = await engine.parquet.schemas([file.path], never);
  if (found.length !== columns.length) {
    refuse(
      'Spectrum Scan Error',
      box(
        `Unmatched number of columns between table and file. Table columns: ${columns.length}, Data columns: ${found.length}, File name: ${file.url}`,
      ),
    );
  }
  for (const [index, { name, type }] of columns.entries()) {
    const stored = found[index]?.type ?? '';
    if (fits(type, stored)) continue;
    refuse(
      'Spectrum Scan Error',
      box(
        `File '${file.url}' has an incompatible Parquet schema for column '${name}'. Column type: ${type.toUpperCase()}, Parquet schema: ${stored}`,
      ),
    );
  }
  return found.map(({ name }) => name);
}

function fits(type: string, stored: string): boolean {
  const decimal = /^numeric\((\d+),(\d+)\)$/.exec(type);
  if (decimal !== null) return stored === `DECIMAL(${decimal[1]},${decimal[2]})`;
  return FITTING.some(([table, file]) => table.test(type) && file.test(stored));
}

/** The first value that is longer than its column, in bytes. */
export async function tooLong(
  engine: SqlSession,
  columns: readonly CopyColumn[],
  names: readonly string[],
  file: Fetched,
): Promise<LoadError | undefined> {
  for (const [index, { name, type }] of columns.entries()) {
    const length = /^character varying\((\d+)\)$/.exec(type)?.[1];
    const stored = names[index];
    if (length === undefined || stored === undefined) continue;
    const [row] = await engine.rows(
      `select "${stored}" as value, file_row_number + 1 as line
       from read_parquet(${quote(file.path)}, file_row_number = true)
       where strlen("${stored}") > ${length} limit 1`,
      never,
    );
    if (row === undefined) continue;
    return {
      ...{ file: file.url, line: Number(row['line']), column: name },
      ...{ type: 'varchar', length, value: String(row['value']) },
      reason: 'String length exceeds DDL length',
    };
  }
  return undefined;
}

/** The box that the real one draws around what it has to say. */
export function box(context: string): string {
  const line = '-----------------------------------------------';
  return `\n  ${line}\n  error:  Spectrum Scan Error\n  code:      15001\n  context:   ${context}\n  query:     42\n  location:  dory_util.cpp:1509\n  process:   worker_thread [pid=4242]\n  ${line}\n`;
}
