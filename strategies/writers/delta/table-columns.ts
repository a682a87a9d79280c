import { identifier, quote } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Column, ColumnType } from '../../../core/schema.ts';
import { parseSchema } from './schema-string.ts';
import type { Table } from './snapshot.ts';

/** Types that DuckDB reads and writes as Delta's writers do. */
const TYPES: Readonly<Record<string, { readonly type: ColumnType; readonly sql: string }>> = {
  boolean: { type: { kind: 'bool' }, sql: 'boolean' },
  integer: { type: { kind: 'int32' }, sql: 'integer' },
  long: { type: { kind: 'int64' }, sql: 'bigint' },
  double: { type: { kind: 'float64' }, sql: 'double' },
  string: { type: { kind: 'string' }, sql: 'varchar' },
  binary: { type: { kind: 'binary' }, sql: 'blob' },
  date: { type: { kind: 'date' }, sql: 'date' },
  timestamp: { type: { kind: 'timestamp' }, sql: 'timestamptz' },
};

export interface StoredColumn extends Column {
  /** Its type in DuckDB. */
  readonly sql: string;
}

/**
 * All columns of a table, those that no contract knows too.
 *
 * @throws JobError `NOT_SUPPORTED` for a type whose files are not rewritten here.
 */
export function columnsOf(table: Table): readonly StoredColumn[] {
  return parseSchema(table.metaData.schemaString).map(({ name, type, nullable }) => {
    const known = typeof type === 'string' ? storedType(type) : undefined;
    if (known !== undefined) return { name, nullable, ...known };
    throw new JobError(
      'NOT_SUPPORTED',
      `column "${name}" has the type ${JSON.stringify(type)}, whose files dray does not rewrite`,
      { hint: 'use OPTIMIZE of Spark for this table' },
    );
  });
}

function storedType(name: string): { readonly type: ColumnType; readonly sql: string } | undefined {
  const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(name);
  if (decimal === null) return TYPES[name];
  const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
  return { type: { kind: 'decimal', precision, scale }, sql: name };
}

/**
 * Rows of a partition's files with all columns of the table: files of other writers lack the
 * partition column, older ones those that came later.
 *
 * @param present - names of the columns that any of the files has.
 * @param partition - the partition column and its value in the log.
 */
export function selectFiles(
  columns: readonly StoredColumn[],
  paths: readonly string[],
  present: ReadonlySet<string>,
  partition: { readonly column: string; readonly value: string | null },
): string {
  const list = columns.map(({ name, sql }) => {
    const stored = present.has(name) ? identifier(name) : 'null';
    const value = partition.value === null ? 'null' : quote(partition.value);
    return `cast(${name === partition.column ? value : stored} as ${sql}) as ${identifier(name)}`;
  });
  return `select ${list.join(', ')} from read_parquet([${paths.map(quote).join(', ')}],
    union_by_name = true, hive_partitioning = false)`;
}
