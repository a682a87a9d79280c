import type { SQLOutputValue } from 'node:sqlite';
import { JobError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/events.ts';
import { RUN_STATES } from '../../core/run-state.ts';
import type { RunRecord, StepRecord } from '../../core/run-store.ts';

const STEP_STATES = ['RUNNING', 'COMPLETED', 'FAILED'] as const;

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A row of `runs` as the rest of the product sees it: absent instead of null, camelCase. */
export function toRun(row: Row): RunRecord {
  const startDate = optionalText(row, 'start_date');
  const endDate = optionalText(row, 'end_date');
  const result = optionalText(row, 'result');
  return {
    runId: text(row, 'run_id'),
    job: text(row, 'job'),
    state: oneOf(RUN_STATES, row, 'state'),
    attempt: integer(row, 'attempt'),
    ...(startDate !== undefined && endDate !== undefined && { window: { startDate, endDate } }),
    createdBy: text(row, 'created_by'),
    servicePlatform: text(row, 'service_platform'),
    ...optional('engine', optionalText(row, 'engine')),
    createdAt: text(row, 'created_at'),
    ...optional('startedAt', optionalText(row, 'started_at')),
    ...optional('endedAt', optionalText(row, 'ended_at')),
    ...(result !== undefined && { result: toObject(result, 'result') }),
  };
}

export function toConfig(row: Row): Readonly<Record<string, unknown>> {
  return toObject(text(row, 'config'), 'config');
}

export function toStep(row: Row): StepRecord {
  return {
    name: text(row, 'name'),
    attempt: integer(row, 'attempt'),
    state: oneOf(STEP_STATES, row, 'state'),
    startedAt: text(row, 'started_at'),
    ...optional('endedAt', optionalText(row, 'ended_at')),
  };
}

export function toEvent(row: Row): RunEvent {
  return {
    runId: text(row, 'run_id'),
    attempt: integer(row, 'attempt'),
    at: text(row, 'at'),
    type: text(row, 'type'),
    data: toObject(text(row, 'data'), 'data'),
  };
}

export function optional<Key extends string>(
  key: Key,
  value: string | undefined,
): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unreadable(column);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw unreadable(column);
  return value;
}

export function oneOf<T extends string>(values: readonly T[], row: Row, column: string): T {
  const found = values.find((value) => value === row[column]);
  if (found === undefined) throw unreadable(column);
  return found;
}

export function toObject(json: string, column: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw unreadable(column);
  return value as Readonly<Record<string, unknown>>;
}

function unreadable(column: string): JobError {
  return new JobError('STORE_FAILED', `the run store has an unreadable "${column}"`, {
    hint: 'the file was changed by something else; start with another one with --store',
  });
}
