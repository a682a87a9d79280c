import type { DataType } from './generated/spark/connect/types_pb.ts';

/** A column of a result. */
export interface SparkField {
  readonly name: string;
  /** As Spark's SQL writes it: `bigint`, `decimal(10,2)`, `array<struct<a:int>>`. */
  readonly type: string;
  readonly nullable: boolean;
}

const NAMES: Readonly<Record<string, string>> = {
  null: 'void',
  byte: 'tinyint',
  short: 'smallint',
  integer: 'int',
  long: 'bigint',
  timestampNtz: 'timestamp_ntz',
  calendarInterval: 'interval',
};

/** The columns of a schema, which is a struct. */
export function fieldsOf(schema: DataType | undefined): readonly SparkField[] {
  if (schema?.kind.case !== 'struct') return [];
  return schema.kind.value.fields.map(({ name, dataType, nullable }) => ({
    name,
    type: typeText(dataType),
    nullable,
  }));
}

/** Parameters of intervals and times are left out: nothing here reads such columns. */
function typeText(type: DataType | undefined): string {
  const kind = type?.kind ?? { case: undefined };
  switch (kind.case) {
    case undefined:
      return 'void';
    case 'decimal':
      return `decimal(${String(kind.value.precision ?? 10)},${String(kind.value.scale ?? 0)})`;
    case 'char':
      return `char(${String(kind.value.length)})`;
    case 'varChar':
      return `varchar(${String(kind.value.length)})`;
    case 'array':
      return `array<${typeText(kind.value.elementType)}>`;
    case 'map':
      return `map<${typeText(kind.value.keyType)},${typeText(kind.value.valueType)}>`;
    case 'struct': {
      const fields = kind.value.fields.map(({ name, dataType }) => `${name}:${typeText(dataType)}`);
      return `struct<${fields.join(',')}>`;
    }
    case 'unparsed':
      return kind.value.dataTypeString;
    default:
      return NAMES[kind.case] ?? kind.case.toLowerCase();
  }
}

const DUCKDB_NAMES: Readonly<Record<string, string>> = {
  int: 'INTEGER',
  string: 'VARCHAR',
  binary: 'BLOB',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
};

/** A Spark type as DuckDB names it; nested types keep Spark's form, in capitals. */
export function duckDbType(type: string): string {
  return DUCKDB_NAMES[type] ?? type.toUpperCase();
}
