import { identifier } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { SourceColumn } from '../../core/strategy.ts';
import { sparkName } from '../../plan/spark/names.ts';
import type { ResultColumn } from '../postgres/connection.ts';

/**
 * Types that come here without loss by UNLOAD and as text, by the numbers of the server's catalog.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/c_unloading_data.html
 */
const TYPES: Readonly<Record<number, string>> = {
  16: 'BOOLEAN',
  20: 'BIGINT',
  21: 'SMALLINT',
  23: 'INTEGER',
  25: 'VARCHAR',
  700: 'FLOAT',
  701: 'DOUBLE',
  1042: 'VARCHAR',
  1043: 'VARCHAR',
  1082: 'DATE',
  1114: 'TIMESTAMP',
  1184: 'TIMESTAMP WITH TIME ZONE',
};
const CHAR = 1042;
const NUMERIC = 1700;
const INSTANT = 'TIMESTAMP WITH TIME ZONE';

export interface RedshiftColumn extends SourceColumn {
  /** CHAR has blanks at its end that mean nothing; neither do they come with CHAR of Postgres. */
  readonly isPadded: boolean;
}

/**
 * What a query's columns are to DuckDB.
 *
 * @throws JobError `SOURCE_SCHEMA` listing every column of another type.
 */
export function sourceColumns(
  found: readonly ResultColumn[],
  location: string,
): readonly RedshiftColumn[] {
  const typed = found.map((column) => ({
    ...{ name: column.name, type: typeOf(column) },
    isPadded: column.typeId === CHAR,
  }));
  const strange = typed.filter(({ type }) => type === undefined).map(({ name }) => `"${name}"`);
  if (strange.length > 0) {
    throw new JobError(
      'SOURCE_SCHEMA',
      `${location}: columns of types that are not read from Redshift: ${strange.join(', ')}`,
      {
        hint: 'give a "query" that leaves them out, or casts them: SUPER, TIME and such to varchar, a computed numeric to numeric(p,s)',
      },
    );
  }
  return typed.map(({ type = '', ...column }) => ({ ...column, type }));
}

function typeOf({ typeId, modifier }: ResultColumn): string | undefined {
  if (typeId !== NUMERIC) return TYPES[typeId];
  // Precision above scale, behind a length of four bytes.
  const size = modifier - 4;
  return size < 0
    ? undefined
    : `DECIMAL(${String((size >> 16) & 0xff_ff)},${String(size & 0xff_ff)})`;
}

/** In Redshift's SQL. */
export function selected({ name, isPadded }: RedshiftColumn): string {
  const column = identifier(name);
  return isPadded ? `rtrim(${column}) as ${column}` : column;
}

/** In UNLOAD's query. Files of Parquet have instants as UTC without a zone. */
export function unloaded(given: RedshiftColumn): string {
  const column = identifier(given.name);
  return given.type === INSTANT ? `${column} at time zone 'UTC' as ${column}` : selected(given);
}

/** As a cast of Redshift names it; a text without a length would be cut there. */
export function castOf({ type }: SourceColumn): string {
  if (type === 'VARCHAR') return 'varchar(65535)';
  if (type === 'FLOAT') return 'real';
  return type === 'DOUBLE' ? 'double precision' : type.toLowerCase();
}

/** In DuckDB, of what UNLOAD wrote. */
export function taken({ name, type }: SourceColumn): string {
  const column = identifier(name);
  const value = type === INSTANT ? `timezone('UTC', cast(${column} as timestamp))` : column;
  return `cast(${value} as ${type}) as ${column}`;
}

const SPARK_TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'string',
  INTEGER: 'int',
  TIMESTAMP: 'timestamp_ntz',
  [INSTANT]: 'timestamp_ltz',
};

export function sparkTypeOf({ type }: SourceColumn): string {
  return SPARK_TYPES[type] ?? type.toLowerCase();
}

/** In Spark, of what UNLOAD wrote; the session's zone is UTC. */
export function takenOnSpark(given: SourceColumn): string {
  const column = sparkName(given.name);
  return `cast(${column} as ${sparkTypeOf(given)}) as ${column}`;
}
