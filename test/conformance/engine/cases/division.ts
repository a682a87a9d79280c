import type { Expression } from '../../../../plan/expression.ts';
import { divide, quotient, remainder, sign } from '../../../../plan/expressions/arithmetic.ts';
import { equal, notEqual } from '../../../../plan/expressions/comparison.ts';
import { and, not } from '../../../../plan/expressions/logic.ts';
import { decimal, float64, int32, int64 } from '../../../../plan/types.ts';
import { dec, FAILS, on } from '../case.ts';

const INT64_MIN = -(2n ** 63n);
const INF = Number.POSITIVE_INFINITY;

const quotientFits = (a: Expression<'int64'>, b: Expression<'int64'>) =>
  not(and(equal(a, INT64_MIN), equal(b, -1n)));

export const division = {
  divide: [
    on([int32, int32], (a, b) => divide(a, b, { onZero: 'null' }), [
      [7, 2, 3.5],
      [1, 3, 0.3333333333333333],
      [1, 0, null],
      [0, 0, null],
    ]),
    on([int64, int64], (a, b) => divide(a, b, { onZero: 'null' }), [
      [2n ** 53n + 1n, 1n, 9007199254740992],
      [-1n, 3n, -0.3333333333333333],
      [5n, 0n, null],
    ]),
    on([decimal(18, 4), decimal(5, 2)], (a, b) => divide(a, b, { onZero: 'null' }), [
      [dec('1.0000'), dec('3.00'), 0.3333333333333333],
      [dec('1.0000'), dec('0.00'), null],
    ]),
    on([decimal(38, 10), decimal(38, 0)], (a, b) => divide(a, b, { onZero: 'null' }), [
      [10n ** 10n, 8n, 0.125],
    ]),
    on([decimal(38, 38), decimal(38, 38)], (a, b) => divide(a, b, { onZero: 'null' }), [
      [1n, 2n, 0.5],
    ]),
    on([float64, float64], (a, b) => divide(a, b, { onZero: 'null' }), [
      [1, 3, 0.3333333333333333],
      [1, 0, null],
      [1, -0, null],
      [Number.NaN, 0, null],
      [-1, INF, -0],
      [INF, INF, Number.NaN],
    ]),
    on([int32], (a) => divide(a, 4, { onZero: 'null' }), [[10, 2.5]]),
    on(
      [int32, int32],
      (a, b) => divide(a, b, { onZero: 'fail' }),
      [
        [1, 4, 0.25],
        [1, 0, FAILS],
        [null, 0, null],
      ],
      (_, b) => notEqual(b, 0),
    ),
    on(
      [float64, float64],
      (a, b) => divide(a, b, { onZero: 'fail' }),
      [
        [1, -4, -0.25],
        [1, 0, FAILS],
        [Number.NaN, -0, FAILS],
      ],
      (_, b) => notEqual(b, 0),
    ),
    on(
      [decimal(5, 2), decimal(5, 2)],
      (a, b) => divide(a, b, { onZero: 'fail' }),
      [
        [dec('1.00'), dec('8.00'), 0.125],
        [dec('1.00'), dec('0.00'), FAILS],
      ],
      (_, b) => notEqual(sign(b), 0),
    ),
  ],
  quotient: [
    on([int32, int32], (a, b) => quotient(a, b, { onZero: 'null' }), [
      [7, 2, 3n],
      [-7, 2, -3n],
      [7, -2, -3n],
      [-2_147_483_648, -1, 2_147_483_648n],
      [1, 0, null],
    ]),
    on(
      [int64, int64],
      (a, b) => quotient(a, b, { onZero: 'null' }),
      [
        [9_007_199_254_740_993n, 1n, 9_007_199_254_740_993n],
        [-9n, 10n, 0n],
        [1n, 0n, null],
        [INT64_MIN, -1n, FAILS],
      ],
      quotientFits,
    ),
    on(
      [int64, int64],
      (a, b) => quotient(a, b, { onZero: 'fail' }),
      [
        [-7n, -2n, 3n],
        [1n, 0n, FAILS],
        [0n, 0n, FAILS],
        [null, 0n, null],
      ],
      (a, b) => and(quotientFits(a, b), notEqual(b, 0n)),
    ),
  ],
  remainder: [
    on([int32, int32], (a, b) => remainder(a, b, { onZero: 'null' }), [
      [7, 3, 1n],
      [-7, 3, -1n],
      [7, -3, 1n],
      [5, 0, null],
      [-2_147_483_648, -1, 0n],
    ]),
    on([int64, int64], (a, b) => remainder(a, b, { onZero: 'null' }), [
      [INT64_MIN, -1n, 0n],
      [INT64_MIN, 10n, -8n],
      [2n ** 63n - 1n, 2n ** 53n, 2n ** 53n - 1n],
    ]),
    on(
      [int32, int32],
      (a, b) => remainder(a, b, { onZero: 'fail' }),
      [
        [-7, 2, -1n],
        [1, 0, FAILS],
      ],
      (_, b) => notEqual(b, 0),
    ),
  ],
};
