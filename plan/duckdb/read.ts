import { identifier } from '../../core/engine.ts';
import type { ReadField } from '../relation.ts';
import type { Kind } from '../types.ts';
import { tryCastTo } from './types.ts';

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

/**
 * A source's column as its field wants it: null where a value does not fit, and everywhere if the
 * column is of another family of types. A text is never parsed, a fraction never dropped.
 *
 * DuckDB knows `typeof` when it plans the query, and drops the case and a cast to the type that the
 * column has: such a column costs nothing, and conditions on it reach the scan.
 */
export function printReadField({ name, from, type, asText }: ReadField): string {
  const column = identifier(from ?? name);
  // Every value has a text.
  if (asText === true || type.kind === 'string') return `cast(${column} as varchar)`;
  const narrowed = tryCastTo(type, column);
  if (type.kind === 'list' || type.kind === 'struct') return narrowed;
  const isFamily = FAMILIES[type.kind].map((pattern) => `typeof(${column}) like '${pattern}'`);
  return `case when ${isFamily.join(' or ')} then ${narrowed} end`;
}
