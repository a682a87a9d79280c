import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dateOfEpochDay, epochDay } from '../../../core/window.ts';
import type { Expression } from '../../../plan/expression.ts';
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
import { dateOf, nullOf } from '../../../plan/expressions/literal.ts';
import {
  addSeconds,
  epochMicros,
  fromEpochMicros,
  hour,
  minute,
  second,
  truncateTime,
} from '../../../plan/expressions/time.ts';
import type { PlanSession } from '../../../plan/session.ts';
import {
  date,
  int32,
  int64,
  localTimestamp,
  type PlanCell,
  timestamp,
} from '../../../plan/types.ts';
import { openPlans, valuesOf } from './evaluate.ts';

const invalid = { code: 'VALUE_INVALID' };
const DAY = 86_400_000_000n;
const FIRST_MICRO = BigInt(epochDay('0001-01-01')) * DAY;
const LAST_MICRO = BigInt(epochDay('9999-12-31') + 1) * DAY - 1n;

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

type DateFunction = (x: Expression<'date'>) => Expression;

async function ofDates(
  apply: DateFunction,
  inputs: readonly string[],
): Promise<readonly PlanCell[]> {
  const values = await valuesOf(session, date, [...inputs.map(epochDay), null], apply);
  expect(values.at(-1)).toBeNull();
  return values.slice(0, -1);
}

const asDates = (values: readonly PlanCell[]) =>
  values.map((value) => dateOfEpochDay(Number(value)));

describe('dates in DuckDB', () => {
  it.each<[string, DateFunction, readonly number[]]>([
    ['year', year, [1, 1500, 1582, 1969, 2016, 2016, 9999]],
    ['quarter', quarter, [1, 1, 4, 4, 1, 1, 4]],
    ['month', month, [1, 2, 10, 12, 1, 2, 12]],
    ['day', day, [1, 28, 10, 31, 1, 29, 31]],
    ['dayOfYear', dayOfYear, [1, 59, 283, 365, 1, 60, 365]],
    ['isoWeek', isoWeek, [1, 9, 40, 1, 53, 9, 52]],
    ['isoYear', isoYear, [1, 1500, 1582, 1970, 2015, 2016, 9999]],
    ['isoWeekday', isoWeekday, [1, 3, 7, 3, 5, 1, 5]],
  ])('have a part %s in the proleptic calendar', async (_, apply, expected) => {
    const inputs = [
      '0001-01-01',
      '1500-02-28',
      '1582-10-10',
      '1969-12-31',
      '2016-01-01',
      '2016-02-29',
      '9999-12-31',
    ];
    expect(await ofDates(apply, inputs)).toEqual(expected);
  });

  it('move by days, within years 1 to 9999', async () => {
    const moved = await ofDates((x) => addDays(x, 1), ['1500-02-28', '1582-10-04', '9999-12-30']);
    expect(asDates(moved)).toEqual(['1500-03-01', '1582-10-05', '9999-12-31']);
    expect(await valuesOf(session, int32, [null], (x) => addDays(dateOf('2017-01-01'), x))).toEqual(
      [null],
    );
    for (const [start, days] of [
      ['9999-12-31', 1],
      ['0001-01-01', -1],
      ['2017-01-01', 2147483647],
      ['2017-01-01', -2147483648],
    ] as const) {
      await expect(ofDates((x) => addDays(x, days), [start])).rejects.toMatchObject(invalid);
    }
    await expect(ofDates((x) => addDays(x, 1), ['9999-12-31'])).rejects.toThrow(
      'addDays(x, 1) of 9999-12-31 and 1: it is not in the years 1 to 9999',
    );
  });

  it('move by months, to the last day at most', async () => {
    const later = await ofDates(
      (x) => addMonths(x, 1),
      ['2017-01-31', '2016-01-31', '2017-12-15', '9999-11-30'],
    );
    expect(asDates(later)).toEqual(['2017-02-28', '2016-02-29', '2018-01-15', '9999-12-30']);
    const earlier = await ofDates((x) => addMonths(x, -12), ['2016-02-29', '1970-01-31']);
    expect(asDates(earlier)).toEqual(['2015-02-28', '1969-01-31']);
    for (const [start, months] of [
      ['9999-12-01', 1],
      ['0001-01-31', -1],
      ['2017-01-01', 2147483647],
      ['2017-01-01', -2147483648],
    ] as const) {
      await expect(ofDates((x) => addMonths(x, months), [start])).rejects.toMatchObject(invalid);
    }
  });

  it('are so many days and month boundaries apart', async () => {
    const to = dateOf('2017-02-01');
    const inputs = ['2017-01-31', '2017-02-28', '2017-03-01', '1969-12-31', '0001-01-01'];
    expect(await ofDates((x) => daysBetween(x, to), inputs)).toEqual([1, -27, -28, 17199, 736360]);
    expect(await ofDates((x) => monthsBetween(x, to), inputs)).toEqual([1, 0, -1, 566, 24193]);
    expect(await ofDates((x) => daysBetween(to, x), ['9999-12-31'])).toEqual([2915698]);
  });

  it('have a last day of their month, and a first of week, month, quarter and year', async () => {
    const inputs = ['2016-02-01', '1900-02-15', '2017-01-01', '0001-01-07', '9999-12-31'];
    expect(asDates(await ofDates(lastDayOfMonth, inputs))).toEqual([
      '2016-02-29',
      '1900-02-28',
      '2017-01-31',
      '0001-01-31',
      '9999-12-31',
    ]);
    const first = async (unit: 'week' | 'month' | 'quarter' | 'year') =>
      asDates(await ofDates((x) => truncateDate(x, unit), inputs));
    expect(await first('week')).toEqual([
      '2016-02-01',
      '1900-02-12',
      '2016-12-26',
      '0001-01-01',
      '9999-12-27',
    ]);
    expect(await first('month')).toEqual([
      '2016-02-01',
      '1900-02-01',
      '2017-01-01',
      '0001-01-01',
      '9999-12-01',
    ]);
    expect(await first('quarter')).toEqual([
      '2016-01-01',
      '1900-01-01',
      '2017-01-01',
      '0001-01-01',
      '9999-10-01',
    ]);
    expect(await first('year')).toEqual([
      '2016-01-01',
      '1900-01-01',
      '2017-01-01',
      '0001-01-01',
      '9999-01-01',
    ]);
  });
});

