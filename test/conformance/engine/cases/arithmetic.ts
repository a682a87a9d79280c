import type { Expression } from '../../../../plan/expression.ts';
import { minus, plus, times } from '../../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../../plan/expressions/cast.ts';
import { isNull } from '../../../../plan/expressions/comparison.ts';
import { decimalNumber, integer, nullOf } from '../../../../plan/expressions/literal.ts';
import { not } from '../../../../plan/expressions/logic.ts';
import { decimal, float64, int32, int64, type TypeOf } from '../../../../plan/types.ts';
import { dec, FAILS, on } from '../case.ts';

const INT64_MIN = -(2n ** 63n);
const INF = Number.POSITIVE_INFINITY;

type Operation = 'plus' | 'minus' | 'times';
const OPERATIONS = { plus, minus, times };

/** A planner that folds a null has to keep its type. */
const NO_MONEY = nullOf(decimal(5, 2));
const MONEY = decimalNumber('1.50', decimal(5, 2));

/** Whether the exact result, computed with more room, fits the type. */
function fits32(name: Operation) {
  return (a: Expression<'int32'>, b: Expression<'int32'>): Expression<'bool'> =>
    isSafe(OPERATIONS[name](cast(a, int64), cast(b, int64)), int32);
}

function fits64(name: Operation) {
  return (a: Expression<'int64'>, b: Expression<'int64'>): Expression<'bool'> =>
    isSafe(OPERATIONS[name]<'decimal'>(cast(a, decimal(19, 0)), cast(b, decimal(19, 0))), int64);
}

function isSafe(exact: Expression, type: TypeOf<'int32'> | TypeOf<'int64'>): Expression<'bool'> {
  return not(isNull(cast<'int32' | 'int64'>(exact, type, { onError: 'null' })));
}

export const arithmetic = {
  plus: [
    on(
      [int32, int32],
      (a, b) => plus(a, b),
      [
        [1, 2, 3],
        [2_147_483_646, 1, 2_147_483_647],
        [2_147_483_647, 1, FAILS],
        [-2_147_483_648, -1, FAILS],
        [null, 1, null],
      ],
      fits32('plus'),
    ),
    on(
      [int64, int64],
      (a, b) => plus(a, b),
      [
        [2n ** 53n, 1n, 9_007_199_254_740_993n],
        [2n ** 63n - 2n, 1n, 2n ** 63n - 1n],
        [2n ** 63n - 1n, 1n, FAILS],
        [INT64_MIN, -1n, FAILS],
        [INT64_MIN, null, null],
      ],
      fits64('plus'),
    ),
    on([int32], (a) => plus(cast(a, int64), 1), [[2_147_483_647, 2_147_483_648n]]),
    on([decimal(18, 4), decimal(18, 4)], (a, b) => plus(a, b), [
      [dec('99999999999999.9999'), dec('0.0001'), dec('100000000000000.0000')],
      [dec('0.1000'), dec('0.2000'), dec('0.3000')],
    ]),
    on([decimal(5, 2), decimal(18, 4)], (a, b) => plus(a, b), [
      [dec('999.99'), dec('0.0001'), dec('999.9901')],
    ]),
    on([decimal(37, 0), decimal(37, 0)], (a, b) => plus(a, b), [
      [10n ** 37n - 1n, 10n ** 37n - 1n, 2n * 10n ** 37n - 2n],
    ]),
    on([float64, float64], (a, b) => plus(a, b), [
      [0.1, 0.2, 0.30000000000000004],
      [INF, -INF, Number.NaN],
      [-0, -0, -0],
      [-0, 0, 0],
      [1.7976931348623157e308, 1.7976931348623157e308, INF],
    ]),
    on([], () => plus(NO_MONEY, MONEY), [[null]]),
    on([decimal(5, 2)], (a) => plus(NO_MONEY, a), [[dec('1.50'), null]]),
  ],
  minus: [
    on(
      [int32, int32],
      (a, b) => minus(a, b),
      [
        [1, 2, -1],
        [-2, 2_147_483_646, -2_147_483_648],
        [-2, 2_147_483_647, FAILS],
        [0, -2_147_483_648, FAILS],
      ],
      fits32('minus'),
    ),
    on(
      [int64, int64],
      (a, b) => minus(a, b),
      [
        [-(2n ** 53n), 1n, -9_007_199_254_740_993n],
        [INT64_MIN, 1n, FAILS],
        [0n, INT64_MIN, FAILS],
      ],
      fits64('minus'),
    ),
    on([int32], (a) => minus(cast(a, decimal(10, 0)), cast(integer(-1), decimal(10, 0))), [
      [2_147_483_647, 2_147_483_648n],
    ]),
    on([decimal(18, 4), decimal(5, 2)], (a, b) => minus(a, b), [
      [dec('0.0001'), dec('999.99'), dec('-999.9899')],
    ]),
    on([decimal(37, 2), decimal(37, 2)], (a, b) => minus(a, b), [
      [10n ** 37n - 1n, 1n - 10n ** 37n, 2n * 10n ** 37n - 2n],
    ]),
    on([float64, float64], (a, b) => minus(a, b), [
      [0.3, 0.1, 0.19999999999999998],
      [INF, INF, Number.NaN],
      [-0, 0, -0],
    ]),
    on([], () => minus(NO_MONEY, MONEY), [[null]]),
    on([decimal(5, 2)], (a) => minus(NO_MONEY, a), [[dec('1.50'), null]]),
  ],
  times: [
    on(
      [int32, int32],
      (a, b) => times(a, b),
      [
        [46_340, 46_340, 2_147_395_600],
        [46_341, 46_341, FAILS],
        [-2_147_483_648, -1, FAILS],
        [-1, 2_147_483_647, -2_147_483_647],
      ],
      fits32('times'),
    ),
    on(
      [int64, int64],
      (a, b) => times(a, b),
      [
        [3_037_000_499n, 3_037_000_499n, 9_223_372_030_926_249_001n],
        [3_037_000_500n, 3_037_000_500n, FAILS],
        [INT64_MIN, -1n, FAILS],
        [94_906_267n, 94_906_267n, 9_007_199_515_875_289n],
      ],
      fits64('times'),
    ),
    on([decimal(18, 4), decimal(18, 4)], (a, b) => times(a, b), [
      [dec('99999999999999.9999'), dec('99999999999999.9999'), (10n ** 18n - 1n) ** 2n],
      [dec('0.0001'), dec('0.0001'), 1n],
    ]),
    on([decimal(19, 0), decimal(19, 19)], (a, b) => times(a, b), [
      [10n ** 19n - 1n, 10n ** 19n - 1n, (10n ** 19n - 1n) ** 2n],
    ]),
    on([decimal(5, 2), decimal(5, 2)], (a, b) => times(a, b), [
      [dec('1.50'), dec('-2.25'), dec('-3.3750')],
    ]),
    on([float64, float64], (a, b) => times(a, b), [
      [0.1, 3, 0.30000000000000004],
      [INF, 0, Number.NaN],
      [-1, 0, -0],
      [5e-324, 0.5, 0],
    ]),
    on([], () => times(NO_MONEY, MONEY), [[null]]),
    on([decimal(5, 2)], (a) => times(NO_MONEY, a), [[dec('1.50'), null]]),
  ],
};
