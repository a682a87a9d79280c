import { JobError } from './errors.ts';

/** Half-open interval `[startDate, endDate)` of calendar dates, `YYYY-MM-DD`. */
export interface Window {
  readonly startDate: string;
  readonly endDate: string;
}

const DAY_MS = 86_400_000;

/**
 * Reads the two dates of a window; none means all time.
 *
 * @throws JobError `WINDOW_INVALID` for one date alone, a date that does not exist, or start >= end.
 */
export function parseWindow(startDate?: string, endDate?: string): Window | undefined {
  if (startDate === undefined && endDate === undefined) return undefined;
  if (startDate === undefined || endDate === undefined) {
    const [given, missing] =
      startDate === undefined ? ['end_date', 'start_date'] : ['start_date', 'end_date'];
    throw new JobError('WINDOW_INVALID', `--${given} is given without --${missing}`, {
      hint: 'give both dates, or neither for all rows',
    });
  }
  for (const [flag, value] of Object.entries({ start_date: startDate, end_date: endDate })) {
    if (!isDate(value)) {
      throw new JobError('WINDOW_INVALID', `--${flag} is not a calendar date: "${value}"`, {
        hint: 'write dates as YYYY-MM-DD, for example 2017-06-05',
      });
    }
  }
  if (startDate > endDate) {
    throw new JobError(
      'WINDOW_INVALID',
      `the window ends before it starts: "${startDate}" to "${endDate}"`,
      {
        hint: 'the end date is exclusive and must be later than the start date: are they swapped?',
      },
    );
  }
  if (startDate === endDate) {
    throw new JobError('WINDOW_INVALID', `the window is empty: "${startDate}" to "${endDate}"`, {
      hint: 'the end date is exclusive and must be later; in Airflow 3 a cron string gives start = end: schedule with CronDataIntervalTimetable',
    });
  }
  return { startDate, endDate };
}

/** True when the two have a day in common; undefined is all time. */
export function windowsOverlap(a: Window | undefined, b: Window | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return a.startDate < b.endDate && b.startDate < a.endDate;
}

export function sameWindow(a: Window | undefined, b: Window | undefined): boolean {
  return a?.startDate === b?.startDate && a?.endDate === b?.endDate;
}

export function describeWindow(window: Window | undefined): string {
  return window === undefined ? 'all rows' : `${window.startDate} to ${window.endDate}`;
}

/** Days since 1970-01-01 of a `YYYY-MM-DD` date. */
export function epochDay(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

export function dateOfEpochDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** A day of the calendar, `YYYY-MM-DD`, years 1 to 9999. */
export function isDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const day = epochDay(text);
  return !Number.isNaN(day) && dateOfEpochDay(day) === text && text >= '0001-01-01';
}
