import { call, type Expression } from '../expression.ts';
import type { DateUnit } from '../functions.ts';
import { date, int32 } from '../types.ts';
import { type Operand, operand } from './literal.ts';

/* Proleptic Gregorian, years 1 to 9999. Weeks are ISO 8601: they start on Monday. */

type DateExpression = Expression<'date'>;
type DatePart =
  'year' | 'quarter' | 'month' | 'day' | 'dayOfYear' | 'isoWeek' | 'isoYear' | 'isoWeekday';

export function addDays(a: DateExpression, days: Operand<'int32'>): DateExpression {
  const count = operand(days, int32);
  return call('addDays', date, a.nullable || count.nullable, [a, count], {});
}

/** The same day of a later month, or its last day where there is no such day. */
export function addMonths(a: DateExpression, months: Operand<'int32'>): DateExpression {
  const count = operand(months, int32);
  return call('addMonths', date, a.nullable || count.nullable, [a, count], {});
}

/** Days from `a` to `b`; negative when `b` is earlier. */
export function daysBetween(a: DateExpression, b: DateExpression): Expression<'int32'> {
  return call('daysBetween', int32, a.nullable || b.nullable, [a, b], {});
}

/** Month boundaries from `a` to `b`: 31 January to 1 February is one. */
export function monthsBetween(a: DateExpression, b: DateExpression): Expression<'int32'> {
  return call('monthsBetween', int32, a.nullable || b.nullable, [a, b], {});
}

export function year(a: DateExpression): Expression<'int32'> {
  return part('year', a);
}

export function quarter(a: DateExpression): Expression<'int32'> {
  return part('quarter', a);
}

export function month(a: DateExpression): Expression<'int32'> {
  return part('month', a);
}

/** Of the month. */
export function day(a: DateExpression): Expression<'int32'> {
  return part('day', a);
}

export function dayOfYear(a: DateExpression): Expression<'int32'> {
  return part('dayOfYear', a);
}

export function isoWeek(a: DateExpression): Expression<'int32'> {
  return part('isoWeek', a);
}

/** The year that the ISO week belongs to. */
export function isoYear(a: DateExpression): Expression<'int32'> {
  return part('isoYear', a);
}

/** Monday is 1, Sunday 7. */
export function isoWeekday(a: DateExpression): Expression<'int32'> {
  return part('isoWeekday', a);
}

export function lastDayOfMonth(a: DateExpression): DateExpression {
  return call('lastDayOfMonth', date, a.nullable, [a], {});
}

/** The first day of the year, quarter, month or ISO week. */
export function truncateDate(a: DateExpression, unit: DateUnit): DateExpression {
  return call('truncateDate', date, a.nullable, [a], { unit });
}

function part(name: DatePart, a: DateExpression): Expression<'int32'> {
  return call(name, int32, a.nullable, [a], {});
}
