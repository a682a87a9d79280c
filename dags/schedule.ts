import { Cron } from 'croner';
import { dateOfEpochDay, epochDay, type Window } from '../core/window.ts';

/** A thing that tasks produce (`outlets`) and DAGs wait for. */
export interface Asset {
  readonly kind: 'asset';
  /** What Airflow knows it by in both versions: `s3://lake/promotions`. */
  readonly uri: string;
}

export function asset(uri: string): Asset {
  return { kind: 'asset', uri };
}

export const PRESETS = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@quarterly': '0 0 1 */3 *',
  '@yearly': '0 0 1 1 *',
} as const;
export type Preset = keyof typeof PRESETS;

export interface CronSchedule {
  readonly kind: 'cron';
  readonly cron: string;
  readonly timezone: string;
}

/** Five fields; a run is for the interval between two fire times, and starts when that is over. */
export function cron(expression: string, timezone = 'UTC'): CronSchedule {
  return { kind: 'cron', cron: expression, timezone };
}

/** When a DAG runs: by the clock, when all assets have been updated, or only when somebody says so. */
export type Schedule = Preset | CronSchedule | readonly Asset[] | null;

/** The schedule by the clock, if it is one. */
export function cronOf(schedule: Schedule): CronSchedule | undefined {
  if (typeof schedule === 'string') return cron(PRESETS[schedule]);
  return schedule !== null && 'kind' in schedule ? schedule : undefined;
}

/** So many fire times in a row have to be on days of their own: over a year of days. */
const LOOKED_AT = 400;

/** L, W, # and ? are read in ways of their own. */
const NAMES = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC SUN MON TUE WED THU FRI SAT'.split(
  ' ',
);

/** What is wrong with a schedule, for people; undefined: nothing. */
export function cronProblem({ cron: expression, timezone }: CronSchedule): string | undefined {
  if (expression.trim().split(/\s+/).length !== 5) {
    return `"${expression}" is no cron expression: write five fields, such as "0 2 * * *"`;
  }
  const names = expression.match(/[^\d\s*,/-]+/g) ?? [];
  if (!names.every((name) => NAMES.includes(name.toUpperCase()))) {
    return `"${expression}": Airflow and dray read only numbers, names, * , - and / alike`;
  }
  try {
    const [first] = new Cron(expression, { timezone }).nextRuns(1, '2024-01-01T00:00:00');
    return first === undefined ? `"${expression}" never comes` : undefined;
  } catch (error) {
    return `"${expression}" in "${timezone}" is no schedule: ${String(error)}`;
  }
}

/** Whether two fire times fall on one day: the window between them would be empty. */
export function firesTwiceADay(schedule: CronSchedule, from: string): boolean {
  const days = fireDays(schedule, from, LOOKED_AT);
  return days.some((day, index) => day === days[index - 1]);
}

/** The intervals that begin in `[from, to)`, as windows of days. */
export function intervalsIn(schedule: CronSchedule, from: string, to: string): readonly Window[] {
  const found: Window[] = [];
  let days = fireDays(schedule, from, LOOKED_AT);
  for (;;) {
    for (const [index, startDate] of days.slice(0, -1).entries()) {
      if (startDate >= to) return found;
      found.push({ startDate, endDate: days[index + 1] ?? startDate });
    }
    const last = days.at(-1);
    if (last === undefined || days.length < 2) return found;
    days = fireDays(schedule, last, LOOKED_AT);
  }
}

/** Days, in the schedule's time zone, of its next fire times from a day on. */
function fireDays(
  { cron: expression, timezone }: CronSchedule,
  from: string,
  count: number,
): readonly string[] {
  // Fire times after a moment: that before the day's first.
  const before = `${dateOfEpochDay(epochDay(from) - 1)}T23:59:59`;
  return new Cron(expression, { timezone })
    .nextRuns(count, before)
    .map((time) => dayIn(time, timezone));
}

function dayIn(time: Date, timezone: string): string {
  // Swedish dates are ISO's.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short' }).format(time);
}
