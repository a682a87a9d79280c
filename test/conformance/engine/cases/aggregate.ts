import {
  average,
  count,
  countDistinct,
  countIf,
  countOf,
  max,
  min,
  sum,
} from '../../../../plan/aggregate.ts';
import { isBetween, less } from '../../../../plan/expressions/comparison.ts';
import type { Expression } from '../../../../plan/expression.ts';
import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  localTimestamp,
  type OrderedKind,
  string,
  timestamp,
} from '../../../../plan/types.ts';
import { type AggregateCase, dec, FAILS, over } from '../case.ts';

const SUMMABLE = 2n ** 50n;
const summable = (a: Expression<'int64'>) => isBetween(a, -SUMMABLE, SUMMABLE);

const ORDERED = [
  ...[bool, int32, int64, float64, string, date, timestamp, localTimestamp],
  ...[decimal(5, 2), decimal(38, 0), decimal(38, 38)],
];

type Ordered = Expression<OrderedKind>;

/** By the name that plan/aggregate.ts exports. */
export const AGGREGATE_CASES: Readonly<Record<string, readonly AggregateCase[]>> = {
  count: [over([], () => count(), [{ rows: [[], [], []], is: 3n }])],
  countIf: [
    over([int32], (a) => countIf(less(a, 0)), [
      { rows: [[-1], [0], [null], [-2]], is: 2n },
      { rows: [[null]], is: 0n },
    ]),
    over([bool], (a) => countIf(a), [{ rows: [[true], [false], [null]], is: 1n }]),
  ],
  countOf: [
    over([string], (a) => countOf(a), [{ rows: [[''], [null], ['a']], is: 2n }]),
    over([float64], (a) => countOf(a), [{ rows: [[Number.NaN], [null]], is: 1n }]),
    over([list(string)], (a) => countOf(a), [{ rows: [[[]], [null], [[null]]], is: 2n }]),
    over([binary], (a) => countOf(a)),
  ],
  countDistinct: [
    over([string], (a) => countDistinct(a), [
      { rows: [['a'], ['A'], ['a '], [null], ['a']], is: 3n },
    ]),
    over([float64], (a) => countDistinct(a), [
      { rows: [[Number.NaN], [Number.NaN], [0], [-0], [null]], is: 2n },
    ]),
    over([int64], (a) => countDistinct(a), [{ rows: [[2n ** 53n], [2n ** 53n + 1n]], is: 2n }]),
    over([int32, string], (a, b) => countDistinct(a, b), [
      {
        rows: [
          [1, 'a'],
          [1, 'a'],
          [1, null],
          [null, 'a'],
          [1, 'b'],
          [2, 'a'],
        ],
        is: 3n,
      },
    ]),
    over([decimal(5, 2)], (a) => countDistinct(a)),
    over([timestamp], (a) => countDistinct(a)),
  ],
  sum: [
    over([int32], (a) => sum(a), [
      { rows: [[2_147_483_647], [2_147_483_647], [null]], is: 4_294_967_294n },
      { rows: [[null]], is: null },
    ]),
    over(
      [int64],
      (a) => sum(a),
      [
        { rows: [[2n ** 53n], [1n]], is: 9_007_199_254_740_993n },
        { rows: [[2n ** 63n - 1n], [1n], [-1n]], is: 2n ** 63n - 1n },
        { rows: [[2n ** 63n - 1n], [1n]], is: FAILS },
        { rows: [[-(2n ** 63n)], [-1n]], is: FAILS },
      ],
      summable,
    ),
    over([decimal(5, 2)], (a) => sum(a), [
      { rows: [[dec('999.99')], [dec('0.01')], [null]], is: dec('1000.00') },
    ]),
    over([decimal(28, 4)], (a) => sum(a), [
      { rows: [[10n ** 28n - 1n], [10n ** 28n - 1n]], is: 2n * 10n ** 28n - 2n },
    ]),
    over([decimal(18, 4)], (a) => sum(a)),
  ],
  average: [
    over([int32], (a) => average(a), [
      { rows: [[1], [2], [null]], is: 1.5 },
      { rows: [[null]], is: null },
      { rows: [[2_147_483_647], [2_147_483_647]], is: 2147483647 },
    ]),
    over([int64], (a) => average(a), [
      { rows: [[2n ** 62n], [2n ** 62n]], is: 2 ** 62 },
      { rows: [[2n ** 63n - 1n], [2n ** 63n - 1n], [2n ** 63n - 1n]], is: 2 ** 63 },
      { rows: [[2n ** 53n], [1n], [1n]], is: 3002399751580331.5 },
    ]),
    over([decimal(5, 2)], (a) => average(a), [
      { rows: [[dec('0.10')], [dec('0.20')]], is: 0.15 },
      { rows: [[dec('0.01')], [dec('0.01')], [dec('0.02')]], is: 0.013333333333333334 },
    ]),
    over([decimal(28, 4)], (a) => average(a)),
    over([decimal(18, 4)], (a) => average(a)),
  ],
  min: [
    ...ORDERED.map((type) => over([type], (a) => min(a as Ordered))),
    over([float64], (a) => min(a), [
      { rows: [[Number.NaN], [1], [null]], is: 1 },
      { rows: [[Number.NaN]], is: Number.NaN },
    ]),
    over([string], (a) => min(a), [{ rows: [['😀'], ['～'], [null]], is: '～' }]),
  ],
  max: [
    ...ORDERED.map((type) => over([type], (a) => max(a as Ordered))),
    over([float64], (a) => max(a), [
      { rows: [[Number.NaN], [Number.POSITIVE_INFINITY]], is: Number.NaN },
      { rows: [[null]], is: null },
    ]),
    over([string], (a) => max(a), [{ rows: [['😀'], ['～'], ['']], is: '😀' }]),
    over([bool], (a) => max(a), [{ rows: [[false], [true], [null]], is: true }]),
  ],
};
