import { identifier, quote } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { ColumnType, OutputContract } from '../../../core/schema.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';
import type { Layout } from './layout.ts';

/** Lengths are in bytes, and a character of UTF-8 takes up to four. */
const BYTES_PER_CHARACTER = 4;
const MAX_BYTES = 65_535;

/** A column of an existing table, its type as `format_type` prints it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

/** The type that we create, spelled as `format_type` prints it. */
export function redshiftType(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double precision';
    case 'date':
      return 'date';
    case 'timestamp':
      return 'timestamp with time zone';
    case 'string':
      return `character varying(${bytesOf(type.maxLength)})`;
    case 'decimal':
      return `numeric(${type.precision},${type.scale})`;
    case 'binary':
      throw new JobError('NOT_SUPPORTED', 'the Redshift writer does not load binary columns', {
        hint: 'load them into Delta or Parquet',
      });
  }
}

function bytesOf(maxLength: number | undefined): number {
  if (maxLength === undefined) return MAX_BYTES;
  return Math.min(maxLength * BYTES_PER_CHARACTER, MAX_BYTES);
}

/**
 * What COPY fills: it has no TIMESTAMPTZ in columnar files, so instants come as TIMESTAMP in UTC.
 *
 * @param names - the contract's columns in the order of the files, by which COPY takes them.
 */
export function createStage(
  stage: string,
  contract: OutputContract,
  names: readonly string[],
): string {
  const types = new Map(contract.columns.map(({ name, type }) => [name, type]));
  const columns = names.map((name) => {
    const type = types.get(name);
    if (type === undefined) {
      throw new JobError('INTERNAL', `the result has a column "${name}" beside the contract`);
    }
    const stored = type.kind === 'timestamp' ? 'timestamp' : redshiftType(type);
    return `${identifier(name)} ${stored}`;
  });
  return `create temporary table ${identifier(stage)} (\n  ${columns.join(',\n  ')}\n)`;
}

/** The staged columns as the target has them, in the contract's order. */
export function stagedValues(contract: OutputContract): string {
  return contract.columns
    .map(({ name, type }) => {
      const column = identifier(name);
      return type.kind === 'timestamp' ? `${column} at time zone 'UTC'` : column;
    })
    .join(', ');
}

/** The statements that make the table; Redshift does not enforce the key, but plans with it. */
export function createTable(
  table: TableName,
  contract: OutputContract,
  layout: Layout,
): readonly string[] {
  const columns = contract.columns.map(
    ({ name, type, nullable }) =>
      `${identifier(name)} ${redshiftType(type)}${nullable ? '' : ' not null'}`,
  );
  const key = contract.key.map((name) => identifier(name)).join(', ');
  return [
    `create table ${qualified(table)} (\n  ${[...columns, `primary key (${key})`].join(',\n  ')}\n) ${layout.clauses}`,
    ...comments(table, contract),
  ];
}

function comments(table: TableName, contract: OutputContract): readonly string[] {
  const on = (what: string, comment: string | undefined) =>
    // Whether a backslash in a literal is one depends on the server: none is sent.
    comment === undefined ? [] : [`comment on ${what} is ${quote(comment.replaceAll('\\', '/'))}`];
  return [
    ...on(`table ${qualified(table)}`, contract.comment),
    ...contract.columns.flatMap(({ name, comment }) =>
      on(`column ${qualified(table)}.${identifier(name)}`, comment),
    ),
  ];
}

/** Every difference that would lose values, break the contract or leave a column unfilled. */
export function differences(
  columns: readonly TableColumn[],
  contract: OutputContract,
): readonly string[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const wanted = new Set(contract.columns.map((column) => column.name));
  const found = contract.columns.flatMap(({ name, type, nullable, evolved }) => {
    const existing = byName.get(name);
    const expected = redshiftType(type);
    if (existing === undefined) {
      return evolved === true ? [] : [`"${name}" is missing (${expected})`];
    }
    const problems: string[] = [];
    if (!holds(existing.type, type)) {
      problems.push(`"${name}" is ${existing.type}, expected ${expected}`);
    }
    if (existing.notNull && nullable) {
      problems.push(`"${name}" is not null, expected nullable`);
    } else if (!existing.notNull && !nullable) {
      problems.push(`"${name}" is nullable, expected not null`);
    }
    return problems;
  });
  const extra = columns.filter((column) => !wanted.has(column.name));
  return [...found, ...extra.map(({ name, type }) => `"${name}" (${type}) is not expected`)];
}

/**
 * Whether values of `type` fit into the existing type unchanged. A varchar may be shorter than four
 * bytes per character: an insert of a longer value fails, and never cuts it.
 */
function holds(existing: string, type: ColumnType): boolean {
  const length = /^character varying\((\d+)\)$/.exec(existing)?.[1];
  const decimal = /^numeric\((\d+),(\d+)\)$/.exec(existing);
  switch (type.kind) {
    case 'string':
      return length !== undefined && Number(length) >= Math.min(type.maxLength ?? 1, MAX_BYTES);
    case 'decimal':
      return Number(decimal?.[1]) >= type.precision && Number(decimal?.[2]) === type.scale;
    case 'int32':
      return existing === 'integer' || existing === 'bigint';
    default:
      return existing === redshiftType(type);
  }
}
