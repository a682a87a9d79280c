import type { SubmissionRecord } from '../../core/submission-store.ts';
import { toSnakeCase } from '../../core/wire-name.ts';

/** A submission as programs read it: `dray.submission/1`. */
export function submissionLine(record: SubmissionRecord): Readonly<Record<string, unknown>> {
  const { window, ...rest } = record;
  return {
    schema: 'dray.submission/1',
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]: [string, unknown]) => [toSnakeCase(key), value]),
    ),
    window:
      window === undefined ? null : { start_date: window.startDate, end_date: window.endDate },
  };
}
