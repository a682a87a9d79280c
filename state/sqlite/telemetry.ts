import type { DatabaseSync } from 'node:sqlite';
import type { RunRecord } from '../../core/run-store.ts';
import type {
  ProgressRecord,
  TelemetryMessage,
  TelemetryPosition,
  TelemetryStore,
} from '../../core/telemetry.ts';
import { sameWindow } from '../../core/window.ts';
import { appendEvent, putStep, recordAttempt, recordEnd } from './attempts.ts';
import { guarded, transaction } from './database.ts';
import { integer, type Row, text } from './rows.ts';

type Of<Kind extends TelemetryMessage['kind']> = Extract<TelemetryMessage, { readonly kind: Kind }>;

/** The part of the run store that keeps what remote runs tell. */
export function sqliteTelemetry(
  database: DatabaseSync,
  path: string,
  find: (runId: string) => RunRecord | undefined,
) {
  const storeId = (): string =>
    guarded(path, () => text(database.prepare('select id from store').get() ?? {}, 'id'));

  const streamsOf = (runId: string, attempt: number) =>
    Object.fromEntries(
      database
        .prepare('select * from telemetry_streams where run_id = ? and attempt = ?')
        .all(runId, attempt)
        .map((row) => [text(row, 'stream'), integer(row, 'number')]),
    );

  function take(message: TelemetryMessage): void {
    const { run_id: runId, attempt, at } = message;
    const known = find(runId);
    if (message.kind === 'start') {
      begin(database, known, message);
      return;
    }
    if (known === undefined) return;
    switch (message.kind) {
      case 'step': {
        const { name, state, started_at: startedAt, ended_at: endedAt } = message;
        const ended = endedAt === undefined ? {} : { endedAt };
        putStep(database, runId, { name, attempt, state, startedAt, ...ended });
        return;
      }
      case 'event':
        appendEvent(database, { runId, attempt, at, type: message.type, data: message.data });
        return;
      case 'log': {
        const { level, text: said } = message;
        appendEvent(database, { runId, attempt, at, type: 'log', data: { level, text: said } });
        return;
      }
      case 'dropped': {
        const data = { count: message.count };
        appendEvent(database, { runId, attempt, at, type: 'telemetry.dropped', data });
        return;
      }
      case 'progress':
        putProgress(database, message);
        return;
      case 'end':
        end(database, known, message);
        return;
    }
    message satisfies never;
  }

  return {
    storeId,

    position: (runId: string, attempt: number): TelemetryPosition =>
      guarded(path, () => {
        const row = database
          .prepare('select cursor from telemetry_cursors where run_id = ? and attempt = ?')
          .get(runId, attempt);
        const cursor = row === undefined ? {} : { cursor: text(row, 'cursor') };
        return { ...cursor, streams: streamsOf(runId, attempt) };
      }),

    keep: (
      runId: string,
      attempt: number,
      messages: readonly TelemetryMessage[],
      cursor?: string,
    ): void => {
      transaction(database, path, () => {
        const own = storeId();
        const streams = streamsOf(runId, attempt);
        for (const message of messages) {
          const { stream, number } = message;
          if (message.run_id !== runId || message.attempt !== attempt) continue;
          if (number <= (streams[stream] ?? 0)) continue;
          streams[stream] = number;
          if (message.store !== own) take(message);
        }
        const put = database.prepare(
          'insert or replace into telemetry_streams (run_id, attempt, stream, number) values (?, ?, ?, ?)',
        );
        for (const [stream, number] of Object.entries(streams)) {
          put.run(runId, attempt, stream, number);
        }
        if (cursor === undefined) return;
        database
          .prepare(
            'insert or replace into telemetry_cursors (run_id, attempt, cursor) values (?, ?, ?)',
          )
          .run(runId, attempt, cursor);
      });
    },

    settle: (end: Parameters<TelemetryStore['settleRun']>[0]): void => {
      transaction(database, path, () => {
        if (find(end.runId) === undefined || recordEnd(database, end)) return;
        database
          .prepare(
            `update runs set result = ?, engine = coalesce(engine, ?)
             where run_id = ? and attempt = ? and state in ('COMPLETED', 'FAILED', 'CANCELLED')`,
          )
          .run(JSON.stringify(end.result), end.engine ?? null, end.runId, end.attempt);
      });
    },

    listProgress: (runId: string): readonly ProgressRecord[] =>
      guarded(path, () =>
        database
          .prepare('select * from progress where run_id = ? order by attempt, rowid')
          .all(runId)
          .map(toProgress),
      ),
  };
}

/** An attempt that comes too late to be the run's state is in its events all the same. */
function begin(database: DatabaseSync, known: RunRecord | undefined, message: Of<'start'>): void {
  const { run_id: runId, attempt, at, job } = message;
  const window =
    message.window === null
      ? undefined
      : { startDate: message.window.start_date, endDate: message.window.end_date };
  if (known !== undefined && (known.job !== job || !sameWindow(known.window, window))) return;
  if (known !== undefined && (known.state === 'COMPLETED' || known.attempt > attempt)) {
    appendEvent(database, { runId, attempt, at, type: 'run.started', data: {} });
    return;
  }
  recordAttempt(database, known, {
    ...{ runId, attempt, job, at, createdBy: message.created_by },
    ...(window === undefined ? {} : { window }),
    servicePlatform: message.service_provider,
    config: message.config ?? {},
  });
}

function end(database: DatabaseSync, known: RunRecord, message: Of<'end'>): void {
  const { run_id: runId, attempt, at, state, engine } = message;
  const result = message.result ?? {};
  if (known.attempt !== attempt) {
    const type = `run.${state.toLowerCase()}`;
    appendEvent(database, { runId, attempt, at, type, data: {} });
    return;
  }
  recordEnd(database, { runId, attempt, state, engine, result, at });
}

function putProgress(database: DatabaseSync, message: Of<'progress'>): void {
  const { run_id: runId, attempt, step, part, done, total, at } = message;
  database
    .prepare(
      `insert into progress (run_id, attempt, step, part, done, total, at)
       values (?, ?, ?, ?, ?, ?, ?)
       on conflict (run_id, attempt, step, part) do update set
         done = excluded.done, total = excluded.total, at = excluded.at`,
    )
    .run(runId, attempt, step, part, done, total, at);
}

function toProgress(row: Row): ProgressRecord {
  return {
    attempt: integer(row, 'attempt'),
    step: text(row, 'step'),
    part: text(row, 'part'),
    done: integer(row, 'done'),
    total: integer(row, 'total'),
    at: text(row, 'at'),
  };
}
