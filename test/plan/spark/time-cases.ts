import {
  addDays,
  addMonths,
  day,
  dayOfYear,
  daysBetween,
  isoWeek,
  isoWeekday,
  isoYear,
  lastDayOfMonth,
  month,
  monthsBetween,
  quarter,
  truncateDate,
  year,
} from '../../../plan/expressions/date.ts';
import {
  element,
  field,
  listLength,
  listOf,
  presentOf,
  structOf,
} from '../../../plan/expressions/nested.ts';
import {
  addSeconds,
  epochMicros,
  fromEpochMicros,
  hour,
  minute,
  second,
  truncateTime,
} from '../../../plan/expressions/time.ts';
import {
  date,
  int32,
  int64,
  list,
  localTimestamp,
  string,
  timestamp,
} from '../../../plan/types.ts';
import { epochDay } from '../../../core/window.ts';
import { binary, type Case, unary } from './cases.ts';

const FIRST = -719162;
const LAST = 2932896;
const d = epochDay;

export const dateCases: readonly Case[] = [
  ...binary([date, int32], addDays, [
    [d('1582-10-04'), 1, d('1582-10-05')],
    [FIRST, 3652058, LAST],
    [LAST, -3652058, FIRST],
    [null, 2147483647, null],
    [0, null, null],
  ]),
  ...binary([date, int32], addMonths, [
    [d('2017-01-31'), 1, d('2017-02-28')],
    [d('2016-02-29'), 12, d('2017-02-28')],
    [d('2017-02-28'), 1, d('2017-03-28')],
    [d('0001-01-31'), 119987, LAST],
    [LAST, -119987, d('0001-01-31')],
    [null, 1, null],
  ]),
  ...binary([date, date], daysBetween, [
    [FIRST, LAST, 3652058],
    [1, 0, -1],
    [0, null, null],
  ]),
  ...binary([date, date], monthsBetween, [
    [d('2017-01-31'), d('2017-02-01'), 1],
    [d('2017-02-01'), d('2017-01-31'), -1],
    [d('2017-02-01'), d('2017-02-28'), 0],
  ]),
  ...unary(date, year, [
    [FIRST, 1],
    [-1, 1969],
  ]),
  ...unary(date, quarter, [[d('2017-10-01'), 4]]),
  ...unary(date, month, [[d('1500-02-28'), 2]]),
  ...unary(date, day, [[d('1500-02-28'), 28]]),
  ...unary(date, dayOfYear, [[d('2016-12-31'), 366]]),
  ...unary(date, isoWeek, [
    [d('2017-01-01'), 52],
    [d('2016-01-03'), 53],
    [d('2018-12-31'), 1],
  ]),
  ...unary(date, isoYear, [
    [d('2017-01-01'), 2016],
    [d('2018-12-31'), 2019],
  ]),
  ...unary(date, isoWeekday, [
    [d('2017-01-01'), 7],
    [FIRST, 1],
  ]),
  ...unary(date, lastDayOfMonth, [
    [d('1900-02-01'), d('1900-02-28')],
    [d('2000-02-01'), d('2000-02-29')],
    [LAST, LAST],
  ]),
  ...unary(date, (a) => truncateDate(a, 'week'), [
    [d('2017-01-01'), d('2016-12-26')],
    [d('0001-01-07'), FIRST],
  ]),
  ...unary(date, (a) => truncateDate(a, 'month'), [[d('1969-12-31'), d('1969-12-01')]]),
  ...unary(date, (a) => truncateDate(a, 'quarter'), [[d('2017-09-30'), d('2017-07-01')]]),
  ...unary(date, (a) => truncateDate(a, 'year'), [[LAST, d('9999-01-01')]]),
];

export const timeCases: readonly Case[] = [
  ...unary(timestamp, hour, [[-1n, 23]]),
  ...unary(localTimestamp, hour, [[7_200_000_000n, 2]]),
  ...unary(localTimestamp, minute, [[-1n, 59]]),
  ...unary(timestamp, second, [[-1n, 59]]),
  ...unary(timestamp, (a) => truncateTime(a, 'day'), [[-1n, -86_400_000_000n]]),
  ...unary(localTimestamp, (a) => truncateTime(a, 'hour'), [
    [-62135596799999999n, -62135596800000000n],
  ]),
  ...unary(localTimestamp, (a) => truncateTime(a, 'minute'), [[119_999_999n, 60_000_000n]]),
  ...unary(timestamp, (a) => truncateTime(a, 'second'), [[-1n, -1_000_000n]]),
  ...binary([timestamp, int64], addSeconds, [
    [-62135596800000000n, 315537897599n, 253402300799000000n],
    [1n, -1n, -999_999n],
    [null, 1n, null],
  ]),
  ...binary([localTimestamp, int64], addSeconds, [[0n, 86400n, 86_400_000_000n]]),
  ...unary(timestamp, epochMicros, [[-62135596800000000n, -62135596800000000n]]),
  ...unary(localTimestamp, epochMicros, [[253402300799999999n, 253402300799999999n]]),
  ...unary(int64, fromEpochMicros, [
    [253402300799999999n, 253402300799999999n],
    [null, null],
  ]),
];

export const nestedCases: readonly Case[] = [
  ...binary([string, string], (a, b) => listOf(a, b), [['a', null, ['a', null]]]),
  ...binary([string, string], (a, b) => presentOf(a, b), [
    ['a', null, ['a']],
    [null, null, []],
  ]),
  ...unary(list(string), listLength, [
    [['a', null], 2],
    [[], 0],
    [null, null],
  ]),
  ...unary(list(string), (a) => element(a, 2, string), [
    [['a', 'b'], 'b'],
    [['a'], null],
    [null, null],
  ]),
  ...binary([string, int64], (a, b) => structOf({ 'a b': a, "it's": b }), [
    ['x', null, ['x', null]],
  ]),
  ...unary(string, (a) => field(structOf({ 'a`b': a }), 'a`b', string), [['x', 'x']]),
];
