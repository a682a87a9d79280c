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
import {
  equal,
  greater,
  greaterOrEqual,
  isIn,
  isNotNull,
  isNull,
  less,
  lessOrEqual,
  notEqual,
  same,
} from '../../../plan/expressions/comparison.ts';
import { coalesce, greatest, least, nullIf, when } from '../../../plan/expressions/conditional.ts';
import { nullOf } from '../../../plan/expressions/literal.ts';
import { and, not, or } from '../../../plan/expressions/logic.ts';
import { bool, decimal, float64, int32, int64, string } from '../../../plan/types.ts';
import { binary, type Case, unary } from './cases.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const money = decimal(10, 2);
const whole = decimal(38, 0);
const NULL_ON_ZERO = { onZero: 'null' } as const;
const FAIL_ON_ZERO = { onZero: 'fail' } as const;

export const comparisonCases: readonly Case[] = [
  ...binary([string, string], equal, [
    ['a', 'a ', false],
    ['a', null, null],
    ['\u00e9', 'e\u0301', false],
  ]),
  ...binary([float64, float64], equal, [
    [NaN, NaN, true],
    [-0, 0, true],
    [Infinity, NaN, false],
  ]),
  ...binary([decimal(5, 1), decimal(6, 3)], equal, [[15n, 1500n, true]]),
  ...binary([int32, int32], notEqual, [
    [1, 2, true],
    [1, null, null],
  ]),
  // UTF-8 puts a character beyond the BMP behind U+FF5E, UTF-16 before it.
  ...binary([string, string], less, [
    ['～', '😀', true],
    ['😀', '～', false],
    ['Z', 'a', true],
    ['', 'a', true],
  ]),
  ...binary([float64, float64], less, [
    [Infinity, NaN, true],
    [NaN, NaN, false],
    [-0, 0, false],
  ]),
  ...binary([bool, bool], less, [[false, true, true]]),
  ...binary([int64, int64], lessOrEqual, [[INT64_MIN, INT64_MAX, true]]),
  ...binary([float64, float64], greater, [[NaN, 1.7976931348623157e308, true]]),
  ...binary([int64, int64], greaterOrEqual, [[INT64_MAX, INT64_MAX, true]]),
  ...binary([int32, int32], same, [
    [null, null, true],
    [1, null, false],
    [1, 1, true],
  ]),
  ...unary(string, isNull, [
    [null, true],
    ['', false],
  ]),
  ...unary(string, isNotNull, [[null, false]]),
  ...unary(string, (a) => isIn(a, ["it's", '\\', '${env:HOME}', 'a\nb']), [
    ["it's", true],
    ['\\', true],
    ['${env:HOME}', true],
    ['a\nb', true],
    ['b', false],
    [null, null],
  ]),
];

export const logicCases: readonly Case[] = [
  ...binary([bool, bool], (a, b) => and(a, b), [
    [false, null, false],
    [true, null, null],
    [true, true, true],
  ]),
  ...binary([bool, bool], (a, b) => or(a, b), [
    [true, null, true],
    [false, null, null],
    [false, false, false],
  ]),
  ...unary(bool, () => and(), [[false, true]]),
  ...unary(bool, () => or(), [[true, false]]),
  ...unary(bool, not, [
    [true, false],
    [null, null],
  ]),
  ...unary(bool, (a) => when(a, nullOf(string)).otherwise('else'), [
    [true, null],
    [null, 'else'],
  ]),
  ...binary([int32, int32], (a, b) => coalesce(a, b, 7), [
    [null, 2, 2],
    [null, null, 7],
  ]),
  ...binary([float64, float64], nullIf, [
    [NaN, NaN, null],
    [1, null, 1],
  ]),
  ...binary([float64, float64], (a, b) => greatest(a, b), [
    [1, NaN, NaN],
    [null, 2, 2],
    [null, null, null],
  ]),
  ...binary([string, string], (a, b) => least(a, b), [
    ['😀', '～', '～'],
    [null, 'x', 'x'],
  ]),
];

