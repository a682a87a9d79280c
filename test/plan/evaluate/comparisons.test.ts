import { describe, expect, it } from '@jest/globals';
import type { Expression } from '../../../plan/expression.ts';
import { divide } from '../../../plan/expressions/arithmetic.ts';
import {
  equal,
  greater,
  greaterOrEqual,
  isIn,
  isNull,
  less,
  lessOrEqual,
  notEqual,
  same,
} from '../../../plan/expressions/comparison.ts';
import { coalesce, greatest, least, nullIf, when } from '../../../plan/expressions/conditional.ts';
import {
  boolean,
  decimalNumber,
  double,
  integer,
  nullOf,
  text,
} from '../../../plan/expressions/literal.ts';
import { and, not, or } from '../../../plan/expressions/logic.ts';
import { bool, decimal, float64, int32, int64, string } from '../../../plan/types.ts';
import { column, failure, map, valueOf } from './values.ts';

const NONE = nullOf(bool);
const [YES, NO] = [boolean(true), boolean(false)];

describe('comparison in TypeScript', () => {
  it('compares text by its UTF-8 bytes, beyond the basic plane too', () => {
    const before = (a: string, b: string) => valueOf(less(text(a), b));
    expect(before('～', '😀')).toBe(true);
    expect(before('😀', '～')).toBe(false);
    expect(before('a', 'a ')).toBe(true);
    expect(before('Z', 'a')).toBe(true);
    expect(before('ab', 'b')).toBe(true);
    expect(before('é', 'e\u0301')).toBe(false);
  });

  it('has NaN equal to itself and above every number, and one zero', () => {
    const values = [NaN, Infinity, -0, null];
    expect(map(float64, (a) => equal(a, NaN), values)).toEqual([true, false, false, null]);
    expect(map(float64, (a) => greater(a, Infinity), values)).toEqual([true, false, false, null]);
    expect(map(float64, (a) => notEqual(a, 0), values)).toEqual([true, true, false, null]);
    expect(map(float64, (a) => isIn(a, [NaN, 0]), values)).toEqual([true, false, true, null]);
  });

  it('compares decimals of different scales by value', () => {
    const half = decimalNumber('0.5');
    expect(map(decimal(5, 2), (a) => equal(a, half), [50n, 51n])).toEqual([true, false]);
    expect(map(decimal(5, 2), (a) => lessOrEqual(a, half), [50n, 51n])).toEqual([true, false]);
    expect(map(decimal(5, 2), (a) => isIn(a, [half]), [50n, 5n])).toEqual([true, false]);
  });

  it('compares int64 beyond what a double holds', () => {
    const big = 2n ** 53n;
    expect(map(int64, (a) => equal(a, big), [big, big + 1n])).toEqual([true, false]);
    expect(map(int64, (a) => greaterOrEqual(a, big + 1n), [big, big + 1n])).toEqual([false, true]);
  });

  it('is null with a null, except where it asks for one', () => {
    expect(map(int32, (a) => less(a, 1), [null])).toEqual([null]);
    expect(map(int32, (a) => isIn(a, [1]), [null])).toEqual([null]);
    expect(map(int32, isNull, [null, 0])).toEqual([true, false]);
    expect(map(int32, (a) => same(a, nullOf(int32)), [null, 0])).toEqual([true, false]);
    expect(map(int32, (a) => same(a, 0), [null, 0])).toEqual([false, true]);
  });
});

describe('logic in TypeScript', () => {
  it('has three values', () => {
    const both = [YES, NO, NONE].map((a) => [YES, NO, NONE].map((b) => valueOf(and(a, b))));
    expect(both).toEqual([
      [true, false, null],
      [false, false, false],
      [null, false, null],
    ]);
    const either = [YES, NO, NONE].map((a) => [YES, NO, NONE].map((b) => valueOf(or(a, b))));
    expect(either).toEqual([
      [true, true, true],
      [true, false, null],
      [true, null, null],
    ]);
    expect([YES, NO, NONE].map((a) => valueOf(not(a)))).toEqual([false, true, null]);
    expect([valueOf(and()), valueOf(or())]).toEqual([true, false]);
  });

  it('looks at no branch that is not taken', () => {
    const inverse = (a: Expression<'int32'>) => divide(integer(1), a, { onZero: 'fail' });
    const safe = (a: Expression<'int32'>) => when(equal(a, 0), double(0)).otherwise(inverse(a));
    expect(map(int32, safe, [0, 2, null])).toEqual([0, 0.5, null]);
    expect(map(int32, (a) => coalesce(double(1), inverse(a)), [0])).toEqual([1]);
    expect(failure(() => map(int32, inverse, [0]))).toContain('division by zero');
  });

  it('takes the first condition that is true, and a null for false', () => {
    const letter = column(string);
    const decode = when(equal(letter, 'a'), integer(1))
      .when(isIn(letter, ['a', 'b']), integer(2))
      .when(isNull(letter), integer(3));
    expect(map(string, () => decode.orNull(), ['a', 'b', null, 'c'])).toEqual([1, 2, 3, null]);
    const plain = when(equal(letter, 'a'), integer(1)).when(equal(letter, 'a'), integer(2));
    expect(map(string, () => plain.otherwise(9), ['a', 'b', null])).toEqual([1, 9, 9]);
    expect(map(bool, (a) => when(a, text('yes')).otherwise('no'), [true, null])).toEqual([
      'yes',
      'no',
    ]);
  });

  it('skips nulls in greatest and least', () => {
    expect(map(float64, (a) => greatest(a, double(1)), [null, 0, NaN])).toEqual([1, 1, NaN]);
    expect(map(float64, (a) => least(a, double(1)), [null, 0, NaN])).toEqual([1, 0, 1]);
    expect(map(string, (a) => greatest(a, nullOf(string)), [null, 'a'])).toEqual([null, 'a']);
  });

  it('makes equal values null with nullIf', () => {
    expect(map(int32, (a) => nullIf(a, 0), [0, 1, null])).toEqual([null, 1, null]);
  });
});
