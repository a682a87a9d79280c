import { JobError } from '../../../core/errors.ts';
import type { Column, ColumnType } from '../../../core/schema.ts';
import { parseSchema } from './schema-string.ts';
import type { Table } from './snapshot.ts';

/** Types that DuckDB reads and writes as Delta's writers do. */
const TYPES: Readonly<Record<string, ColumnType>> = {
  boolean: { kind: 'bool' },
  integer: { kind: 'int32' },
  long: { kind: 'int64' },
  double: { kind: 'float64' },
  string: { kind: 'string' },
  binary: { kind: 'binary' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp' },
};

/**
 * All columns of a table, those that no contract knows too.
 *
 * @throws JobError `NOT_SUPPORTED` for a type whose files are not rewritten here.
 */
export function columnsOf(table: Table): readonly Column[] {
  return parseSchema(table.metaData.schemaString).map(({ name, type, nullable }) => {
    const known = typeof type === 'string' ? storedType(type) : undefined;
    if (known !== undefined) return { name, nullable, type: known };
    throw new JobError(
      'NOT_SUPPORTED',
      `column "${name}" has the type ${JSON.stringify(type)}, whose files dray does not rewrite`,
      { hint: 'use OPTIMIZE of Spark for this table' },
    );
  });
}

function storedType(name: string): ColumnType | undefined {
  const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(name);
  if (decimal === null) return TYPES[name];
  return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
}
