import type { DatabaseSync } from 'node:sqlite';
import { JobError } from '../../core/errors.ts';

/** Applied in order, each once; `user_version` is how many are. An applied one never changes. */
const MIGRATIONS = [
  {
    name: 'runs, steps and events',
    sql: `
      create table runs (
        run_id text primary key,
        job text not null,
        state text not null check (
          state in ('PENDING', 'RUNNING', 'RETRYING', 'COMPLETED', 'FAILED', 'CANCELLED')
        ),
        attempt integer not null check (attempt >= 1),
        start_date text,
        end_date text,
        created_by text not null,
        service_platform text not null,
        engine text,
        config text not null,
        created_at text not null,
        started_at text,
        ended_at text,
        heartbeat_at text,
        result text,
        check ((start_date is null) = (end_date is null))
      ) strict;
      create index runs_by_age on runs (created_at);
      create index runs_by_job on runs (job, created_at);

      create table steps (
        run_id text not null references runs,
        attempt integer not null,
        name text not null,
        state text not null check (state in ('RUNNING', 'COMPLETED', 'FAILED')),
        started_at text not null,
        ended_at text,
        unique (run_id, attempt, name)
      ) strict;

      create table events (
        number integer primary key autoincrement,
        run_id text not null references runs,
        attempt integer not null,
        at text not null,
        type text not null,
        data text not null
      ) strict;
      create index events_by_run on events (run_id, number);
    `,
  },
  {
    name: 'notifications that wait to be sent',
    sql: `
      create table notifications (
        number integer primary key autoincrement,
        id text not null unique,
        run_id text not null references runs,
        job text not null,
        event text not null,
        facts text not null,
        state text not null default 'PENDING' check (state in ('PENDING', 'SENT', 'GIVEN_UP')),
        created_at text not null,
        tries integer not null default 0,
        held_until text,
        settled_at text,
        error text
      ) strict;
      create index notifications_by_job on notifications (job, state, number);
    `,
  },
  {
    name: 'submissions to platforms',
    // No reference to runs: on a platform the run is recorded in a store of its own.
    sql: `
      create table submissions (
        number integer primary key autoincrement,
        run_id text not null,
        attempt integer not null check (attempt >= 1),
        job text not null,
        start_date text,
        end_date text,
        platform text not null,
        token text not null unique check (length(token) <= 64),
        settings text not null,
        rerun_of text,
        state text not null default 'INTENDED' check (
          state in ('INTENDED', 'CALLING', 'SUBMITTED', 'ENDED')
        ),
        revision integer not null default 1,
        created_at text not null,
        changed_at text not null,
        called_at text,
        calls integer not null default 0,
        remote_id text,
        remote_state text,
        platform_state text,
        message text,
        cancel_requested_at text,
        fenced_at text,
        exit_code integer,
        result text,
        unique (run_id, attempt),
        check ((start_date is null) = (end_date is null)),
        check (state <> 'SUBMITTED' or remote_id is not null)
      ) strict;
      create index submissions_by_rerun on submissions (rerun_of);
    `,
  },
  {
    name: 'telemetry of remote runs',
    sql: `
      create table store (id text not null) strict;
      insert into store (id) values (lower(hex(randomblob(8))));

      create table telemetry_streams (
        run_id text not null,
        attempt integer not null,
        stream text not null,
        number integer not null,
        primary key (run_id, attempt, stream)
      ) strict;
      create table telemetry_cursors (
        run_id text not null,
        attempt integer not null,
        cursor text not null,
        primary key (run_id, attempt)
      ) strict;
      create table progress (
        run_id text not null references runs,
        attempt integer not null,
        step text not null,
        part text not null,
        done integer not null,
        total integer not null,
        at text not null,
        unique (run_id, attempt, step, part)
      ) strict;
    `,
  },
] as const;

/** The version of the schema that this dray makes of any earlier one. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/**
 * Brings the schema up to date; of several processes that open a new file at once, one does it.
 *
 * @throws JobError `STORE_FAILED` when a newer version of the product made the file.
 */
export function migrate(database: DatabaseSync, path: string): void {
  if (versionOf(database) === MIGRATIONS.length) return;
  database.exec('begin immediate');
  try {
    const version = versionOf(database);
    if (version > MIGRATIONS.length) throw newerSchema(path, version);
    database.exec(
      'create table if not exists migrations (version integer primary key, name text not null) strict',
    );
    const note = database.prepare('insert into migrations (version, name) values (?, ?)');
    for (const [index, { name, sql }] of MIGRATIONS.entries()) {
      if (index < version) continue;
      database.exec(sql);
      note.run(index + 1, name);
    }
    database.exec(`pragma user_version = ${String(MIGRATIONS.length)}`);
    database.exec('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.['user_version']);
}

export function newerSchema(path: string, version: number): JobError {
  return new JobError(
    'STORE_FAILED',
    `the run store "${path}" has schema version ${String(version)}, this version of dray knows ${String(MIGRATIONS.length)}`,
    { hint: 'use the newer version of dray, or another file with --store' },
  );
}
