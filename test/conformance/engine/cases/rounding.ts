import type { Expression } from '../../../../plan/expression.ts';
import { abs, ceil, floor, negate, round, sign } from '../../../../plan/expressions/arithmetic.ts';
import { notEqual } from '../../../../plan/expressions/comparison.ts';
import { nullOf } from '../../../../plan/expressions/literal.ts';
import { decimal, float64, int32, int64 } from '../../../../plan/types.ts';
import { dec, FAILS, on } from '../case.ts';

const INT64_MIN = -(2n ** 63n);
const INF = Number.POSITIVE_INFINITY;

const notLeast32 = (a: Expression<'int32'>) => notEqual(a, -2_147_483_648);
const notLeast64 = (a: Expression<'int64'>) => notEqual(a, INT64_MIN);

const NO_MONEY = nullOf(decimal(5, 2));

/** Signs and whole numbers. */
export const rounding = {
  negate: [
    on(
      [int32],
      (a) => negate(a),
      [
        [7, -7],
        [-2_147_483_648, FAILS],
        [null, null],
      ],
      notLeast32,
    ),
    on(
      [int64],
      (a) => negate(a),
      [
        [-(2n ** 63n) + 1n, 2n ** 63n - 1n],
        [INT64_MIN, FAILS],
      ],
      notLeast64,
    ),
    on([decimal(5, 2)], (a) => negate(a), [[dec('999.99'), dec('-999.99')]]),
    on([decimal(38, 0)], (a) => negate(a), [[10n ** 38n - 1n, 1n - 10n ** 38n]]),
    on([float64], (a) => negate(a), [
      [0, -0],
      [-0, 0],
      [INF, -INF],
      [Number.NaN, Number.NaN],
    ]),
    on([], () => negate(NO_MONEY), [[null]]),
  ],
  abs: [
    on(
      [int32],
      (a) => abs(a),
      [
        [-7, 7],
        [-2_147_483_648, FAILS],
      ],
      notLeast32,
    ),
    on(
      [int64],
      (a) => abs(a),
      [
        [-(2n ** 63n) + 1n, 2n ** 63n - 1n],
        [INT64_MIN, FAILS],
      ],
      notLeast64,
    ),
    on([decimal(5, 2)], (a) => abs(a), [[dec('-0.01'), dec('0.01')]]),
    on([decimal(38, 38)], (a) => abs(a), [[1n - 10n ** 38n, 10n ** 38n - 1n]]),
    on([float64], (a) => abs(a), [
      [-0, 0],
      [-1.5, 1.5],
      [-INF, INF],
    ]),
    on([], () => abs(NO_MONEY), [[null]]),
  ],
  sign: [
    on([int32], (a) => sign(a), [
      [-2_147_483_648, -1],
      [0, 0],
      [9, 1],
      [null, null],
    ]),
    on([int64], (a) => sign(a), [
      [INT64_MIN, -1],
      [0n, 0],
      [2n ** 63n - 1n, 1],
    ]),
    on([decimal(5, 2)], (a) => sign(a), [
      [dec('-0.01'), -1],
      [0n, 0],
      [dec('0.01'), 1],
    ]),
    on([decimal(38, 38)], (a) => sign(a), [
      [-1n, -1],
      [1n, 1],
    ]),
    on([], () => sign(NO_MONEY), [[null]]),
  ],
  round: [
    on([decimal(5, 3)], (a) => round(a, 2), [
      [dec('2.345'), dec('2.35')],
      [dec('-2.345'), dec('-2.35')],
      [dec('2.344'), dec('2.34')],
      [dec('99.995'), dec('100.00')],
    ]),
    on([decimal(18, 4)], (a) => round(a, 0), [
      [dec('2.5000'), 3n],
      [dec('-0.5000'), -1n],
      [dec('0.4999'), 0n],
    ]),
    on([decimal(18, 4)], (a) => round(a, 4), [[dec('0.0001'), 1n]]),
    on([decimal(38, 38)], (a) => round(a, 37), [[10n ** 38n - 1n, 10n ** 37n]]),
    on([decimal(38, 38)], (a) => round(a, 0), [
      [5n * 10n ** 37n, 1n],
      [5n * 10n ** 37n - 1n, 0n],
    ]),
    on([decimal(38, 10)], (a) => round(a, 1), [
      [25n * 10n ** 7n, 0n],
      [5n * 10n ** 8n, 1n],
    ]),
    on([decimal(38, 0)], (a) => round(a, 0), [[10n ** 38n - 1n, 10n ** 38n - 1n]]),
    on([], () => round(NO_MONEY, 1), [[null]]),
  ],
  floor: [
    on([decimal(5, 2)], (a) => floor(a), [
      [dec('-0.01'), -1n],
      [dec('1.99'), 1n],
      [dec('-999.99'), -1000n],
    ]),
    on([decimal(38, 38)], (a) => floor(a), [
      [-1n, -1n],
      [1n, 0n],
    ]),
    on([decimal(38, 0)], (a) => floor(a), [[10n ** 38n - 1n, 10n ** 38n - 1n]]),
    on([float64], (a) => floor(a), [
      [-0.5, -1],
      [-0, 0],
      [1e20, 1e20],
      [4503599627370495.5, 4503599627370495],
      [Number.NaN, Number.NaN],
      [-INF, -INF],
    ]),
    on([], () => floor(NO_MONEY), [[null]]),
  ],
  ceil: [
    on([decimal(5, 2)], (a) => ceil(a), [
      [dec('0.01'), 1n],
      [dec('-1.99'), -1n],
      [dec('999.99'), 1000n],
    ]),
    on([decimal(38, 38)], (a) => ceil(a), [
      [1n, 1n],
      [-1n, 0n],
    ]),
    on([decimal(38, 10)], (a) => ceil(a), [[1n, 1n]]),
    on([float64], (a) => ceil(a), [
      [-0.5, 0],
      [0.5, 1],
      [1e23, 1e23],
      [INF, INF],
    ]),
    on([], () => ceil(NO_MONEY), [[null]]),
  ],
};
