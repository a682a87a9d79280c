import type { DatabaseSync } from 'node:sqlite';
import { JobError } from '../../core/errors.ts';
import {
  canMoveSubmission,
  SUBMISSION_STATES,
  type SubmissionIntent,
  type SubmissionProgress,
  type SubmissionRecord,
} from '../../core/submission-store.ts';
import { REMOTE_STATES } from '../../core/submitter.ts';
import { describeWindow, sameWindow } from '../../core/window.ts';
import { guarded, transaction } from './database.ts';
import { integer, oneOf, optional, optionalText, type Row, text, toObject } from './rows.ts';

/** The part of the run store that keeps submissions. */
export function sqliteSubmissions(database: DatabaseSync, path: string) {
  const all = (sql: string, ...values: readonly (string | number)[]): readonly SubmissionRecord[] =>
    guarded(path, () =>
      database
        .prepare(sql)
        .all(...values)
        .map(toSubmission),
    );
  const ofRun = (runId: string) =>
    all('select * from submissions where run_id = ? order by attempt', runId);

  return {
    ofRun,

    intend: (intent: SubmissionIntent): SubmissionRecord =>
      transaction(database, path, () => {
        const known = ofRun(intent.runId);
        for (const one of known) refuse(one, intent);
        const same = known.find(({ attempt }) => attempt === intent.attempt);
        if (same !== undefined) {
          if (same.state !== 'INTENDED') return same;
          // Nothing runs: what was refused may be corrected, and may go elsewhere.
          database
            .prepare(
              `update submissions set platform = ?, token = ?, settings = ?, changed_at = ?,
                 revision = revision + 1
               where run_id = ? and attempt = ?`,
            )
            .run(
              ...[intent.platform, intent.token, JSON.stringify(intent.settings), intent.at],
              ...[intent.runId, intent.attempt],
            );
          return found(intent.runId, intent.attempt);
        }
        database
          .prepare(
            `insert into submissions (run_id, attempt, job, start_date, end_date, platform, token,
               settings, rerun_of, created_at, changed_at)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            intent.runId,
            intent.attempt,
            intent.job,
            intent.window?.startDate ?? null,
            intent.window?.endDate ?? null,
            intent.platform,
            intent.token,
            JSON.stringify(intent.settings),
            intent.rerunOf ?? null,
            intent.at,
            intent.at,
          );
        return found(intent.runId, intent.attempt);
      }),

    move: (
      from: SubmissionRecord,
      change: Partial<SubmissionProgress>,
      at: string,
    ): SubmissionRecord | undefined =>
      transaction(database, path, () => {
        const next = { ...from, ...change };
        if (!canMoveSubmission(from.state, next.state)) {
          throw new Error(`no move of a submission from ${from.state} to ${next.state}`);
        }
        const { changes } = database
          .prepare(
            `update submissions set state = ?, revision = revision + 1, changed_at = ?, called_at = ?,
               calls = ?, remote_id = ?, remote_state = ?, platform_state = ?, message = ?,
               cancel_requested_at = ?, fenced_at = ?, exit_code = ?, result = ?
             where run_id = ? and attempt = ? and revision = ?`,
          )
          .run(
            next.state,
            at,
            next.calledAt ?? null,
            next.calls,
            next.remoteId ?? null,
            next.remoteState ?? null,
            next.platformState ?? null,
            next.message ?? null,
            next.cancelRequestedAt ?? null,
            next.fencedAt ?? null,
            next.exitCode ?? null,
            next.result === undefined ? null : JSON.stringify(next.result),
            from.runId,
            from.attempt,
            from.revision,
          );
        return changes === 0 ? undefined : found(from.runId, from.attempt);
      }),

    rerunsOf: (runId: string) =>
      all(
        `select * from submissions s where rerun_of = ?
           and attempt = (select max(attempt) from submissions where run_id = s.run_id)
         order by number`,
        runId,
      ),

    list: (limit: number) => all('select * from submissions order by number desc limit ?', limit),
  };

  function found(runId: string, attempt: number): SubmissionRecord {
    const one = ofRun(runId).find((other) => other.attempt === attempt);
    if (one === undefined) throw new Error(`submission of "${runId}" is gone within a transaction`);
    return one;
  }
}

function toSubmission(row: Row): SubmissionRecord {
  const startDate = optionalText(row, 'start_date');
  const endDate = optionalText(row, 'end_date');
  const result = optionalText(row, 'result');
  return {
    runId: text(row, 'run_id'),
    attempt: integer(row, 'attempt'),
    job: text(row, 'job'),
    ...(startDate !== undefined && endDate !== undefined && { window: { startDate, endDate } }),
    platform: text(row, 'platform'),
    token: text(row, 'token'),
    settings: toObject(text(row, 'settings'), 'settings'),
    ...optional('rerunOf', optionalText(row, 'rerun_of')),
    state: oneOf(SUBMISSION_STATES, row, 'state'),
    revision: integer(row, 'revision'),
    createdAt: text(row, 'created_at'),
    changedAt: text(row, 'changed_at'),
    ...optional('calledAt', optionalText(row, 'called_at')),
    calls: integer(row, 'calls'),
    ...optional('remoteId', optionalText(row, 'remote_id')),
    ...(row['remote_state'] !== null && { remoteState: oneOf(REMOTE_STATES, row, 'remote_state') }),
    ...optional('platformState', optionalText(row, 'platform_state')),
    ...optional('message', optionalText(row, 'message')),
    ...optional('cancelRequestedAt', optionalText(row, 'cancel_requested_at')),
    ...optional('fencedAt', optionalText(row, 'fenced_at')),
    ...(row['exit_code'] !== null && { exitCode: integer(row, 'exit_code') }),
    ...(result !== undefined && { result: toObject(result, 'result') }),
  };
}

function refuse(known: SubmissionRecord, next: SubmissionIntent): void {
  const run = `run "${next.runId}"`;
  if (known.job !== next.job) {
    throw new JobError('ARGUMENTS_INVALID', `${run} was submitted for job "${known.job}"`, {
      hint: `choose another --run-id for job "${next.job}"`,
    });
  }
  if (!sameWindow(known.window, next.window)) {
    throw new JobError(
      'ARGUMENTS_INVALID',
      `${run} was submitted for the window ${describeWindow(known.window)}, not ${describeWindow(next.window)}`,
      { hint: 'a run has one window: choose another --run-id, or give the dates of the run' },
    );
  }
  const isSent = known.attempt === next.attempt && known.state !== 'INTENDED';
  if (isSent && known.token !== next.token) {
    throw new JobError(
      'ARGUMENTS_INVALID',
      `attempt ${String(known.attempt)} of ${run} was submitted to ${known.platform}, to another place or with another account`,
      { hint: 'the next attempt may go elsewhere: --retry' },
    );
  }
}
