import type { Expression } from '../../../../plan/expression.ts';
import {
  equal,
  greater,
  greaterOrEqual,
  isBetween,
  isIn,
  isNotNull,
  isNull,
  less,
  lessOrEqual,
  notEqual,
  same,
} from '../../../../plan/expressions/comparison.ts';
import {
  dateOf,
  decimalNumber,
  instantOf,
  localTimestampOf,
} from '../../../../plan/expressions/literal.ts';
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
  type PlanCell,
  type PlanType,
  string,
  timestamp,
} from '../../../../plan/types.ts';
import { bytes, day, dec, type Example, type ExpressionCase, micros, on } from '../case.ts';

const ORDERED = [
  ...[bool, int32, int64, float64, string, date, timestamp, localTimestamp],
  ...[decimal(5, 2), decimal(38, 0), decimal(38, 38)],
];

type Ordered = Expression<OrderedKind>;

/** Pairs that a comparison gets wrong that is not exact, or has its own idea of an order. */
const ASCENDING: readonly (readonly [PlanType, PlanCell, PlanCell])[] = [
  [bool, false, true],
  [int32, -2_147_483_648, 2_147_483_647],
  [int64, 2n ** 53n, 2n ** 53n + 1n],
  [float64, Number.POSITIVE_INFINITY, Number.NaN],
  [float64, Number.NEGATIVE_INFINITY, -1.7976931348623157e308],
  [string, 'Z', 'a'],
  [string, 'a', 'a '],
  [string, '～', '😀'],
  [string, 'e\u0301', 'é'],
  [string, '', ' '],
  [date, day('0001-01-01'), day('9999-12-31')],
  [timestamp, micros('1969-12-31T23:59:59.999999'), 0n],
  [localTimestamp, micros('2017-01-02T03:04:05.678900'), micros('2017-01-02T03:04:05.678901')],
  [decimal(5, 2), dec('-0.01'), 0n],
  [decimal(38, 0), 10n ** 38n - 2n, 10n ** 38n - 1n],
  [decimal(38, 38), -1n, 0n],
];

const EQUAL: readonly (readonly [PlanType, PlanCell, PlanCell])[] = [
  [float64, Number.NaN, Number.NaN],
  [float64, 0, -0],
  [string, 'é', 'é'],
  [decimal(5, 2), dec('1.50'), dec('1.50')],
];

/** The comparison over every ordered type, with the examples of that type. */
function compared(
  build: (a: Ordered, b: Ordered) => Expression,
  [below, equals, above]: readonly [boolean, boolean, boolean],
): readonly ExpressionCase[] {
  return ORDERED.map((type) => {
    const ofType = (pairs: typeof ASCENDING) =>
      pairs.filter(([each]) => JSON.stringify(each) === JSON.stringify(type));
    return on([type, type], build as (a: Expression, b: Expression) => Expression, [
      ...ofType(ASCENDING).flatMap(([, a, b]): Example[] => [
        [a, b, below],
        [b, a, above],
        [a, a, equals],
        [null, b, null],
        [a, null, null],
      ]),
      ...ofType(EQUAL).map(([, a, b]): Example => [a, b, equals]),
    ]);
  });
}

/** Decimals of other digits, up to those that only just have a common type. */
function decimals(
  build: (a: Expression<'decimal'>, b: Expression<'decimal'>) => Expression,
  [below, equals, above]: readonly [boolean, boolean, boolean],
): readonly ExpressionCase[] {
  return [
    on([decimal(5, 2), decimal(18, 4)], build, [
      [dec('1.50'), dec('1.5000'), equals],
      [dec('1.50'), dec('1.5001'), below],
      [dec('-0.01'), dec('-0.0101'), above],
    ]),
    on([decimal(38, 10), decimal(28, 0)], build, [
      [10n ** 38n - 1n, 10n ** 28n - 1n, above],
      [(10n ** 28n - 1n) * 10n ** 10n - 1n, 10n ** 28n - 1n, below],
      [10n ** 10n, 1n, equals],
    ]),
  ];
}

const BINARY = on([binary, binary], (a, b) => equal(a, b), [
  [bytes('00ff'), bytes('00ff'), true],
  [bytes(''), bytes('00'), false],
]);

