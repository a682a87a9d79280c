import { type Civil, civilOf, dayOf, daysIn, isDay, weekdayOf } from './calendar.ts';
import type { Compile } from './functions.ts';
import { binary, NoResult, unary } from './vector.ts';

export const dates = {
  addDays: (call, args) => binary(call, args, (a: number, days: number) => inRange(a + days)),
  addMonths: (call, args) => binary(call, args, addMonths),
  daysBetween: (call, args) => binary(call, args, (a: number, b: number) => b - a),
  monthsBetween: (call, args) =>
    binary(call, args, (a: number, b: number) => monthOf(civilOf(b)) - monthOf(civilOf(a))),
  year: (call, args) => unary(call, args, (a: number) => civilOf(a).year),
  quarter: (call, args) => unary(call, args, (a: number) => Math.ceil(civilOf(a).month / 3)),
  month: (call, args) => unary(call, args, (a: number) => civilOf(a).month),
  day: (call, args) => unary(call, args, (a: number) => civilOf(a).day),
  dayOfYear: (call, args) => unary(call, args, (a: number) => a - dayOf(civilOf(a).year, 1, 1) + 1),
  isoWeek: (call, args) => unary(call, args, isoWeek),
  isoYear: (call, args) => unary(call, args, isoYear),
  isoWeekday: (call, args) => unary(call, args, weekdayOf),
  lastDayOfMonth: (call, args) =>
    unary(call, args, (a: number) => {
      const { year, month } = civilOf(a);
      return dayOf(year, month, daysIn(year, month));
    }),
  truncateDate: (call, args) => {
    const { unit } = call.parameters;
    return unary(call, args, (a: number) => {
      if (unit === 'week') return a - weekdayOf(a) + 1;
      const { year, month } = civilOf(a);
      if (unit === 'year') return dayOf(year, 1, 1);
      return dayOf(year, unit === 'month' ? month : month - ((month - 1) % 3), 1);
    });
  },
} satisfies Partial<Compile>;

function inRange(day: number): number {
  if (!isDay(day)) throw new NoResult('the date is before 0001-01-01 or after 9999-12-31');
  return day;
}

function addMonths(day: number, months: number): number {
  const civil = civilOf(day);
  const total = monthOf(civil) + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  return inRange(dayOf(year, month, Math.min(civil.day, daysIn(year, month))));
}

/** Months since the start of year 0. */
function monthOf({ year, month }: Civil): number {
  return year * 12 + month - 1;
}

/** A week belongs to the year that its Thursday is in. */
function isoYear(day: number): number {
  return civilOf(thursdayOf(day)).year;
}

function isoWeek(day: number): number {
  const thursday = thursdayOf(day);
  return Math.floor((thursday - dayOf(civilOf(thursday).year, 1, 1)) / 7) + 1;
}

function thursdayOf(day: number): number {
  return day - weekdayOf(day) + 4;
}
