import type { Expression } from '../../../../plan/expression.ts';
import { cast } from '../../../../plan/expressions/cast.ts';
import { isBetween } from '../../../../plan/expressions/comparison.ts';
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
} from '../../../../plan/expressions/date.ts';
import { plus, times } from '../../../../plan/expressions/arithmetic.ts';
import { dateOf } from '../../../../plan/expressions/literal.ts';
import { date, int32, int64 } from '../../../../plan/types.ts';
import { day as at, type Example, FAILS, on } from '../case.ts';

/** 0001-01-01 and 9999-12-31 in days, and in months since year 0. */
const FIRST_DAY = at('0001-01-01');
const LAST_DAY = at('9999-12-31');
const [FIRST_MONTH, LAST_MONTH] = [12, 119_999];

/** Whether the date some days later is in the years 1 to 9999. */
function daysFit(a: Expression<'date'>, count: Expression<'int32'>): Expression<'bool'> {
  const from = cast(daysBetween(dateOf('1970-01-01'), a), int64);
  return isBetween(plus(from, cast(count, int64)), FIRST_DAY, LAST_DAY);
}

function monthsFit(a: Expression<'date'>, count: Expression<'int32'>): Expression<'bool'> {
  const from = plus(times(cast(year(a), int64), 12), plus(cast(month(a), int64), -1));
  return isBetween(plus(from, cast(count, int64)), FIRST_MONTH, LAST_MONTH);
}

function parts(
  build: (a: Expression<'date'>) => Expression,
  examples: Readonly<Record<string, number>>,
) {
  return [
    on([date], build, [
      ...Object.entries(examples).map(([text, is]): Example => [at(text), is]),
      [null, null],
    ]),
  ];
}

export const dates = {
  addDays: [
    on(
      [date, int32],
      (a, b) => addDays(a, b),
      [
        [at('2016-02-28'), 1, at('2016-02-29')],
        [at('1500-02-28'), 1, at('1500-03-01')],
        [at('1582-10-04'), 1, at('1582-10-05')],
        [at('1970-01-01'), -719_162, FIRST_DAY],
        [at('9999-12-31'), 1, FAILS],
        [FIRST_DAY, -1, FAILS],
        [FIRST_DAY, 2_147_483_647, FAILS],
        [null, 2_147_483_647, null],
        [FIRST_DAY, null, null],
      ],
      daysFit,
    ),
    on(
      [date],
      (a) => addDays(a, 7),
      [[at('2016-12-26'), at('2017-01-02')]],
      (a) => daysFit(a, plus(day(a), 7)),
    ),
  ],
  addMonths: [
    on(
      [date, int32],
      (a, b) => addMonths(a, b),
      [
        [at('2017-01-31'), 1, at('2017-02-28')],
        [at('2016-01-31'), 1, at('2016-02-29')],
        [at('2017-02-28'), 1, at('2017-03-28')],
        [at('2017-03-31'), -1, at('2017-02-28')],
        [at('2016-02-29'), 12, at('2017-02-28')],
        [at('2017-01-15'), -24_192, at('0001-01-15')],
        [at('9999-12-01'), 1, FAILS],
        [at('0001-01-31'), -1, FAILS],
        [at('2017-01-31'), 2_147_483_647, FAILS],
        [at('2017-01-31'), null, null],
        [null, 2_147_483_647, null],
      ],
      monthsFit,
    ),
  ],
  daysBetween: [
    on([date, date], (a, b) => daysBetween(a, b), [
      [at('2017-01-01'), at('2017-01-31'), 30],
      [at('2017-01-31'), at('2017-01-01'), -30],
      [FIRST_DAY, LAST_DAY, 3_652_058],
      [at('1582-10-04'), at('1582-10-15'), 11],
      [null, FIRST_DAY, null],
    ]),
  ],
  monthsBetween: [
    on([date, date], (a, b) => monthsBetween(a, b), [
      [at('2017-01-31'), at('2017-02-01'), 1],
      [at('2017-02-01'), at('2017-01-31'), -1],
      [at('2016-12-31'), at('2017-12-01'), 12],
      [at('2017-01-01'), at('2017-01-31'), 0],
      [FIRST_DAY, LAST_DAY, 119_987],
    ]),
  ],
  year: parts(year, { '0001-01-01': 1, '9999-12-31': 9999, '1969-12-31': 1969 }),
  quarter: parts(quarter, { '2017-03-31': 1, '2017-04-01': 2, '2017-12-31': 4 }),
  month: parts(month, { '2017-02-28': 2, '1582-10-10': 10 }),
  day: parts(day, { '2016-02-29': 29, '1582-10-10': 10, '0001-12-31': 31 }),
  dayOfYear: parts(dayOfYear, { '2016-12-31': 366, '2017-12-31': 365, '1500-03-01': 60 }),
  isoWeek: parts(isoWeek, {
    '2016-01-01': 53,
    '2016-12-26': 52,
    '2017-01-01': 52,
    '2018-12-31': 1,
    '2020-12-31': 53,
    '2021-01-03': 53,
    '2021-01-04': 1,
  }),
  isoYear: parts(isoYear, {
    '2016-01-01': 2015,
    '2017-01-01': 2016,
    '2018-12-31': 2019,
    '2021-01-03': 2020,
    '9999-12-31': 9999,
  }),
  isoWeekday: parts(isoWeekday, {
    '2017-01-01': 7,
    '2016-12-26': 1,
    '1970-01-01': 4,
    '0001-01-01': 1,
  }),
  lastDayOfMonth: [
    on([date], (a) => lastDayOfMonth(a), [
      [at('2016-02-01'), at('2016-02-29')],
      [at('1900-02-10'), at('1900-02-28')],
      [at('2017-12-31'), at('2017-12-31')],
      [at('9999-12-01'), LAST_DAY],
      [null, null],
    ]),
  ],
  truncateDate: [
    on([date], (a) => truncateDate(a, 'year'), [
      [at('2017-05-17'), at('2017-01-01')],
      [LAST_DAY, at('9999-01-01')],
    ]),
    on([date], (a) => truncateDate(a, 'quarter'), [[at('2017-05-17'), at('2017-04-01')]]),
    on([date], (a) => truncateDate(a, 'month'), [[at('1582-10-10'), at('1582-10-01')]]),
    on([date], (a) => truncateDate(a, 'week'), [
      [at('2017-01-01'), at('2016-12-26')],
      [at('2016-12-26'), at('2016-12-26')],
      [at('1969-12-31'), at('1969-12-29')],
      [FIRST_DAY, FIRST_DAY],
    ]),
  ],
};
