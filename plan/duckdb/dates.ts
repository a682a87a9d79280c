import type { CallOf, Expression } from '../expression.ts';
import { failure } from './failure.ts';
import type { Arguments, Printers } from './printer.ts';

type Names =
  | ('addDays' | 'addMonths' | 'daysBetween' | 'monthsBetween' | 'lastDayOfMonth')
  | ('year' | 'quarter' | 'month' | 'day' | 'dayOfYear' | 'isoWeek' | 'isoYear' | 'isoWeekday')
  | ('truncateDate' | 'hour' | 'minute' | 'second' | 'truncateTime')
  | ('addSeconds' | 'epochMicros' | 'fromEpochMicros');

/** Years 1 to 9999, which DuckDB's own range is far wider than. */
const DATES = `date '0001-01-01' and date '9999-12-31'`;
const TIMES = `timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999'`;
export const INSTANTS = `timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'`;
const OUTSIDE = 'it is not in the years 1 to 9999';
const MICROS = '-62135596800000000 and 253402300799999999';

export const DATES_AND_TIMES: Printers<Names> = {
  addDays: ([a, days], call) => inRange(`(${a} + ${days})`, DATES, call, a, days),
  addMonths: ([a, months], call) =>
    inRange(`cast(${a} + to_months(${months}) as date)`, DATES, call, a, months),
  daysBetween: ([a, b]) => `cast(date_diff('day', ${a}, ${b}) as integer)`,
  monthsBetween: ([a, b]) => `cast(date_diff('month', ${a}, ${b}) as integer)`,
  year: part('year'),
  quarter: part('quarter'),
  month: part('month'),
  day: part('day'),
  dayOfYear: part('dayofyear'),
  isoWeek: part('week'),
  isoYear: part('isoyear'),
  isoWeekday: part('isodow'),
  lastDayOfMonth: ([a]) => `last_day(${a})`,
  truncateDate: ([a], { parameters }) => `cast(date_trunc('${parameters.unit}', ${a}) as date)`,
  hour: timePart('hour'),
  minute: timePart('minute'),
  second: timePart('second'),
  truncateTime([a], { type, parameters: { unit } }) {
    if (type.kind !== 'timestamp') return `date_trunc('${unit}', ${a})`;
    return `(date_trunc('${unit}', ${a} at time zone 'UTC') at time zone 'UTC')`;
  },
  addSeconds: ([a, seconds], call) => {
    const range = call.type.kind === 'timestamp' ? INSTANTS : TIMES;
    // An interval that is too long is an error even where it is added to nothing.
    const interval = `to_seconds(case when ${a} is not null then ${seconds} end)`;
    return inRange(`(${a} + ${interval})`, range, call, a, seconds);
  },
  epochMicros: ([a]) => `epoch_us(${a})`,
  fromEpochMicros: ([a], call) =>
    `case when ${a} not between ${MICROS} then ${failure(call, [a], OUTSIDE)} else make_timestamptz(${a}) end`,
};

/** The result, where it is in the plan's years. */
function inRange(
  result: string,
  range: string,
  call: CallOf<'addDays' | 'addMonths' | 'addSeconds'>,
  ...values: readonly string[]
): string {
  return `case when ${result} not between ${range} then ${failure(call, values, OUTSIDE)} else ${result} end`;
}

function part(name: string) {
  return ([a]: Arguments) => `cast(${name}(${a}) as integer)`;
}

function timePart(name: string) {
  return ([a]: Arguments, { args }: { readonly args: readonly Expression[] }) => {
    const local = args[0]?.type.kind === 'timestamp' ? `${a} at time zone 'UTC'` : a;
    return `cast(${name}(${local}) as integer)`;
  };
}
