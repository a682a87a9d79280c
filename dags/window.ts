import { dateOfEpochDay, epochDay, type Window } from '../core/window.ts';

/** The dates that a task's run is for, worked out for each run of the DAG. */
export type TaskWindow =
  | { readonly kind: 'interval' }
  | { readonly kind: 'lookBack'; readonly days: number }
  | { readonly kind: 'dates'; readonly startDate: string; readonly endDate: string }
  | { readonly kind: 'all' };

/** From the start of the schedule's interval to its end: what came in since the run before. */
export const interval: TaskWindow = { kind: 'interval' };

/** No window: all rows. */
export const allRows: TaskWindow = { kind: 'all' };

/** The interval, and so many days before it: for rows that come late. */
export function lookBack(days: number): TaskWindow {
  return { kind: 'lookBack', days };
}

/** Always the same days, `[startDate, endDate)`. */
export function dates(startDate: string, endDate: string): TaskWindow {
  return { kind: 'dates', startDate, endDate };
}

/** Whether it depends on the schedule. */
export function needsInterval({ kind }: TaskWindow): boolean {
  return kind === 'interval' || kind === 'lookBack';
}

/** The dates of a window for one interval of the schedule. */
export function windowOf(window: TaskWindow, scheduled: Window | undefined): Window | undefined {
  switch (window.kind) {
    case 'all':
      return undefined;
    case 'dates':
      return { startDate: window.startDate, endDate: window.endDate };
    case 'interval':
      return scheduled;
    case 'lookBack':
      return (
        scheduled && {
          ...scheduled,
          startDate: dateOfEpochDay(epochDay(scheduled.startDate) - window.days),
        }
      );
  }
}

/** Jinja expressions of both dates, in the time zone of the schedule. */
export function windowExpressions(
  window: TaskWindow,
  timezone: string,
): { readonly start: string; readonly end: string } | undefined {
  // Airflow hands times over in UTC: midnight in Berlin is the day before there.
  const local = timezone === 'UTC' ? '' : `.in_timezone(${JSON.stringify(timezone)})`;
  const end = `data_interval_end${local} | ds`;
  switch (window.kind) {
    case 'interval':
      return { start: `data_interval_start${local} | ds`, end };
    case 'lookBack':
      return {
        start: `data_interval_start${local}.subtract(days=${String(window.days)}) | ds`,
        end,
      };
    case 'dates':
    case 'all':
      return undefined;
  }
}
