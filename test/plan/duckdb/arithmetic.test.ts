import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Expression } from '../../../plan/expression.ts';
import {
  abs,
  ceil,
  divide,
  floor,
  minus,
  negate,
  plus,
  quotient,
  remainder,
  sign,
  times,
} from '../../../plan/expressions/arithmetic.ts';
import { bigInteger, decimalNumber, double, nullOf } from '../../../plan/expressions/literal.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { decimal, float64, int32, int64 } from '../../../plan/types.ts';
import { openPlans, valuesOf } from './evaluate.ts';

const MIN32 = -(2 ** 31);
const MAX32 = 2 ** 31 - 1;
const MIN64 = -(2n ** 63n);
const MAX64 = 2n ** 63n - 1n;
const invalid = (message: RegExp) => ({
  code: 'VALUE_INVALID',
  message: expect.stringMatching(message) as unknown,
});

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('integers in DuckDB', () => {
  it('keep their kind', async () => {
    const values = await valuesOf(session, int32, [MAX32 - 1, -5, null], (x) => plus(x, 1));
    expect(values).toEqual([MAX32, -4, null]);
    expect(await valuesOf(session, int64, [MAX64, null], (x) => minus(x, 1))).toEqual([
      MAX64 - 1n,
      null,
    ]);
    expect(await valuesOf(session, int32, [-7, 7], (x) => times(x, -3))).toEqual([21, -21]);
    expect(await valuesOf(session, int32, [-7, MAX32, 0], (x) => negate(x))).toEqual([
      7,
      -MAX32,
      0,
    ]);
    expect(await valuesOf(session, int64, [MIN64 + 1n], (x) => abs(x))).toEqual([MAX64]);
    expect(await valuesOf(session, int64, [MIN64, 0n, 9n, null], (x) => sign(x))).toEqual([
      -1,
      0,
      1,
      null,
    ]);
  });

  it.each<[string, (x: Expression<'int32'>) => Expression, number]>([
    ['plus', (x) => plus(x, 1), MAX32],
    ['minus', (x) => minus(x, 1), MIN32],
    ['times', (x) => times(x, 2), 2 ** 30],
    ['negate', (x) => negate(x), MIN32],
    ['abs', (x) => abs(x), MIN32],
  ])('end the run when %s overflows 32 bits', async (_, apply, input) => {
    await expect(valuesOf(session, int32, [input], apply)).rejects.toMatchObject(
      invalid(/^overflow/i),
    );
  });

  it.each<[string, (x: Expression<'int64'>) => Expression, bigint]>([
    ['plus', (x) => plus(x, 1), MAX64],
    ['minus', (x) => minus(x, 1), MIN64],
    ['times', (x) => times(x, 2), 2n ** 62n],
    ['negate', (x) => negate(x), MIN64],
    ['abs', (x) => abs(x), MIN64],
    ['quotient', (x) => quotient(x, -1, { onZero: 'fail' }), MIN64],
  ])('end the run when %s overflows 64 bits', async (_, apply, input) => {
    await expect(valuesOf(session, int64, [input], apply)).rejects.toMatchObject(
      invalid(/^overflow/i),
    );
  });

  it('divide toward zero, and leave the sign of the dividend', async () => {
    const inputs = [7, -7, MIN32, null];
    const by = (divisor: number) => (x: Expression<'int32'>) =>
      quotient(x, divisor, { onZero: 'fail' });
    const rest = (divisor: number) => (x: Expression<'int32'>) =>
      remainder(x, divisor, { onZero: 'fail' });
    expect(await valuesOf(session, int32, inputs, by(2))).toEqual([3n, -3n, -1073741824n, null]);
    expect(await valuesOf(session, int32, inputs, by(-2))).toEqual([-3n, 3n, 1073741824n, null]);
    expect(await valuesOf(session, int32, inputs, by(-1))).toEqual([-7n, 7n, 2147483648n, null]);
    expect(await valuesOf(session, int32, inputs, rest(3))).toEqual([1n, -1n, -2n, null]);
    expect(await valuesOf(session, int32, inputs, rest(-3))).toEqual([1n, -1n, -2n, null]);
  });

  it('have a remainder of zero by -1, at the end of the range as well', async () => {
    const by = (x: Expression<'int64'>) => remainder(bigInteger(MIN64), x, { onZero: 'null' });
    expect(await valuesOf(session, int64, [-1n, 1n, 0n, null, 10n], by)).toEqual([
      0n,
      0n,
      null,
      null,
      -8n,
    ]);
  });

  it('divided by zero are null, or end the run with both values', async () => {
    const seven = bigInteger(7);
    const nothing = nullOf(int64);
    for (const name of ['divide', 'quotient', 'remainder'] as const) {
      const divided = { divide, quotient, remainder }[name] as typeof quotient;
      const orNull = (x: Expression<'int64'>) => divided(seven, x, { onZero: 'null' });
      expect(await valuesOf(session, int64, [0n, null], orNull)).toEqual([null, null]);
      const orFail = (x: Expression<'int64'>) => divided(seven, x, { onZero: 'fail' });
      expect(await valuesOf(session, int64, [null], orFail)).toEqual([null]);
      await expect(valuesOf(session, int64, [0n], orFail)).rejects.toMatchObject(
        invalid(
          /^(divide|quotient|remainder)\(7, x, onZero: "fail"\) of 7 and 0: division by zero$/,
        ),
      );
      // Nothing divided by zero is nothing.
      const ofNull = (x: Expression<'int64'>) => divided(nothing, x, { onZero: 'fail' });
      expect(await valuesOf(session, int64, [0n], ofNull)).toEqual([null]);
    }
  });
});

