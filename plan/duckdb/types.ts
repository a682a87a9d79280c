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

/**
 * A cast that not every value has a result for, so that it can be compared: DuckDB turns
 * `try_cast(x as integer) <> 16` into `x <> 16`, which is true, not null, of an x beyond 32 bits, and
 * does the same to a cast that should fail. It does not look behind a case.
 */
export function behindCase(value: string, cast: string): string {
  return `case when ${value} is not null then ${cast} end`;
}
