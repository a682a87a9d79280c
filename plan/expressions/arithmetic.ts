import { call, describeExpression, type Expression } from '../expression.ts';
import type { OnError } from '../functions.ts';
import { planInvalid } from '../invalid.ts';
import {
  decimal,
  float64,
  int32,
  int64,
  type IntegerKind,
  MAX_PRECISION,
  type NumberKind,
  planTypeName,
  type PlanType,
  type TypeOf,
} from '../types.ts';
import { type Operand, operand } from './literal.ts';

/*
 * Integers keep their kind and fail on overflow; decimals are exact, with a result type that has
 * room for every result, or the plan is refused; float64 is IEEE 754.
 */

export function plus<K extends NumberKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<K> {
  return binary('plus', a, b, sumType);
}

export function minus<K extends NumberKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<K> {
  return binary('minus', a, b, sumType);
}

export function times<K extends NumberKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<K> {
  return binary('times', a, b, productType);
}

export function negate<K extends NumberKind>(a: Expression<K>): Expression<K> {
  return call<K, 'negate'>('negate', a.type, a.nullable, [a], {});
}

export function abs<K extends NumberKind>(a: Expression<K>): Expression<K> {
  return call<K, 'abs'>('abs', a.type, a.nullable, [a], {});
}

/** -1, 0 or 1; NaN has none. */
export function sign(a: Expression<Exclude<NumberKind, 'float64'>>): Expression<'int32'> {
  return call('sign', int32, a.nullable, [a], {});
}

/** The quotient as float64. */
export function divide<K extends NumberKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
  { onZero }: { readonly onZero: OnError },
): Expression<'float64'> {
  const other = operand(b, a.type);
  return call('divide', float64, onZero === 'null' || a.nullable || other.nullable, [a, other], {
    onZero,
  });
}

/** Integer division, truncated toward zero. */
export function quotient<K extends IntegerKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
  { onZero }: { readonly onZero: OnError },
): Expression<'int64'> {
  const other = operand(b, a.type);
  return call('quotient', int64, onZero === 'null' || a.nullable || other.nullable, [a, other], {
    onZero,
  });
}

/** What integer division leaves, with the sign of the dividend. */
export function remainder<K extends IntegerKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
  { onZero }: { readonly onZero: OnError },
): Expression<'int64'> {
  const other = operand(b, a.type);
  return call('remainder', int64, onZero === 'null' || a.nullable || other.nullable, [a, other], {
    onZero,
  });
}

/** Half away from zero. @throws JobError `PLAN_INVALID` unless 0 <= scale <= the value's own. */
export function round(a: Expression<'decimal'>, scale: number): Expression<'decimal'> {
  const { precision, scale: own } = a.type;
  if (!Number.isInteger(scale) || scale < 0 || scale > own) {
    throw planInvalid(
      `round(${describeExpression(a)}, ${String(scale)}): the scale is ${String(own)}`,
      `round to 0 to ${String(own)} digits`,
    );
  }
  const room = Math.min(MAX_PRECISION, precision - own + scale + (scale < own ? 1 : 0));
  return call('round', decimal(Math.max(room, 1), scale), a.nullable, [a], { scale });
}

/** The greatest whole number not above the value. */
export function floor<K extends 'decimal' | 'float64'>(a: Expression<K>): Expression<K> {
  return call<K, 'floor'>('floor', wholeType<K>(a.type), a.nullable, [a], {});
}

/** The least whole number not below the value. */
export function ceil<K extends 'decimal' | 'float64'>(a: Expression<K>): Expression<K> {
  return call<K, 'ceil'>('ceil', wholeType<K>(a.type), a.nullable, [a], {});
}

function wholeType<K extends 'decimal' | 'float64'>(type: TypeOf<K>): TypeOf<K> {
  const plain: PlanType = type;
  if (plain.kind !== 'decimal') return type;
  const { precision, scale } = plain;
  const room = Math.min(MAX_PRECISION, precision - scale + (scale > 0 ? 1 : 0));
  return decimal(Math.max(room, 1), 0) as TypeOf<K>;
}

function binary<K extends NumberKind>(
  name: 'plus' | 'minus' | 'times',
  a: Expression<K>,
  b: Operand<K>,
  decimals: (a: TypeOf<'decimal'>, b: TypeOf<'decimal'>) => readonly [number, number],
): Expression<K> {
  const other = operand(b, a.type);
  return call<K, typeof name>(
    name,
    resultType(name, a, other, decimals),
    a.nullable || other.nullable,
    [a, other],
    {},
  );
}

function resultType<K extends NumberKind>(
  name: string,
  a: Expression<K>,
  b: Expression<K>,
  decimals: (a: TypeOf<'decimal'>, b: TypeOf<'decimal'>) => readonly [number, number],
): TypeOf<K> {
  const [left, right]: readonly PlanType[] = [a.type, b.type];
  if (left?.kind !== right?.kind) {
    throw planInvalid(
      `${name}: ${planTypeName(a.type)} and ${planTypeName(b.type)} (${describeExpression(a)}, ${describeExpression(b)})`,
      'cast one side to the type of the other',
    );
  }
  if (left?.kind !== 'decimal' || right?.kind !== 'decimal') return a.type;
  const [precision, scale] = decimals(left, right);
  if (precision > MAX_PRECISION) {
    throw planInvalid(
      `${name} of ${planTypeName(left)} and ${planTypeName(right)} needs ${String(precision)} digits`,
      `${String(MAX_PRECISION)} is the most every engine has: cast the operands to fewer`,
    );
  }
  return decimal(precision, scale) as TypeOf<K>;
}

function sumType(a: TypeOf<'decimal'>, b: TypeOf<'decimal'>): readonly [number, number] {
  const scale = Math.max(a.scale, b.scale);
  return [Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale];
}

function productType(a: TypeOf<'decimal'>, b: TypeOf<'decimal'>): readonly [number, number] {
  return [a.precision + b.precision, a.scale + b.scale];
}
