import type { Call, CallOf } from '../expression.ts';
import { decimalText } from '../expression.ts';
import type { OnError } from '../functions.ts';
import type { PlanType } from '../types.ts';
import type { Compile } from './functions.ts';
import { powerOfTen, rescale } from './decimal.ts';
import { binary, given, NoResult, unary, type Vector } from './vector.ts';

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

export const arithmetic = {
  plus: (call, args) => {
    const [left, right] = scales(call);
    return numbers(call, args, {
      number: (a, b) => a + b,
      bigint: (a, b) => a + b,
      decimal: (a, b) => a * left + b * right,
    });
  },
  minus: (call, args) => {
    const [left, right] = scales(call);
    return numbers(call, args, {
      number: (a, b) => a - b,
      bigint: (a, b) => a - b,
      decimal: (a, b) => a * left - b * right,
    });
  },
  times: (call, args) =>
    numbers(call, args, {
      number: (a, b) => a * b,
      bigint: (a, b) => a * b,
      decimal: (a, b) => a * b,
    }),
  negate: (call, args) =>
    number(call, args, {
      int32: (a) => int32(0 - a),
      float64: (a) => -a,
      int64: (a) => int64(-a),
      decimal: (a) => -a,
    }),
  abs: (call, args) =>
    number(call, args, {
      int32: (a) => int32(Math.abs(a)),
      float64: Math.abs,
      int64: (a) => int64(a < 0n ? -a : a),
      decimal: (a) => (a < 0n ? -a : a),
    }),
  sign: (call, args) => unary(call, args, (a: number | bigint) => (a > 0 ? 1 : a < 0 ? -1 : 0)),
  divide: (call, args) => {
    const [a, b] = call.args;
    const left = toFloat(given(a).type);
    const right = toFloat(given(b).type);
    return binary(call, args, (x: number | bigint, y: number | bigint) => {
      const divisor = right(y);
      return divisor === 0 ? noQuotient(call.parameters.onZero) : left(x) / divisor;
    });
  },
  quotient: (call, args) =>
    binary(call, args, (a: number | bigint, b: number | bigint) =>
      Number(b) === 0 ? noQuotient(call.parameters.onZero) : int64(BigInt(a) / BigInt(b)),
    ),
  remainder: (call, args) =>
    binary(call, args, (a: number | bigint, b: number | bigint) =>
      Number(b) === 0 ? noQuotient(call.parameters.onZero) : BigInt(a) % BigInt(b),
    ),
  round: (call, args) => {
    const own = decimalScale(given(call.args[0]).type);
    return unary(call, args, (a: bigint) => rescale(a, own, call.parameters.scale));
  },
  // Zero is added so that -0.5 rounds up to 0, not to -0.
  floor: (call, args) =>
    number(call, args, {
      float64: (a) => Math.floor(a) + 0,
      decimal: whole(call, (a, unit) => (a < 0n && a % unit !== 0n ? a / unit - 1n : a / unit)),
    }),
  ceil: (call, args) =>
    number(call, args, {
      float64: (a) => Math.ceil(a) + 0,
      decimal: whole(call, (a, unit) => (a > 0n && a % unit !== 0n ? a / unit + 1n : a / unit)),
    }),
} satisfies Partial<Compile>;

interface Kernels {
  readonly number: (a: number, b: number) => number;
  readonly bigint: (a: bigint, b: bigint) => bigint;
  readonly decimal: (a: bigint, b: bigint) => bigint;
}

function numbers(call: Call, args: readonly Vector[], kernels: Kernels): Vector {
  const { number: float, bigint: integer } = kernels;
  switch (call.type.kind) {
    case 'int32':
      return binary(call, args, (a: number, b: number) => int32(float(a, b)));
    case 'int64':
      return binary(call, args, (a: bigint, b: bigint) => int64(integer(a, b)));
    case 'decimal':
      return binary(call, args, kernels.decimal);
    default:
      return binary(call, args, float);
  }
}

interface Kernel {
  readonly int32?: (a: number) => number;
  readonly float64: (a: number) => number;
  readonly int64?: (a: bigint) => bigint;
  readonly decimal: (a: bigint) => bigint;
}

function number(call: Call, args: readonly Vector[], kernel: Kernel): Vector {
  switch (call.type.kind) {
    case 'int32':
      return unary(call, args, given(kernel.int32));
    case 'int64':
      return unary(call, args, given(kernel.int64));
    case 'decimal':
      return unary(call, args, kernel.decimal);
    default:
      return unary(call, args, kernel.float64);
  }
}

/** Adding zero turns the -0 that a product of integers can give into 0. */
function int32(value: number): number {
  if (value > INT32_MAX || value < INT32_MIN) throw new NoResult('the result is beyond int32');
  return value + 0;
}

function int64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new NoResult('the result is beyond int64');
  return value;
}

function noQuotient(onZero: OnError): null {
  if (onZero === 'null') return null;
  throw new NoResult('division by zero');
}

function toFloat(type: PlanType): (value: number | bigint) => number {
  if (type.kind !== 'decimal') return Number;
  const { scale } = type;
  // By way of the text, which is rounded once and not twice.
  return (value) => Number(decimalText(BigInt(value), scale));
}

/** Factors that bring both decimals to the result's scale; 1 for other kinds. */
function scales({ type, args: [a, b] }: CallOf<'plus' | 'minus'>): readonly [bigint, bigint] {
  const scale = decimalScale(type);
  const factor = (each: PlanType) => powerOfTen(scale - decimalScale(each));
  return [factor(given(a).type), factor(given(b).type)];
}

function whole(
  { args: [a] }: CallOf<'floor' | 'ceil'>,
  divide: (value: bigint, unit: bigint) => bigint,
): (value: bigint) => bigint {
  const unit = 10n ** BigInt(decimalScale(given(a).type));
  return (value) => divide(value, unit);
}

function decimalScale(type: PlanType): number {
  return type.kind === 'decimal' ? type.scale : 0;
}
