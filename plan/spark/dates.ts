import type { Call } from '../expression.ts';
import type { PlanType } from '../types.ts';
import {
  FIRST_DAY,
  FIRST_MICROS,
  FIRST_MONTH,
  LAST_DAY,
  LAST_MICROS,
  LAST_MONTH,
  OUTSIDE,
} from './calendar.ts';
import type { Printers } from './printer.ts';
import { sparkType } from './types.ts';
import { failure } from './failure.ts';

/* The session's zone is UTC, which wall clocks pass through on their way. */

export const DATES = {
  addDays: ([a, days], call) =>
    within(call, [a, days], {
      position: `cast(unix_date(${a}) as bigint) + ${days}`,
      range: [FIRST_DAY, LAST_DAY],
      result: `date_add(${a}, ${days})`,
    }),
  addMonths: ([a, months], call) =>
    within(call, [a, months], {
      position: `${monthNumber(a)} - 1 + cast(${months} as bigint)`,
      range: [FIRST_MONTH, LAST_MONTH],
      result: `add_months(${a}, ${months})`,
    }),
  daysBetween: ([a, b]) => `datediff(${b}, ${a})`,
  monthsBetween: ([a, b]) => `(${monthNumber(b)} - (${monthNumber(a)}))`,
  year: ([a]) => `year(${a})`,
  quarter: ([a]) => `quarter(${a})`,
  month: ([a]) => `month(${a})`,
  day: ([a]) => `day(${a})`,
  dayOfYear: ([a]) => `dayofyear(${a})`,
  isoWeek: ([a]) => `weekofyear(${a})`,
  isoYear: ([a]) => `extract(yearofweek from ${a})`,
  isoWeekday: ([a]) => `(weekday(${a}) + 1)`,
  lastDayOfMonth: ([a]) => `last_day(${a})`,
  truncateDate: ([a], { parameters: { unit } }) => `trunc(${a}, '${unit}')`,
  hour: ([a]) => `hour(${a})`,
  minute: ([a]) => `minute(${a})`,
  second: ([a]) => `second(${a})`,
  truncateTime: ([a], { type, parameters: { unit } }) =>
    asTime(`date_trunc('${unit}', ${a})`, type),
  addSeconds: ([a, seconds], call) => {
    // As bigints, seconds that are a constant overflow before the planner sees that the time is null.
    const position = `${micros(a)} + cast(${seconds} as decimal(19, 0)) * 1000000`;
    return within(call, [a, seconds], {
      position,
      range: [FIRST_MICROS, LAST_MICROS],
      result: asTime(`timestamp_micros(cast(${position} as bigint))`, call.type),
    });
  },
  epochMicros: ([a]) => micros(a),
  fromEpochMicros: ([a], call) =>
    within(call, [a], {
      position: a,
      range: [FIRST_MICROS, LAST_MICROS],
      result: `timestamp_micros(${a})`,
    }),
} satisfies Partial<Printers>;

interface Moved {
  /** Where the result is, counted in integers. */
  readonly position: string;
  readonly range: readonly [first: string, last: string];
  readonly result: string;
}

/** Spark goes on beyond the years 1 to 9999; a null argument makes the condition null. */
function within(call: Call, args: readonly string[], { position, range, result }: Moved): string {
  const [first, last] = range;
  const failed = failure(call, args, OUTSIDE);
  return `case when ${position} not between ${first} and ${last} then ${failed} else ${result} end`;
}

function monthNumber(a: string): string {
  return `year(${a}) * 12 + month(${a})`;
}

function micros(a: string): string {
  return `unix_micros(cast(${a} as timestamp_ltz))`;
}

/** Spark's functions give instants, of wall clocks too. */
function asTime(text: string, type: PlanType): string {
  return type.kind === 'localTimestamp' ? `cast(${text} as ${sparkType(type)})` : text;
}
