import { identifier, quote, type SqlSession } from '../../../core/engine.ts';
import { decimalText } from '../../../plan/expression.ts';
import type { PlanCell, PlanType } from '../../../plan/types.ts';

/** Columns by name with their values, top to bottom; a shorter column begins again. */
export type Columns = Readonly<Record<string, Column>>;

export interface Column {
  readonly type: PlanType;
  readonly values: readonly PlanCell[];
  /** Which value the row `id` has, from 0, in SQL and here; absent: the one of its number. */
  readonly at?: { readonly sql: string; of(id: number): number } | undefined;
}

/**
 * Writes columns as one Parquet file, exactly: DuckDB's own literals and nobody's printer, and no
 * dictionary, in which -0.0 would become 0.0.
 */
export async function writeColumns(
  sql: SqlSession,
  columns: Columns,
  rows: number,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await sql.run(
    `copy (${columnsQuery(columns, rows)}) to ${quote(path)} (format parquet, compression zstd, dictionary_size_limit 0)`,
    signal,
  );
}

/** A query for the columns, with `id` from 0 in front. */
function columnsQuery(columns: Columns, rows: number): string {
  const lists = Object.entries(columns).map(([name, { type, values, at }]) => {
    const items = values.map((value) => sqlText(value, type)).join(', ');
    const list = `cast([${items}] as ${duckDbType(type)}[])`;
    return `${list}[(${at?.sql ?? 'id'}) % ${String(values.length)} + 1] as ${identifier(name)}`;
  });
  return `select ${['cast(id as integer) as id', ...lists].join(',\n  ')} from range(${String(rows)}) as numbers(id)`;
}

function duckDbType(type: PlanType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double';
    case 'string':
      return 'varchar';
    case 'binary':
      return 'blob';
    case 'date':
      return 'date';
    case 'timestamp':
      return 'timestamp with time zone';
    case 'localTimestamp':
      return 'timestamp';
    case 'decimal':
      return `decimal(${String(type.precision)}, ${String(type.scale)})`;
    case 'list':
      return `${duckDbType(type.item)}[]`;
    case 'struct':
      return `struct(${type.fields.map((field) => `${identifier(field.name)} ${duckDbType(field.type)}`).join(', ')})`;
  }
}

function sqlText(value: PlanCell, type: PlanType): string {
  if (value === null) return `cast(null as ${duckDbType(type)})`;
  switch (type.kind) {
    case 'bool':
    case 'int32':
      return `cast(${String(value)} as ${duckDbType(type)})`;
    case 'int64':
      return `cast(${quote(String(value))} as bigint)`;
    case 'float64':
      return `cast(${quote(Object.is(value, -0) ? '-0' : String(value))} as double)`;
    case 'decimal':
      return `cast(${quote(decimalText(value as bigint, type.scale))} as ${duckDbType(type)})`;
    case 'string':
      // A NUL cannot stand in SQL text.
      return (value as string).split('\0').map(quote).join(' || chr(0) || ');
    case 'binary':
      return `unhex('${Buffer.from(value as Uint8Array).toString('hex')}')`;
    case 'date':
      return `(date '1970-01-01' + ${String(value)})`;
    case 'timestamp':
      return `make_timestamptz(${String(value)})`;
    case 'localTimestamp':
      return `make_timestamp(${String(value)})`;
    case 'list': {
      const items = (value as readonly PlanCell[]).map((each) => sqlText(each, type.item));
      return `cast([${items.join(', ')}] as ${duckDbType(type)})`;
    }
    case 'struct': {
      const items = type.fields.map(
        (field, at) =>
          `${identifier(field.name)}: ${sqlText((value as readonly PlanCell[])[at] ?? null, field.type)}`,
      );
      return `cast({${items.join(', ')}} as ${duckDbType(type)})`;
    }
  }
}