describe('float64 in DuckDB', () => {
  it('has a quotient of doubles whatever it divides', async () => {
    const byEight = (x: Expression<'int32'>) => divide(x, 8, { onZero: 'fail' });
    expect(await valuesOf(session, int32, [1, -3, null], byEight)).toEqual([0.125, -0.375, null]);
    const byZero = (x: Expression<'float64'>) => divide(double(1), x, { onZero: 'null' });
    expect(await valuesOf(session, float64, [0, -0, Infinity, NaN], byZero)).toEqual([
      null,
      null,
      0,
      NaN,
    ]);
  });

  it('divides decimals as the doubles next to them', async () => {
    const type = decimal(38, 20);
    const value = 123456789012345678_12345678901234567890n;
    const byOne = (x: Expression<'decimal'>) => divide(x, decimalNumber('1'), { onZero: 'fail' });
    expect(await valuesOf(session, type, [value], byOne)).toEqual([
      Number('123456789012345678.12345678901234567890'),
    ]);
  });

  it('follows IEEE 754', async () => {
    const inputs = [0.1, -0, NaN, Infinity, 1.7976931348623157e308, null];
    expect(await valuesOf(session, float64, inputs, (x) => plus(x, 0.2))).toEqual([
      0.30000000000000004,
      0.2,
      NaN,
      Infinity,
      1.7976931348623157e308,
      null,
    ]);
    expect(await valuesOf(session, float64, inputs, (x) => times(x, 10))).toEqual([
      1,
      -0,
      NaN,
      Infinity,
      Infinity,
      null,
    ]);
    expect(await valuesOf(session, float64, [0, 5e-324], (x) => negate(x))).toEqual([-0, -5e-324]);
    expect(await valuesOf(session, float64, [-0, -1.5], (x) => abs(x))).toEqual([0, 1.5]);
  });

  it('has whole numbers without a negative zero', async () => {
    const inputs = [-0.5, -0, 1.5, -1.5, 1e300, NaN, -Infinity];
    expect(await valuesOf(session, float64, inputs, (x) => floor(x))).toEqual([
      -1,
      0,
      1,
      -2,
      1e300,
      NaN,
      -Infinity,
    ]);
    expect(await valuesOf(session, float64, inputs, (x) => ceil(x))).toEqual([
      0,
      0,
      2,
      -1,
      1e300,
      NaN,
      -Infinity,
    ]);
  });
});
