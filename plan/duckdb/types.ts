import { identifier } from '../../core/engine.ts';
import type { PlanType } from '../types.ts';

/** The one DuckDB type that values of a plan type have. */
export function duckDbType(type: PlanType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double';
    case 'decimal':
      return `decimal(${String(type.precision)},${String(type.scale)})`;
    case 'string':
      return 'varchar';
    case 'binary':
      return 'blob';
    case 'date':
      return 'date';
    case 'timestamp':
      return 'timestamptz';
    case 'localTimestamp':
      return 'timestamp';
    case 'list':
      return `${duckDbType(type.item)}[]`;
    case 'struct': {
      const fields = type.fields.map(
        (field) => `${identifier(field.name)} ${duckDbType(field.type)}`,
      );
      return `struct(${fields.join(', ')})`;
    }
  }
}

export function castTo(type: PlanType, sql: string): string {
  return `cast(${sql} as ${duckDbType(type)})`;
}

/** Null where DuckDB finds no value of the type. */
export function tryCastTo(type: PlanType, sql: string): string {
  return `try_cast(${sql} as ${duckDbType(type)})`;
}
