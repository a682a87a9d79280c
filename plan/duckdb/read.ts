import { identifier, quote } from '../../core/engine.ts';
import type { ReadField } from '../relation.ts';
import type { Kind, PlanType } from '../types.ts';
import { duckDbType, tryCastTo } from './types.ts';

type Narrowed = Exclude<Kind, 'string' | 'list' | 'struct'>;

/**
 * Names of DuckDB's types that a kind is narrowed from. Intervals, lists and structs are among those
 * with INT in them too: nothing of theirs can be cast to a number, so that they read as null.
 */
const FAMILIES: Readonly<Record<Narrowed, readonly string[]>> = {
  bool: ['BOOLEAN'],
  int32: ['%INT%'],
  int64: ['%INT%'],
  float64: ['FLOAT', 'DOUBLE'],
  decimal: ['DECIMAL%', '%INT%'],
  binary: ['BLOB'],
  date: ['DATE'],
  timestamp: ['TIMESTAMP%'],
  localTimestamp: ['TIMESTAMP%'],
};

/** Types all of whose values a kind holds, so that a comparison may look through the cast. */
function exactTypes(type: PlanType & { readonly kind: Narrowed }): readonly string[] {
  switch (type.kind) {
    case 'int32':
      return SMALL_INTEGERS;
    case 'int64':
      return [...SMALL_INTEGERS, 'UINTEGER', 'BIGINT'];
    case 'float64':
      return ['FLOAT', 'DOUBLE'];
    case 'timestamp':
    case 'localTimestamp':
      return ['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'];
    default:
      return [duckDbType(type).toUpperCase()];
  }
}

const SMALL_INTEGERS = ['TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT', 'INTEGER'];

/**
 * A source's column as its field wants it: null where a value does not fit, and everywhere if the
 * column is of another family of types. A text is never parsed, a fraction never dropped.
 *
 * DuckDB knows `typeof` when it plans the query, and drops the case and a cast to the type that the
 * column has: such a column costs nothing, and conditions on it reach the scan. A cast that loses
 * values stays behind a case (`behindCase` in types.ts says why).
 */
export function printReadField({ name, from, type, asText }: ReadField): string {
  const column = identifier(from ?? name);
  // Every value has a text.
  if (asText === true || type.kind === 'string') return `cast(${column} as varchar)`;
  const narrowed = tryCastTo(type, column);
  if (type.kind === 'list' || type.kind === 'struct') return narrowed;
  const isExact = `typeof(${column}) in (${exactTypes(type).map(quote).join(', ')})`;
  const isFamily = FAMILIES[type.kind].map((pattern) => `typeof(${column}) like '${pattern}'`);
  const inFamily = isFamily.length > 1 ? `(${isFamily.join(' or ')})` : isFamily.join('');
  return `case when ${isExact} or (${inFamily} and ${column} is not null) then ${narrowed} end`;
}
