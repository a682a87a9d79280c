import { identifier } from '../../../core/engine.ts';
import type { Column, ColumnType, OutputContract } from '../../../core/schema.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';

/** A column of an existing table, its type as `format_type` prints it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  /** Name of its collation; empty when it has none. */
  readonly collation: string;
  readonly comment: string | null;
}

/** The type that we create, spelled as `format_type` prints it. */
export function postgresType(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double precision';
    case 'binary':
      return 'bytea';
    case 'date':
      return 'date';
    case 'timestamp':
      return 'timestamp with time zone';
    case 'string':
      return type.maxLength === undefined ? 'text' : `character varying(${type.maxLength})`;
    case 'decimal':
      return `numeric(${type.precision},${type.scale})`;
  }
}

/** Keys compare by bytes: it is faster, and no collation update of the system can break the index. */
function collationOf(column: Column, contract: OutputContract): string {
  if (column.type.kind !== 'string') return '';
  return contract.key.includes(column.name) ? 'C' : 'default';
}

const MAX_NAME_BYTES = 63;

/**
 * @param named - the table that `table` becomes: since Postgres 18 NOT NULL has a name too, and it
 *   should not tell of the staging table later.
 */
export function createTable(
  table: TableName,
  contract: OutputContract,
  kind: 'logged' | 'unlogged',
  named: string,
): string {
  const columns = contract.columns.map((column) => {
    const collate = collationOf(column, contract) === 'C' ? ' collate "C"' : '';
    const constraint = `${named}_${column.name}_not_null`;
    const name =
      Buffer.byteLength(constraint) > MAX_NAME_BYTES ? '' : ` constraint ${identifier(constraint)}`;
    const notNull = column.nullable ? '' : `${name} not null`;
    return `${identifier(column.name)} ${postgresType(column.type)}${collate}${notNull}`;
  });
  const unlogged = kind === 'unlogged' ? 'unlogged ' : '';
  return `create ${unlogged}table ${qualified(table)} (\n  ${columns.join(',\n  ')}\n)`;
}

/** Whether the table is just what `createTable` makes; else it is somebody's own design. */
export function isOurs(columns: readonly TableColumn[], contract: OutputContract): boolean {
  return (
    columns.length === contract.columns.length &&
    contract.columns.every((column, index) => {
      const found = columns[index];
      return (
        found?.name === column.name &&
        found.type === postgresType(column.type) &&
        found.notNull === !column.nullable &&
        found.collation === collationOf(column, contract)
      );
    })
  );
}

/** Every difference that would lose values, break the contract or leave a column unfilled. */
export function differences(
  columns: readonly TableColumn[],
  contract: OutputContract,
): readonly string[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const wanted = new Set(contract.columns.map((column) => column.name));
  const found = contract.columns.flatMap((column) => {
    const existing = byName.get(column.name);
    const type = postgresType(column.type);
    if (existing === undefined) {
      return column.evolved === true ? [] : [`"${column.name}" is missing (${type})`];
    }
    const problems: string[] = [];
    if (!holds(existing.type, column.type)) {
      problems.push(`"${column.name}" is ${existing.type}, expected ${type}`);
    }
    if (existing.notNull && column.nullable) {
      problems.push(`"${column.name}" is not null, expected nullable`);
    } else if (!existing.notNull && !column.nullable) {
      problems.push(`"${column.name}" is nullable, expected not null`);
    }
    return problems;
  });
  const extra = columns.filter((column) => !wanted.has(column.name));
  return [...found, ...extra.map(({ name, type }) => `"${name}" (${type}) is not expected`)];
}

/** Whether every value of `type` fits into the Postgres type unchanged. */
function holds(existing: string, type: ColumnType): boolean {
  const [base, first, second] = parseType(existing);
  switch (type.kind) {
    case 'string': {
      if (existing === 'text' || existing === 'character varying') return true;
      if (type.maxLength === undefined || first === undefined) return false;
      // A longer character(n) would pad with blanks.
      if (base === 'character') return first === type.maxLength;
      return base === 'character varying' && first >= type.maxLength;
    }
    case 'decimal':
      if (existing === 'numeric') return true;
      return base === 'numeric' && first !== undefined && second === type.scale
        ? first >= type.precision
        : false;
    case 'int32':
      return existing === 'integer' || existing === 'bigint';
    default:
      return existing === postgresType(type);
  }
}

function parseType(text: string): readonly [string, number?, number?] {
  const match = /^([a-z ]+)\((\d+)(?:,(-?\d+))?\)$/.exec(text);
  if (match === null) return [text];
  const [, base = '', first, second] = match;
  return second === undefined ? [base, Number(first)] : [base, Number(first), Number(second)];
}