export const comparison = {
  equal: [
    ...compared(equal, [false, true, false]),
    ...decimals(equal, [false, true, false]),
    BINARY,
    on([string], (a) => equal(a, "it's"), [
      ["it's", true],
      ["it''s", false],
    ]),
    on([string], (a) => equal(a, '\\'), [
      ['\\', true],
      ['\\\\', false],
    ]),
  ],
  notEqual: [
    ...compared(notEqual, [true, false, true]),
    ...decimals(notEqual, [true, false, true]),
    on([binary, binary], (a, b) => notEqual(a, b), [[bytes('00ff'), bytes('00ff'), false]]),
  ],
  less: [...compared(less, [true, false, false]), ...decimals(less, [true, false, false])],
  lessOrEqual: [
    ...compared(lessOrEqual, [true, true, false]),
    ...decimals(lessOrEqual, [true, true, false]),
  ],
  greater: [...compared(greater, [false, false, true]), ...decimals(greater, [false, false, true])],
  greaterOrEqual: [
    ...compared(greaterOrEqual, [false, true, true]),
    ...decimals(greaterOrEqual, [false, true, true]),
  ],
  same: [
    ...ORDERED.map((type) =>
      on([type, type], (a, b) => same(a as Expression, b as Expression), [[null, null, true]]),
    ),
    ...decimals(same, [false, true, false]),
    on([binary, binary], (a, b) => same(a, b), [
      [bytes('00'), null, false],
      [null, null, true],
      [bytes('00'), bytes('00'), true],
    ]),
    on([float64, float64], (a, b) => same(a, b), [
      [Number.NaN, Number.NaN, true],
      [0, -0, true],
      [null, 0, false],
    ]),
  ],
  isBetween: [
    on([int32, int32], (a, b) => isBetween(a, b, 53), [
      [53, 1, true],
      [1, 1, true],
      [54, 1, false],
      [54, null, false],
      [2, null, null],
    ]),
    on([float64], (a) => isBetween(a, 0, 1), [
      [Number.NaN, false],
      [-0, true],
    ]),
    on([string], (a) => isBetween(a, 'a', 'b'), [
      ['a ', true],
      ['B', false],
      ['b', true],
    ]),
  ],
  isIn: [
    on([int32], (a) => isIn(a, [1, 53, -7]), [
      [53, true],
      [2, false],
      [null, null],
    ]),
    on([int64], (a) => isIn(a, [2n ** 53n + 1n, 5]), [
      [2n ** 53n, false],
      [2n ** 53n + 1n, true],
    ]),
    on([string], (a) => isIn(a, ['a', '', "it's", '\\', '😀']), [
      ['', true],
      ['a ', false],
      ['\\', true],
      ["it's", true],
      ['A', false],
    ]),
    on([float64], (a) => isIn(a, [Number.NaN, 0]), [
      [Number.NaN, true],
      [-0, true],
      [1, false],
    ]),
    on([decimal(5, 2)], (a) => isIn(a, [decimalNumber('1.5'), decimalNumber('-0.010')]), [
      [dec('1.50'), true],
      [dec('-0.01'), true],
      [dec('0.01'), false],
    ]),
    on([date], (a) => isIn(a, [dateOf('0001-01-01')]), [[day('0001-01-01'), true]]),
    on([timestamp], (a) => isIn(a, [instantOf('2017-01-02T03:04:05.678901Z')]), [
      [micros('2017-01-02T03:04:05.678901'), true],
      [micros('2017-01-02T03:04:05.678900'), false],
    ]),
    on([localTimestamp], (a) => isIn(a, [localTimestampOf('1969-12-31T23:59:59.999999')]), [
      [-1n, true],
    ]),
    on([bool], (a) => isIn(a, [true]), [
      [false, false],
      [null, null],
    ]),
  ],
  isNull: [
    ...[...ORDERED, binary, list(string)].map((type) =>
      on([type], (a) => isNull(a as Expression), [[null, true]]),
    ),
    on([float64], (a) => isNull(a), [[Number.NaN, false]]),
    on([string], (a) => isNull(a), [['', false]]),
  ],
  isNotNull: [
    on([string], (a) => isNotNull(a), [
      [null, false],
      ['', true],
    ]),
  ],
};
