import type { PlanType } from '../types.ts';
import { sparkName } from './names.ts';

/** A type as Spark's SQL names it; `timestamp` alone would depend on a setting. */
export function sparkType(type: PlanType): string {
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
      return `decimal(${String(type.precision)},${String(type.scale)})`;
    case 'timestamp':
      return 'timestamp_ltz';
    case 'localTimestamp':
      return 'timestamp_ntz';
    case 'list':
      return `array<${sparkType(type.item)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${sparkName(field.name)}: ${sparkType(field.type)}`).join(', ')}>`;
    case 'string':
    case 'binary':
    case 'date':
      return type.kind;
  }
}
