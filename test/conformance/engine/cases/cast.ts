import { cast, CASTS } from '../../../../plan/expressions/cast.ts';
import {
  equal,
  greater,
  isIn,
  isNull,
  less,
  notEqual,
  same,
} from '../../../../plan/expressions/comparison.ts';
import { dateOf, decimalNumber, localTimestampOf } from '../../../../plan/expressions/literal.ts';
import { not } from '../../../../plan/expressions/logic.ts';
import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  type Kind,
  localTimestamp,
  sameType,
  string,
  timestamp,
} from '../../../../plan/types.ts';
import { bytes, day, type Example, type ExpressionCase, FAILS, micros, on } from '../case.ts';
import { CASTS_FROM_NUMBERS } from './cast-numbers.ts';
import { type CastExamples, CASTS_FROM_TEXT } from './cast-text.ts';

const OR_NULL = { onError: 'null' } as const;
const ORDINARY = micros('2017-01-02T03:04:05.678901');
const LAST = micros('9999-12-31T23:59:59.999999');

const FROM_TIMES: readonly CastExamples[] = [
  {
    from: date,
    to: string,
    pairs: [
      [day('0001-01-01'), '0001-01-01'],
      [day('1582-10-10'), '1582-10-10'],
    ],
  },
  {
    from: date,
    to: timestamp,
    pairs: [
      [-1, -86_400_000_000n],
      [day('9999-12-31'), micros('9999-12-31T00:00:00')],
    ],
  },
  { from: date, to: localTimestamp, pairs: [[day('1500-02-28'), micros('1500-02-28T00:00:00')]] },
  {
    from: timestamp,
    to: date,
    pairs: [
      [-1n, -1],
      [LAST, day('9999-12-31')],
      [ORDINARY, day('2017-01-02')],
    ],
  },
  {
    from: timestamp,
    to: string,
    pairs: [
      [ORDINARY, '2017-01-02 03:04:05.678901'],
      [micros('2017-01-02T03:04:05.6'), '2017-01-02 03:04:05.6'],
      [0n, '1970-01-01 00:00:00'],
      [micros('0001-01-01T00:00:00'), '0001-01-01 00:00:00'],
    ],
  },
  { from: timestamp, to: localTimestamp, pairs: [[ORDINARY, ORDINARY]] },
  {
    from: localTimestamp,
    to: date,
    pairs: [
      [-1n, -1],
      [ORDINARY, day('2017-01-02')],
    ],
  },
  { from: localTimestamp, to: string, pairs: [[-1n, '1969-12-31 23:59:59.999999']] },
  {
    from: localTimestamp,
    to: timestamp,
    pairs: [[micros('2017-03-26T02:30:00'), micros('2017-03-26T02:30:00')]],
  },
];

const SAME: readonly CastExamples[] = [
  { from: bool, to: bool, pairs: [[true, true]] },
  { from: int32, to: int32, pairs: [[1, 1]] },
  { from: int64, to: int64, pairs: [[1n, 1n]] },
  { from: float64, to: float64, pairs: [[-0, -0]] },
  { from: string, to: string, pairs: [[' a', ' a']] },
  { from: binary, to: binary, pairs: [[bytes('00'), bytes('00')]] },
  { from: date, to: date, pairs: [[1, 1]] },
  { from: timestamp, to: timestamp, pairs: [[1n, 1n]] },
  { from: localTimestamp, to: localTimestamp, pairs: [[1n, 1n]] },
];

const CAST_EXAMPLES: readonly CastExamples[] = [
  ...CASTS_FROM_NUMBERS,
  ...CASTS_FROM_TEXT,
  ...FROM_TIMES,
  ...SAME,
];

/** A planner compares what is below a cast, if it may: then a value that has no result has one. */
const COMPARED: readonly ExpressionCase[] = [
  on([int64], (a) => notEqual(cast(a, int32, OR_NULL), 16), [
    [3_037_000_499n, null],
    [16n, false],
    [17n, true],
  ]),
  on([int64], (a) => isIn(cast(a, int32, OR_NULL), [16, 17]), [[-3_037_000_499n, null]]),
  on([int64], (a) => same(cast(a, decimal(5, 2), OR_NULL), decimalNumber('16', decimal(5, 2))), [
    [3_037_000_499n, false],
  ]),
  on([decimal(18, 4)], (a) => greater(cast(a, int32, OR_NULL), 16), [
    [30_370_004_990_000n, null],
    [170_000n, true],
  ]),
  on(
    [decimal(18, 4)],
    (a) => less(cast(a, decimal(5, 2), OR_NULL), decimalNumber('1.01', decimal(5, 2))),
    [
      [10_050n, false],
      [10_049n, true],
      [-99_999_999n, null],
    ],
  ),
  on([float64], (a) => notEqual(cast(a, int32, OR_NULL), 16), [
    [16.5, false],
    [3e9, null],
  ]),
  on([int64], (a) => equal(cast(a, float64), 2 ** 53), [[2n ** 53n + 1n, true]]),
  on([date], (a) => less(cast(a, localTimestamp), localTimestampOf('1970-01-01T12:00:00')), [
    [0, true],
  ]),
  on([timestamp], (a) => equal(cast(a, date), dateOf('1969-12-31')), [
    [-1n, true],
    [0n, false],
  ]),
  on([string], (a) => notEqual(cast(a, int32, OR_NULL), 7), [
    ['007', false],
    ['x', null],
  ]),
  on(
    [int64],
    (a) => notEqual(cast(a, int32), 16),
    [
      [3_037_000_499n, FAILS],
      [17n, true],
    ],
    (a) => not(isNull(cast(a, int32, OR_NULL))),
  ),
];

export const casts = {
  cast: [
    ...COMPARED,
    ...CAST_EXAMPLES.flatMap(({ from, to, pairs }): readonly ExpressionCase[] => {
      const examples: readonly Example[] = [...pairs, [null, null]];
      const orNull = on([from], (a) => cast(a, to, { onError: 'null' }), examples);
      if (sameType(from, to)) return [orNull];
      const orFail = [...pairs, [null, null] as const].map(([value, result]): Example => [
        value,
        result === null && value !== null ? FAILS : result,
      ]);
      const fits = (a: Parameters<typeof cast>[0]) => not(isNull(cast(a, to, { onError: 'null' })));
      return [orNull, on([from], (a) => cast(a, to), orFail, fits)];
    }),
  ],
};

/** Pairs of kinds that can be cast, as `CASTS` has them. */
export const CAST_PAIRS: readonly string[] = Object.entries(CASTS).flatMap(([from, targets]) =>
  (targets as readonly Kind[]).map((to) => `${from} to ${to}`),
);

export const CAST_PAIRS_WITH_EXAMPLES: ReadonlySet<string> = new Set(
  CAST_EXAMPLES.map(({ from, to }) => `${from.kind} to ${to.kind}`),
);
