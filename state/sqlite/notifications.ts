import type { DatabaseSync } from 'node:sqlite';
import { type Facts, NOTIFICATION_EVENTS, type Notification } from '../../core/notification.ts';
import type { QueuedNotification, RunStore } from '../../core/run-store.ts';
import { integer, oneOf, optional, optionalText, type Row, text, toObject } from './rows.ts';

const STATES = ['PENDING', 'SENT', 'GIVEN_UP'] as const;

/** Adds notifications inside the caller's transaction; one whose id is known says nothing new. */
export function queueNotifications(
  database: DatabaseSync,
  notifications: readonly Notification[],
  at: string,
): void {
  const insert = database.prepare(
    `insert into notifications (id, run_id, job, event, facts, created_at)
     values (?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
  );
  for (const { id, runId, job, event, facts } of notifications) {
    insert.run(id, runId, job, event, JSON.stringify(facts), at);
  }
}

/** Inside the caller's transaction, so that of two processes one gets each. */
export function takePending(
  database: DatabaseSync,
  { job, at, heldUntil, limit }: Parameters<RunStore['takeNotifications']>[0],
): readonly QueuedNotification[] {
  return database
    .prepare(
      `update notifications set tries = tries + 1, held_until = ?
       where number in (
         select number from notifications
         where job = ? and state = 'PENDING' and (held_until is null or held_until <= ?)
         order by number limit ?)
       returning *`,
    )
    .all(heldUntil, job, at, limit)
    .sort((a, b) => integer(a, 'number') - integer(b, 'number'))
    .map(toNotification);
}

export function settle(
  database: DatabaseSync,
  { id, state, at, error }: Parameters<RunStore['settleNotification']>[0],
): void {
  database
    .prepare(
      'update notifications set state = ?, settled_at = ?, error = ?, held_until = null where id = ?',
    )
    .run(state, at, error ?? null, id);
}

export function toNotification(row: Row): QueuedNotification {
  return {
    id: text(row, 'id'),
    runId: text(row, 'run_id'),
    job: text(row, 'job'),
    event: oneOf(NOTIFICATION_EVENTS, row, 'event'),
    facts: toObject(text(row, 'facts'), 'facts') as Facts,
    state: oneOf(STATES, row, 'state'),
    createdAt: text(row, 'created_at'),
    tries: integer(row, 'tries'),
    ...optional('error', optionalText(row, 'error')),
  };
}
