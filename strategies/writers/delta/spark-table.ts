import { backquoted } from '../../../core/engine.ts';
import type { ColumnType, OutputContract } from '../../../core/schema.ts';

/** `create table if not exists` of an empty table with the contract's columns. */
export function createTable(table: string, contract: OutputContract): string {
  const columns = contract.columns.map(
    ({ name, type, nullable }) =>
      `${backquoted(name)} ${sparkType(type)}${nullable ? '' : ' not null'}`,
  );
  return `create table if not exists ${table} (${columns.join(', ')})
    using delta partitioned by (${backquoted(contract.partitionBy)})`;
}

/** Selects the rows that a load decides about; undefined: all. */
export function conditionOf(
  contract: OutputContract,
  covers: readonly string[] | undefined,
): string | undefined {
  if (covers === undefined) return undefined;
  const column = contract.columns.find(({ name }) => name === contract.partitionBy);
  const isNumber = column?.type.kind === 'int32' || column?.type.kind === 'int64';
  const values = covers.map((value) => (isNumber ? BigInt(value).toString() : sparkText(value)));
  if (values.length === 0) return 'false';
  return `${backquoted(contract.partitionBy)} in (${values.join(', ')})`;
}

/** In Spark's SQL a backslash escapes, and a doubled quote does not. */
export function sparkText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function sparkType(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'int';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double';
    case 'decimal':
      return `decimal(${String(type.precision)}, ${String(type.scale)})`;
    case 'timestamp':
      return 'timestamp_ltz';
    case 'string':
    case 'binary':
    case 'date':
      return type.kind;
  }
}