export const arithmeticCases: readonly Case[] = [
  ...binary([int32, int32], plus, [
    [2147483646, 1, 2147483647],
    [1, null, null],
  ]),
  ...binary([int64, int64], plus, [[INT64_MAX - 1n, 1n, INT64_MAX]]),
  ...binary([decimal(37, 10), decimal(36, 10)], plus, [
    [10n ** 37n - 1n, 10n ** 36n - 1n, 11n * 10n ** 36n - 2n],
  ]),
  ...binary([money, decimal(5, 3)], minus, [[100n, 1n, 999n]]),
  ...binary([int64, int64], minus, [[INT64_MIN + 1n, 1n, INT64_MIN]]),
  ...binary([float64, float64], minus, [[Infinity, Infinity, NaN]]),
  ...binary([decimal(19, 10), decimal(19, 10)], times, [
    [10n ** 19n - 1n, 10n ** 19n - 1n, (10n ** 19n - 1n) ** 2n],
  ]),
  ...binary([int32, int32], times, [[-65536, 32768, -2147483648]]),
  ...binary([float64, float64], times, [[1e308, 10, Infinity]]),
  ...unary(int32, negate, [[2147483647, -2147483647]]),
  ...unary(float64, negate, [[0, -0]]),
  ...unary(decimal(38, 38), negate, [[1n, -1n]]),
  ...unary(decimal(38, 0), negate, [[10n ** 38n - 1n, 1n - 10n ** 38n]]),
  ...unary(decimal(38, 19), abs, [[1n - 10n ** 38n, 10n ** 38n - 1n]]),
  ...unary(int64, abs, [[-INT64_MAX, INT64_MAX]]),
  ...unary(float64, abs, [
    [-0, 0],
    [-Infinity, Infinity],
  ]),
  ...unary(decimal(38, 38), sign, [
    [-1n, -1],
    [0n, 0],
  ]),
  ...unary(int64, sign, [
    [INT64_MIN, -1],
    [null, null],
  ]),
  ...binary([int32, int32], (a, b) => divide(a, b, NULL_ON_ZERO), [
    [7, 2, 3.5],
    [1, 0, null],
    [0, 0, null],
  ]),
  ...binary([float64, float64], (a, b) => divide(a, b, NULL_ON_ZERO), [
    [1, -0, null],
    [NaN, 1, NaN],
    [1, Infinity, 0],
  ]),
  ...binary([decimal(38, 10), decimal(38, 10)], (a, b) => divide(a, b, FAIL_ON_ZERO), [
    // 9007199254740993.0000000005 is above the middle of two floats.
    [90071992547409930000000005n, 10n ** 10n, 9007199254740994],
    [null, 0n, null],
  ]),
  ...binary([decimal(38, 38), decimal(38, 38)], (a, b) => divide(a, b, FAIL_ON_ZERO), [
    [-1n, 1n, -1],
  ]),
  ...binary([int64, int64], (a, b) => quotient(a, b, NULL_ON_ZERO), [
    [-7n, 2n, -3n],
    [7n, -2n, -3n],
    [1n, 0n, null],
    [INT64_MIN, 1n, INT64_MIN],
  ]),
  ...binary([int32, int32], (a, b) => quotient(a, b, FAIL_ON_ZERO), [
    [-2147483648, -1, 2147483648n],
    [null, 0, null],
  ]),
  ...binary([int64, int64], (a, b) => remainder(a, b, NULL_ON_ZERO), [
    [-7n, 3n, -1n],
    [7n, -3n, 1n],
    [INT64_MIN, -1n, 0n],
    [1n, 0n, null],
  ]),
  ...unary(int32, (a) => remainder(a, 5, FAIL_ON_ZERO), [[-13, -3n]]),
  ...unary(decimal(5, 3), (a) => round(a, 2), [
    [1005n, 101n],
    [-1005n, -101n],
    [1004n, 100n],
  ]),
  ...unary(decimal(38, 1), (a) => round(a, 0), [[10n ** 38n - 1n, 10n ** 37n]]),
  ...unary(decimal(5, 2), floor, [
    [-1n, -1n],
    [199n, 1n],
  ]),
  ...unary(decimal(5, 2), ceil, [
    [-199n, -1n],
    [1n, 1n],
  ]),
  ...unary(whole, ceil, [[10n ** 38n - 1n, 10n ** 38n - 1n]]),
  ...unary(float64, floor, [
    [-0.5, -1],
    [-0, 0],
    [1e20, 1e20],
    [4503599627370495.5, 4503599627370495],
    [NaN, NaN],
    [-Infinity, -Infinity],
    [null, null],
  ]),
  ...unary(float64, ceil, [
    [-0.5, 0],
    [1e300, 1e300],
    [1.1, 2],
  ]),
];
