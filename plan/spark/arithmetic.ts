import type { Call, CallOf, Expression } from '../expression.ts';
import { float64, type PlanType } from '../types.ts';
import type { Printers } from './printer.ts';
import { sparkType } from './types.ts';
import { failure } from './failure.ts';

/* Integer overflow is Spark's own error (ANSI mode), which the engine maps to VALUE_INVALID. */

/** From here on every float64 is a whole number: 2^52. */
const ALL_WHOLE = '4503599627370496e0';
/** Digits up to which a decimal becomes a float64 directly without rounding twice. */
const DIRECT_PRECISION = 15;

export const ARITHMETIC = {
  plus: ([a, b], call) => ofOwnType(call, `(${a} + ${b})`),
  minus: ([a, b], call) => ofOwnType(call, `(${a} - ${b})`),
  times: ([a, b], call) => ofOwnType(call, `(${a} * ${b})`),
  negate: ([a], call) => negated(call, a),
  abs: ([a], call) =>
    call.type.kind === 'decimal'
      ? `case when ${a} < ${zeroOf(call.type)} then ${negated(call, a)} else ${a} end`
      : `abs(${a})`,
  divide: ([a, b], call) => {
    const [dividend, divisor] = [doubleOf(a, typeAt(call, 0)), doubleOf(b, typeAt(call, 1))];
    return guarded(
      call,
      [a, b],
      `(${dividend} / ${divisor})`,
      `(${dividend} / nullif(${divisor}, 0e0))`,
    );
  },
  quotient: ([a, b], call) => {
    const [dividend, divisor] = [bigintOf(a), bigintOf(b)];
    return guarded(
      call,
      [a, b],
      `(${dividend} div ${divisor})`,
      `(${dividend} div nullif(${divisor}, 0))`,
    );
  },
  remainder: ([a, b], call) => {
    const [dividend, divisor] = [bigintOf(a), bigintOf(b)];
    return guarded(
      call,
      [a, b],
      `(${dividend} % ${divisor})`,
      `(${dividend} % nullif(${divisor}, 0))`,
    );
  },
  sign: ([a]) => `cast(sign(${a}) as int)`,
  round: ([a], call) =>
    `cast(round(${a}, ${String(call.parameters.scale)}) as ${sparkType(call.type)})`,
  floor: ([a], call) => wholeNumber('floor', call, a),
  ceil: ([a], call) => wholeNumber('ceil', call, a),
} satisfies Partial<Printers>;

/** Decimals by a subtraction: Spark 4 rounds what `-` and `abs` make of them to 34 digits. */
function negated(call: Call, a: string): string {
  return call.type.kind === 'decimal'
    ? `cast(cast(0 as decimal(1,0)) - ${a} as ${sparkType(call.type)})`
    : `(- ${a})`;
}

/** Spark's own result type of decimals is one digit wider, or cut at 38. */
function ofOwnType(call: Call, text: string): string {
  return call.type.kind === 'decimal' ? `cast(${text} as ${sparkType(call.type)})` : text;
}

export function doubleOf(text: string, type: PlanType): string {
  if (type.kind === 'float64') return text;
  if (type.kind === 'decimal' && type.precision > DIRECT_PRECISION) {
    return `cast(cast(${text} as string) as double)`;
  }
  return `cast(${text} as double)`;
}

function bigintOf(text: string): string {
  return `cast(${text} as bigint)`;
}

function typeAt({ args }: Call, index: number): PlanType {
  return args[index]?.type ?? float64;
}

/** A division, with what the plan wants of a divisor that is zero. A null beside a zero is null. */
function guarded(
  call: CallOf<'divide' | 'quotient' | 'remainder'>,
  [a, b]: readonly [string, string],
  division: string,
  orNull: string,
): string {
  if (isNotZero(call.args[1])) return division;
  if (call.parameters.onZero === 'null') return orNull;
  const failed = failure(call, [a, b], 'division by zero');
  return `case when ${b} = ${zeroOf(typeAt(call, 1))} and ${a} is not null then ${failed} else ${division} end`;
}

/** Spark would round a decimal of 38 digits behind the point to compare it with an integer. */
function zeroOf(type: PlanType): string {
  return type.kind === 'decimal' ? `cast(0 as ${sparkType(type)})` : '0';
}

function isNotZero(divisor: Expression | undefined): boolean {
  return divisor?.op === 'literal' && divisor.value !== null && Number(divisor.value) !== 0;
}

/** Spark gives floats as bigint, and what does not fit it as the greatest bigint. */
function wholeNumber(name: 'floor' | 'ceil', call: Expression, a: string): string {
  if (call.type.kind === 'decimal') return `cast(${name}(${a}) as ${sparkType(call.type)})`;
  const whole = `cast(${name}(${a}) as double)`;
  // Adding zero turns a negative zero into a positive one.
  return `(case when abs(${a}) < ${ALL_WHOLE} then ${whole} else ${a} end + 0e0)`;
}
