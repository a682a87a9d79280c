import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import {
  type Column,
  type ColumnType,
  evolvedColumns,
  type OutputContract,
  typeName,
} from '../../../core/schema.ts';

/** @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#schema-serialization-format */
const tableSchema = z.object({
  type: z.literal('struct'),
  fields: z.array(
    z.object({
      name: z.string(),
      type: z.unknown(),
      nullable: z.boolean(),
      metadata: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
export type TableField = z.output<typeof tableSchema>['fields'][number];

/** Where Spark keeps the declared length of CHAR and VARCHAR columns, which it enforces on write. */
const DECLARED = '__CHAR_VARCHAR_TYPE_STRING';

export function schemaString(contract: OutputContract): string {
  return JSON.stringify({ type: 'struct', fields: contract.columns.map(fieldOf) });
}

/** A table's schema with columns behind its own, whose fields stay as whoever wrote them has them. */
export function extendedSchema(text: string, columns: readonly Column[]): string {
  const fields: readonly unknown[] = parseSchema(text);
  return JSON.stringify({ type: 'struct', fields: [...fields, ...columns.map(fieldOf)] });
}

/** What a table lacks of the columns that came with the source. */
export function lackingColumns(text: string, contract: OutputContract): readonly Column[] {
  const there = new Set(parseSchema(text).map(({ name }) => name.toLowerCase()));
  return evolvedColumns(contract).filter(({ name }) => !there.has(name));
}

function fieldOf({ name, type, nullable, comment }: Column): TableField {
  const metadata = comment === undefined ? {} : { comment };
  return { name, type: deltaType(type), nullable, metadata };
}

/** @throws JobError `TARGET_FAILED` when the text is no table schema. */
export function parseSchema(text: string): readonly TableField[] {
  try {
    return tableSchema.parse(JSON.parse(text)).fields;
  } catch (error) {
    throw new JobError('TARGET_FAILED', 'the table has a schema that cannot be read', {
      hint: 'check the table with another Delta client',
      cause: error,
    });
  }
}

function deltaType(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'long';
    case 'float64':
      return 'double';
    case 'decimal':
      return typeName(type);
    case 'string':
    case 'binary':
    case 'date':
    case 'timestamp':
      return type.kind;
  }
}

/** Every way in which rows of the contract do not fit the table, as `column: expected, found`. */
export function differences(
  contract: OutputContract,
  fields: readonly TableField[],
): readonly string[] {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const wanted = new Set(contract.columns.map((column) => column.name));
  return [
    ...contract.columns.flatMap((column) => differenceOf(column, byName.get(column.name))),
    ...fields
      .filter((field) => !wanted.has(field.name) && !field.nullable)
      .map((field) => `${field.name}: expected no such column, found one that is not null`),
  ];
}

function differenceOf(column: Column, field: TableField | undefined): readonly string[] {
  const expected = deltaType(column.type);
  if (field === undefined && column.evolved === true) return [];
  if (field === undefined) return [`${column.name}: expected ${expected}, found no such column`];
  const found = typeof field.type === 'string' ? field.type : JSON.stringify(field.type);
  if (found !== expected) return [`${column.name}: expected ${expected}, found ${found}`];
  const declared = field.metadata[DECLARED];
  if (typeof declared === 'string' && !holds(declared, column.type)) {
    return [`${column.name}: expected ${typeName(column.type)}, found ${declared}`];
  }
  if (column.nullable && !field.nullable) {
    return [`${column.name}: expected ${expected} that may be null, found not null`];
  }
  return [];
}

function holds(declared: string, type: ColumnType): boolean {
  const length = /^varchar\((\d+)\)$/i.exec(declared)?.[1];
  if (length === undefined || type.kind !== 'string' || type.maxLength === undefined) return false;
  return type.maxLength <= Number(length);
}
