import type { DatabaseSync } from 'node:sqlite';
import { JobError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/events.ts';
import { canMove, type RunState } from '../../core/run-state.ts';
import type { NewAttempt, RunRecord, StepRecord } from '../../core/run-store.ts';
import { describeWindow, sameWindow } from '../../core/window.ts';

/** Where a run is: a change is made only from exactly there. */
interface Position {
  readonly runId: string;
  readonly attempt: number;
  readonly state: RunState;
}

/**
 * Records an attempt as RUNNING, inside the caller's transaction.
 *
 * @param known - the run as the store has it.
 */
export function recordAttempt(
  database: DatabaseSync,
  known: RunRecord | undefined,
  next: NewAttempt,
): void {
  const { runId, attempt, at } = next;
  if (known === undefined) insertRun(database, next);
  else refuse(known, next);

  let from: Position = known ?? { runId, attempt, state: 'PENDING' };
  const again = from.attempt === attempt && from.state !== 'PENDING';
  const started = again ? 'run.restarted' : 'run.started';
  if (again && from.state === 'RUNNING') {
    appendEvent(database, { runId, attempt, at, type: started, data: {} });
  } else {
    if (canMove(from.state, 'RETRYING')) {
      const retrying = { runId, attempt, at, type: 'run.retrying' };
      from = moved(database, from, 'RETRYING', retrying);
    }
    moved(database, from, 'RUNNING', { runId, attempt, at, type: started });
  }
  database
    .prepare(
      `update runs set service_platform = ?, config = ?, started_at = ?, heartbeat_at = ?,
         engine = null, ended_at = null, result = null
       where run_id = ?`,
    )
    .run(next.servicePlatform, JSON.stringify(next.config), at, at, runId);
}

/**
 * Compare-and-set: moves a run that is exactly at `from`, and appends the event that says so.
 * Returns false, with nothing changed, when it is elsewhere.
 */
function moveRun(
  database: DatabaseSync,
  from: Position,
  to: RunState,
  event: Omit<RunEvent, 'data'> & { readonly data?: RunEvent['data'] },
): boolean {
  if (!canMove(from.state, to)) throw new Error(`no transition from ${from.state} to ${to}`);
  const { changes } = database
    .prepare(
      'update runs set state = ?, attempt = ? where run_id = ? and attempt = ? and state = ?',
    )
    .run(to, event.attempt, from.runId, from.attempt, from.state);
  if (changes === 0) return false;
  appendEvent(database, { ...event, data: { from: from.state, to, ...event.data } });
  return true;
}

/** Moves RUNNING to an end state, inside the caller's transaction; false when the run has moved on. */
export function recordEnd(
  database: DatabaseSync,
  end: {
    readonly runId: string;
    readonly attempt: number;
    readonly state: 'COMPLETED' | 'FAILED' | 'CANCELLED';
    readonly engine?: string | undefined;
    readonly result: Readonly<Record<string, unknown>>;
    readonly at: string;
  },
): boolean {
  const { runId, attempt, state, at, result } = end;
  const type = `run.${state.toLowerCase()}`;
  const error = result['error'];
  const data = error === undefined || error === null ? {} : { error };
  const event = { runId, attempt, at, type, data };
  if (!moveRun(database, { runId, attempt, state: 'RUNNING' }, state, event)) return false;
  database
    .prepare('update runs set engine = ?, result = ?, ended_at = ? where run_id = ?')
    .run(end.engine ?? null, JSON.stringify(result), at, runId);
  return true;
}

export function putStep(database: DatabaseSync, runId: string, step: StepRecord): void {
  database
    .prepare(
      `insert into steps (run_id, attempt, name, state, started_at, ended_at)
       values (?, ?, ?, ?, ?, ?)
       on conflict (run_id, attempt, name) do update set
         state = excluded.state,
         started_at = excluded.started_at,
         ended_at = excluded.ended_at`,
    )
    .run(runId, step.attempt, step.name, step.state, step.startedAt, step.endedAt ?? null);
}

export function appendEvent(database: DatabaseSync, event: RunEvent): void {
  database
    .prepare('insert into events (run_id, attempt, at, type, data) values (?, ?, ?, ?, ?)')
    .run(event.runId, event.attempt, event.at, event.type, JSON.stringify(event.data));
}

/** {@link moveRun} of a run that was read in the same transaction, so nobody can have moved it. */
function moved(
  database: DatabaseSync,
  from: Position,
  to: RunState,
  event: Omit<RunEvent, 'data'>,
): Position {
  if (!moveRun(database, from, to, event)) {
    throw new Error(`run "${from.runId}" changed within a transaction`);
  }
  return { runId: from.runId, attempt: event.attempt, state: to };
}

function insertRun(database: DatabaseSync, next: NewAttempt): void {
  database
    .prepare(
      `insert into runs (run_id, job, state, attempt, start_date, end_date, created_by,
         service_platform, config, created_at)
       values (?, ?, 'PENDING', ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      next.runId,
      next.job,
      next.attempt,
      next.window?.startDate ?? null,
      next.window?.endDate ?? null,
      next.createdBy,
      next.servicePlatform,
      JSON.stringify(next.config),
      next.at,
    );
}

function refuse(known: RunRecord, next: NewAttempt): void {
  const run = `run "${next.runId}"`;
  if (known.job !== next.job) {
    throw new JobError('ARGUMENTS_INVALID', `${run} belongs to job "${known.job}"`, {
      hint: `choose another --run_id for job "${next.job}"`,
    });
  }
  if (!sameWindow(known.window, next.window)) {
    throw new JobError(
      'ARGUMENTS_INVALID',
      `${run} is for the window ${describeWindow(known.window)}, not ${describeWindow(next.window)}`,
      { hint: 'a run has one window: choose another --run_id, or give the dates of the run' },
    );
  }
  if (known.attempt > next.attempt) {
    throw new JobError(
      'LEASE_LOST',
      `${run} is at attempt ${String(known.attempt)}, attempt ${String(next.attempt)} comes too late`,
      { hint: 'follow the newer attempt instead' },
    );
  }
  if (known.state === 'COMPLETED') {
    throw new JobError('ARGUMENTS_INVALID', `${run} has completed`, {
      hint: 'to run it again choose another --run_id; what is loaded already is found and reused',
    });
  }
}
