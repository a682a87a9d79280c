import { describe, expect, it } from '@jest/globals';
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
  round,
  sign,
  times,
} from '../../../plan/expressions/arithmetic.ts';
import { decimal, float64, int32, int64 } from '../../../plan/types.ts';
import { column, failure, map } from './values.ts';

const MAX32 = 2147483647;
const MIN32 = -2147483648;
const MAX64 = 9223372036854775807n;
const MIN64 = -9223372036854775808n;

describe('arithmetic in TypeScript', () => {
  it('keeps integers exact and null where an operand is', () => {
    expect(map(int32, (a) => plus(a, 1), [1, -1, null, MAX32 - 1])).toEqual([2, 0, null, MAX32]);
    expect(map(int64, (a) => minus(a, 1n), [0n, MIN64 + 1n])).toEqual([-1n, MIN64]);
    expect(map(int64, (a) => times(a, 3n), [3074457345618258602n])).toEqual([9223372036854775806n]);
  });

  it.each([
    ['plus', () => map(int32, (a) => plus(a, 1), [MAX32])],
    ['minus', () => map(int32, (a) => minus(a, 1), [MIN32])],
    ['times', () => map(int32, (a) => times(a, 2), [MAX32])],
    ['negate', () => map(int32, negate, [MIN32])],
    ['abs', () => map(int32, abs, [MIN32])],
    ['plus', () => map(int64, (a) => plus(a, 1n), [MAX64])],
    ['times', () => map(int64, (a) => times(a, -1n), [MIN64])],
    ['negate', () => map(int64, negate, [MIN64])],
    ['abs', () => map(int64, abs, [MIN64])],
    ['quotient', () => map(int64, (a) => quotient(a, -1n, { onZero: 'fail' }), [MIN64])],
  ])('refuses a result of %s beyond the integer type', (name, work) => {
    expect(failure(work)).toMatch(new RegExp(`^${name}\\(a.*: the result is beyond int(32|64)$`));
  });

  it('names the expression and the values that have no result', () => {
    expect(failure(() => map(int32, (a) => plus(a, 1), [5, MAX32]))).toBe(
      'plus(a, 1) of 2147483647 and 1: the result is beyond int32',
    );
    expect(failure(() => map(int32, (a) => divide(a, 0, { onZero: 'fail' }), [7]))).toBe(
      'divide(a, 0, onZero: "fail") of 7 and 0: division by zero',
    );
  });

  it('never gives a negative zero for integers', () => {
    const [product, negated] = [
      map(int32, (a) => times(a, -5), [0])[0],
      map(int32, negate, [0])[0],
    ];
    expect([Object.is(product, 0), Object.is(negated, 0)]).toEqual([true, true]);
  });

  it('adds and multiplies decimals without rounding', () => {
    const price = decimal(5, 2);
    expect(map(price, (a) => plus(a, column(decimal(4, 3), 'a')), [])).toEqual([]);
    expect(map(price, (a) => times(a, a), [150n, -999n])).toEqual([22500n, 998001n]);
    expect(map(price, (a) => minus(a, a), [150n])).toEqual([0n]);
  });

  it('divides as float64 and gives null or an error at zero', () => {
    const orNull = { onZero: 'null' } as const;
    expect(map(int32, (a) => divide(a, 2, orNull), [7, null])).toEqual([3.5, null]);
    expect(map(float64, (a) => divide(a, -0, orNull), [1, NaN])).toEqual([null, null]);
    expect(map(decimal(38, 0), (a) => divide(a, a, orNull), [10n ** 37n, 0n])).toEqual([1, null]);
  });

  it('truncates integer division toward zero; the remainder has the sign of the dividend', () => {
    const orNull = { onZero: 'null' } as const;
    expect(map(int32, (a) => quotient(a, 2, orNull), [7, -7, MIN32])).toEqual([
      3n,
      -3n,
      -1073741824n,
    ]);
    expect(map(int32, (a) => remainder(a, 3, orNull), [7, -7, 0])).toEqual([1n, -1n, 0n]);
    expect(map(int64, (a) => remainder(a, -1n, orNull), [MIN64])).toEqual([0n]);
    expect(map(int64, (a) => remainder(a, 0n, orNull), [5n])).toEqual([null]);
  });

  it('rounds decimals half away from zero', () => {
    const type = decimal(5, 3);
    const values = [1234n, 1235n, -1235n, -1234n, 1245n];
    expect(map(type, (a) => round(a, 2), values)).toEqual([123n, 124n, -124n, -123n, 125n]);
    expect(map(decimal(3, 1), (a) => round(a, 0), [995n, -995n, 4n, 5n])).toEqual([
      100n,
      -100n,
      0n,
      1n,
    ]);
  });

  it('rounds down and up to whole numbers, never to -0', () => {
    expect(map(float64, floor, [-0.5, 1e300, 2.5])).toEqual([-1, 1e300, 2]);
    expect(map(float64, ceil, [-0.5, 2.5])).toEqual([0, 3]);
    expect(map(float64, floor, [NaN, Infinity])).toEqual([NaN, Infinity]);
    expect(map(decimal(3, 1), floor, [-15n, 15n, -10n])).toEqual([-2n, 1n, -1n]);
    expect(map(decimal(3, 1), ceil, [-15n, 15n, 10n])).toEqual([-1n, 2n, 1n]);
  });

  it('gives the sign of exact numbers', () => {
    expect(map(decimal(38, 2), sign, [-1n, 0n, 10n ** 30n])).toEqual([-1, 0, 1]);
  });
});
