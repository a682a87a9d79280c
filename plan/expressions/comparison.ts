import { call, describeExpression, type Expression } from '../expression.ts';
import { planInvalid } from '../invalid.ts';
import {
  bool,
  type Kind,
  MAX_PRECISION,
  type OrderedKind,
  planTypeName,
  type PlanType,
  sameType,
} from '../types.ts';
import { and } from './logic.ts';
import { type Operand, operand } from './literal.ts';

/*
 * Both sides have one kind: nothing is cast unasked. Decimals may differ in precision and scale as
 * long as one decimal of 38 digits holds both, since engines compare them as that one.
 * NaN equals NaN and is above every number; text compares by its UTF-8 bytes. A null on either side
 * gives null, except in `same`, `isNull` and `isNotNull`.
 */

type Comparison =
  'equal' | 'notEqual' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'same';

export function equal<K extends Kind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return compare('equal', a, b);
}

export function notEqual<K extends Kind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return compare('notEqual', a, b);
}

export function less<K extends OrderedKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return compare('less', a, b);
}

export function lessOrEqual<K extends OrderedKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return compare('lessOrEqual', a, b);
}

export function greater<K extends OrderedKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return compare('greater', a, b);
}

export function greaterOrEqual<K extends OrderedKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return compare('greaterOrEqual', a, b);
}

/** Both ends belong to the range. */
export function isBetween<K extends OrderedKind>(
  a: Expression<K>,
  low: Operand<NoInfer<K>>,
  high: Operand<NoInfer<K>>,
): Expression<'bool'> {
  return and(greaterOrEqual(a, low), lessOrEqual(a, high));
}

/** Null-safe equality: true for two nulls, false for one. */
export function same<K extends Kind>(a: Expression<K>, b: Operand<NoInfer<K>>): Expression<'bool'> {
  return compare('same', a, b);
}

export function isNull(a: Expression): Expression<'bool'> {
  return call('isNull', bool, false, [a], {});
}

export function isNotNull(a: Expression): Expression<'bool'> {
  return call('not', bool, false, [isNull(a)], {});
}

/** @throws JobError `PLAN_INVALID` for an empty list, or one with a null in it. */
export function isIn<K extends OrderedKind>(
  a: Expression<K>,
  values: readonly Operand<NoInfer<K>>[],
): Expression<'bool'> {
  const others = values.map((value) => operand(value as Operand<K>, a.type));
  for (const other of others) assertComparable('isIn', a, other);
  if (
    others.length === 0 ||
    others.some((other) => other.op !== 'literal' || other.value === null)
  ) {
    throw planInvalid(
      `isIn(${describeExpression(a)}): the list must have literals and no null`,
      'list at least one literal; test for null with isNull',
    );
  }
  return call('isIn', bool, a.nullable, [a, ...others], {});
}

function compare<K extends Kind>(
  name: Comparison,
  a: Expression<K>,
  b: Operand<K>,
): Expression<'bool'> {
  const other = operand(b, a.type);
  assertComparable(name, a, other);
  return call(name, bool, name !== 'same' && (a.nullable || other.nullable), [a, other], {});
}

function assertComparable(name: string, a: Expression, b: Expression): void {
  const kind = a.type.kind;
  const comparable = sameType(a.type, b.type) || haveCommonDecimal(a.type, b.type);
  if (comparable && kind !== 'list' && kind !== 'struct') return;
  throw planInvalid(
    `${name}: cannot compare ${planTypeName(a.type)} with ${planTypeName(b.type)} (${describeExpression(a)}, ${describeExpression(b)})`,
    'cast one side to the type of the other',
  );
}

function haveCommonDecimal(a: PlanType, b: PlanType): boolean {
  if (a.kind !== 'decimal' || b.kind !== 'decimal') return false;
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  return whole + Math.max(a.scale, b.scale) <= MAX_PRECISION;
}
