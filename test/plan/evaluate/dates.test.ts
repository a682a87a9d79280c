import { describe, expect, it } from '@jest/globals';
import { epochDay } from '../../../core/window.ts';
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
import { dateOf, instantOf } from '../../../plan/expressions/literal.ts';
import {
  addSeconds,
  epochMicros,
  fromEpochMicros,
  hour,
  minute,
  second,
  truncateTime,
} from '../../../plan/expressions/time.ts';
import { date, int32, int64, localTimestamp, timestamp } from '../../../plan/types.ts';
import { failure, map, valueOf } from './values.ts';

const DAYS = ['0001-01-01', '1500-02-28', '1582-10-10', '1969-12-31', '2016-02-29', '9999-12-31'];
const values = DAYS.map(epochDay);

function micros(text: string): bigint {
  return valueOf(instantOf(text)) as bigint;
}

describe('dates in TypeScript', () => {
  it('has the parts of the proleptic Gregorian calendar', () => {
    expect(map(date, year, values)).toEqual([1, 1500, 1582, 1969, 2016, 9999]);
    expect(map(date, quarter, values)).toEqual([1, 1, 4, 4, 1, 4]);
    expect(map(date, month, values)).toEqual([1, 2, 10, 12, 2, 12]);
    expect(map(date, day, values)).toEqual([1, 28, 10, 31, 29, 31]);
    expect(map(date, dayOfYear, values)).toEqual([1, 59, 283, 365, 60, 365]);
  });

  it('agrees with the platform on every day of 400 years', () => {
    const first = epochDay('1600-01-01');
    const days = Array.from({ length: 146_097 }, (_, index) => first + index);
    const parts = [year, month, day, isoWeekday].map((part) => map(date, part, days));
    const wrong = days.filter((each, at) => {
      const expected = new Date(each * 86_400_000);
      return (
        parts[0]?.[at] !== expected.getUTCFullYear() ||
        parts[1]?.[at] !== expected.getUTCMonth() + 1 ||
        parts[2]?.[at] !== expected.getUTCDate() ||
        parts[3]?.[at] !== (expected.getUTCDay() || 7)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('counts ISO weeks, which belong to the year of their Thursday', () => {
    const days = ['2018-12-31', '2021-01-03', '2016-01-01', '2020-12-31', '0001-01-01'];
    const weeks = days.map(epochDay);
    expect(map(date, isoWeek, weeks)).toEqual([1, 53, 53, 53, 1]);
    expect(map(date, isoYear, weeks)).toEqual([2019, 2020, 2015, 2020, 1]);
    expect(map(date, isoWeekday, weeks)).toEqual([1, 7, 5, 4, 1]);
  });

  it('truncates to the first day', () => {
    const a = [epochDay('2021-01-03'), epochDay('1969-05-20')];
    const of = (text: string) => epochDay(text);
    expect(map(date, (d) => truncateDate(d, 'week'), a)).toEqual([
      of('2020-12-28'),
      of('1969-05-19'),
    ]);
    expect(map(date, (d) => truncateDate(d, 'month'), a)).toEqual([
      of('2021-01-01'),
      of('1969-05-01'),
    ]);
    expect(map(date, (d) => truncateDate(d, 'quarter'), a)).toEqual([
      of('2021-01-01'),
      of('1969-04-01'),
    ]);
    expect(map(date, (d) => truncateDate(d, 'year'), a)).toEqual([
      of('2021-01-01'),
      of('1969-01-01'),
    ]);
  });

  it('adds months to the last day where there is no such day', () => {
    const added = (from: string, months: number) =>
      map(int32, (n) => addMonths(dateOf(from), n), [months])[0];
    expect(added('2024-01-31', 1)).toBe(epochDay('2024-02-29'));
    expect(added('2024-03-31', -1)).toBe(epochDay('2024-02-29'));
    expect(added('2023-01-31', 1)).toBe(epochDay('2023-02-28'));
    expect(added('2024-02-29', 12)).toBe(epochDay('2025-02-28'));
    expect(added('2024-12-15', 1)).toBe(epochDay('2025-01-15'));
    expect(map(date, lastDayOfMonth, [epochDay('1900-02-03')])).toEqual([epochDay('1900-02-28')]);
  });

  it('counts days and month boundaries', () => {
    const from = dateOf('2024-01-31');
    const to = ['2024-02-01', '2023-12-31', '2025-01-01'].map(epochDay);
    expect(map(date, (d) => daysBetween(from, d), to)).toEqual([1, -31, 336]);
    expect(map(date, (d) => monthsBetween(from, d), to)).toEqual([1, -1, 12]);
  });

  it.each([
    ['a day too late', () => map(date, (d) => addDays(d, 1), [epochDay('9999-12-31')])],
    ['a day too early', () => map(date, (d) => addDays(d, -1), [epochDay('0001-01-01')])],
    ['a month too late', () => map(date, (d) => addMonths(d, 1), [epochDay('9999-12-01')])],
    ['months too early', () => map(date, (d) => addMonths(d, -12), [epochDay('0001-12-31')])],
    [
      'a second too late',
      () => map(int64, (n) => addSeconds(instantOf('9999-12-31T23:59:59Z'), n), [1n]),
    ],
    ['micros too early', () => map(int64, fromEpochMicros, [-62135596800000001n])],
  ])('refuses %s', (_, work) => {
    expect(failure(work)).toMatch(/the (date|time) is before .* after .*9999/);
  });
});

describe('times in TypeScript', () => {
  it('has its parts before 1970 too', () => {
    const times = [micros('1969-12-31T23:59:58.999999Z'), micros('2024-02-29T01:02:03Z')];
    expect(map(timestamp, hour, times)).toEqual([23, 1]);
    expect(map(timestamp, minute, times)).toEqual([59, 2]);
    expect(map(timestamp, second, times)).toEqual([58, 3]);
  });

  it('truncates toward the past', () => {
    const times = [micros('1969-12-31T23:59:58.999999Z')];
    expect(map(localTimestamp, (t) => truncateTime(t, 'second'), times)).toEqual([
      micros('1969-12-31T23:59:58Z'),
    ]);
    expect(map(localTimestamp, (t) => truncateTime(t, 'minute'), times)).toEqual([
      micros('1969-12-31T23:59:00Z'),
    ]);
    expect(map(localTimestamp, (t) => truncateTime(t, 'hour'), times)).toEqual([
      micros('1969-12-31T23:00:00Z'),
    ]);
    expect(map(localTimestamp, (t) => truncateTime(t, 'day'), times)).toEqual([
      micros('1969-12-31T00:00:00Z'),
    ]);
  });

  it('adds seconds and counts microseconds', () => {
    expect(map(timestamp, (t) => addSeconds(t, -1n), [500_000n])).toEqual([-500_000n]);
    expect(map(timestamp, epochMicros, [-1n])).toEqual([-1n]);
    expect(map(int64, fromEpochMicros, [253402300799999999n])).toEqual([
      micros('9999-12-31T23:59:59.999999Z'),
    ]);
  });
});