describe.each([timestamp, localTimestamp])('times of kind $kind in DuckDB', (type) => {
  const inputs = [-1n, 0n, 3_723_000_001n, FIRST_MICRO, LAST_MICRO, null];

  it('have hours, minutes and whole seconds, before 1970 as well', async () => {
    expect(await valuesOf(session, type, inputs, hour)).toEqual([23, 0, 1, 0, 23, null]);
    expect(await valuesOf(session, type, inputs, minute)).toEqual([59, 0, 2, 0, 59, null]);
    expect(await valuesOf(session, type, inputs, second)).toEqual([59, 0, 3, 0, 59, null]);
  });

  it('are cut to whole units', async () => {
    const cut = async (unit: 'day' | 'hour' | 'minute' | 'second') =>
      await valuesOf(session, type, inputs, (x) => truncateTime(x, unit));
    const hourMicros = 3_600_000_000n;
    expect(await cut('day')).toEqual([-DAY, 0n, 0n, FIRST_MICRO, LAST_MICRO + 1n - DAY, null]);
    expect(await cut('hour')).toEqual([
      -hourMicros,
      0n,
      hourMicros,
      FIRST_MICRO,
      LAST_MICRO + 1n - hourMicros,
      null,
    ]);
    expect(await cut('minute')).toEqual([
      -60_000_000n,
      0n,
      3_720_000_000n,
      FIRST_MICRO,
      LAST_MICRO + 1n - 60_000_000n,
      null,
    ]);
    expect(await cut('second')).toEqual([
      -1_000_000n,
      0n,
      3_723_000_000n,
      FIRST_MICRO,
      LAST_MICRO + 1n - 1_000_000n,
      null,
    ]);
  });

  it('move by seconds, within years 1 to 9999', async () => {
    const moved = await valuesOf(session, type, [-1n, FIRST_MICRO, null], (x) =>
      addSeconds(x, 86400),
    );
    expect(moved).toEqual([DAY - 1n, FIRST_MICRO + DAY, null]);
    expect(await valuesOf(session, type, [0n], (x) => addSeconds(x, nullOf(int64)))).toEqual([
      null,
    ]);
    for (const [start, seconds] of [
      [LAST_MICRO, 1n],
      [FIRST_MICRO, -1n],
      [0n, 2n ** 62n],
      [0n, -(2n ** 63n)],
      [0n, 10n ** 13n],
    ] as const) {
      await expect(
        valuesOf(session, type, [start], (x) => addSeconds(x, seconds)),
      ).rejects.toMatchObject(invalid);
    }
  });

  it('are microseconds since 1970', async () => {
    expect(await valuesOf(session, type, inputs, epochMicros)).toEqual(inputs);
  });
});

describe('instants from microseconds in DuckDB', () => {
  it('are in years 1 to 9999', async () => {
    const inputs = [-1n, FIRST_MICRO, LAST_MICRO, null];
    expect(await valuesOf(session, int64, inputs, fromEpochMicros)).toEqual(inputs);
    for (const input of [FIRST_MICRO - 1n, LAST_MICRO + 1n, 2n ** 63n - 1n]) {
      await expect(valuesOf(session, int64, [input], fromEpochMicros)).rejects.toMatchObject(
        invalid,
      );
    }
  });
});
