import type { Expression } from '../../plan/expression.ts';
import { cast } from '../../plan/expressions/cast.ts';
import { decimalNumber } from '../../plan/expressions/literal.ts';
import {
  decimal,
  float64,
  int64,
  planTypeName,
  type PlanType,
  sameType,
} from '../../plan/types.ts';

/** Every int64 fits. */
const WHOLE = decimal(19, 0);

/** Two values as one kind, so that they can be compared: whole numbers, then decimals, then floats. */
export function promoted(a: Expression, b: Expression): readonly [Expression, Expression] {
  const kinds = [a.type.kind, b.type.kind];
  if (!isNumber(a.type) || !isNumber(b.type)) {
    if (sameType(a.type, b.type)) return [a, b];
    throw new RangeError(`${planTypeName(a.type)} and ${planTypeName(b.type)} do not compare`);
  }
  if (kinds.includes('float64')) return [cast(a, float64), cast(b, float64)];
  if (kinds.includes('decimal')) return [exact(a), exact(b)];
  return [cast(a, int64), cast(b, int64)];
}

/** A number without rounding and without overflow: whole ones become decimals. */
export function exact(value: Expression): Expression {
  const { type } = value;
  if (type.kind !== 'int32' && type.kind !== 'int64') return value;
  return value.op === 'literal' && value.value !== null
    ? decimalNumber(String(value.value))
    : cast(value, WHOLE);
}

export function isNumber(type: PlanType): boolean {
  return ['int32', 'int64', 'decimal', 'float64'].includes(type.kind);
}
