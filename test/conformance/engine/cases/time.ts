import type { Expression } from '../../../../plan/expression.ts';
import { plus, times } from '../../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../../plan/expressions/cast.ts';
import { isBetween, isNull } from '../../../../plan/expressions/comparison.ts';
import {
  addSeconds,
  epochMicros,
  fromEpochMicros,
  hour,
  minute,
  second,
  truncateTime,
} from '../../../../plan/expressions/time.ts';
import { bigInteger, decimalNumber } from '../../../../plan/expressions/literal.ts';
import { or } from '../../../../plan/expressions/logic.ts';
import { decimal, int64, localTimestamp, timestamp } from '../../../../plan/types.ts';
import { type Example, FAILS, micros, on } from '../case.ts';

type TimeKind = 'timestamp' | 'localTimestamp';

const FIRST = micros('0001-01-01T00:00:00');
const LAST = micros('9999-12-31T23:59:59.999999');

/** Whether the time so many seconds later is in the years 1 to 9999. */
function secondsFit(a: Expression<TimeKind>, seconds: Expression<'int64'>): Expression<'bool'> {
  const added = times<'decimal'>(cast(seconds, decimal(19, 0)), decimalNumber('1000000'));
  const exact = plus<'decimal'>(cast(epochMicros(a), decimal(19, 0)), added);
  return isBetween(exact, decimalNumber(FIRST.toString()), decimalNumber(LAST.toString()));
}

/** The same over instants, looked at in UTC, and over the times of no zone. */
function both(build: (a: Expression<TimeKind>) => Expression, examples: readonly Example[]) {
  return [on([timestamp], build, examples), on([localTimestamp], build, examples)];
}

const ODD = micros('1969-12-31T23:59:58.999999');
const ORDINARY = micros('2017-01-02T03:04:05.678901');

export const time = {
  hour: both(hour, [
    [ORDINARY, 3],
    [ODD, 23],
    [micros('2017-03-26T02:30:00'), 2],
    [null, null],
  ]),
  minute: both(minute, [
    [ORDINARY, 4],
    [ODD, 59],
  ]),
  second: both(second, [
    [ORDINARY, 5],
    [ODD, 58],
    [LAST, 59],
  ]),
  truncateTime: [
    ...both(
      (a) => truncateTime(a, 'day'),
      [
        [ORDINARY, micros('2017-01-02T00:00:00')],
        [ODD, micros('1969-12-31T00:00:00')],
        [micros('0001-01-01T00:00:00.000001'), FIRST],
      ],
    ),
    ...both((a) => truncateTime(a, 'hour'), [[ORDINARY, micros('2017-01-02T03:00:00')]]),
    ...both((a) => truncateTime(a, 'minute'), [[ODD, micros('1969-12-31T23:59:00')]]),
    ...both(
      (a) => truncateTime(a, 'second'),
      [
        [ODD, micros('1969-12-31T23:59:58')],
        [-1n, -1_000_000n],
      ],
    ),
  ],
  addSeconds: [
    on(
      [timestamp, int64],
      (a, b) => addSeconds(a, b),
      [
        [ORDINARY, 60n, micros('2017-01-02T03:05:05.678901')],
        [0n, -1n, -1_000_000n],
        [micros('2017-03-26T00:30:00'), 86_400n, micros('2017-03-27T00:30:00')],
        [LAST, 1n, FAILS],
        [FIRST, -1n, FAILS],
        [0n, 2n ** 63n - 1n, FAILS],
        [0n, null, null],
        [null, 2n ** 63n - 1n, null],
      ],
      (a, b) => or(isNull(a), secondsFit(a, b)),
    ),
    // A planner folds what has no column in it, for rows too that do not need it.
    on(
      [timestamp],
      (a) => addSeconds(a, bigInteger(2n ** 63n - 1n)),
      [
        [null, null],
        [0n, FAILS],
      ],
      isNull,
    ),
    on(
      [localTimestamp, int64],
      (a, b) => addSeconds(a, b),
      [
        [micros('2017-03-26T01:59:59'), 1n, micros('2017-03-26T02:00:00')],
        [LAST, 1n, FAILS],
      ],
      secondsFit,
    ),
  ],
  epochMicros: both(epochMicros, [
    [ORDINARY, 1_483_326_245_678_901n],
    [ODD, -1_000_001n],
    [FIRST, -62_135_596_800_000_000n],
    [LAST, 253_402_300_799_999_999n],
  ]),
  fromEpochMicros: [
    on(
      [int64],
      (a) => fromEpochMicros(a),
      [
        [1_483_326_245_678_901n, ORDINARY],
        [-1n, -1n],
        [-62_135_596_800_000_000n, FIRST],
        [-62_135_596_800_000_001n, FAILS],
        [253_402_300_800_000_000n, FAILS],
        [2n ** 63n - 1n, FAILS],
        [null, null],
      ],
      (a) => isBetween(a, FIRST, LAST),
    ),
  ],
};
