import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { JobError } from '../../core/errors.ts';
import type { RunRecord, RunStore } from '../../core/run-store.ts';
import { appendEvent, putStep, recordAttempt, recordEnd } from './attempts.ts';
import { guarded, isUnknownRun, openDatabase, transaction } from './database.ts';
import { queueNotifications, settle, takePending, toNotification } from './notifications.ts';
import { toConfig, toEvent, toRun, toStep } from './rows.ts';
import { sqliteSubmissions } from './submissions.ts';
import { sqliteTelemetry } from './telemetry.ts';

/**
 * Opens the run store in a file of its own, which several processes may use at once. The file and
 * its folder are created. `:memory:` gives a store that ends with this one.
 *
 * @throws JobError `STORE_FAILED` when the file cannot be written, or is something else.
 */
export async function openSqliteStore(path: string): Promise<RunStore> {
  return storeOn(await openDatabase(path), path);
}

function storeOn(database: DatabaseSync, path: string): RunStore {
  function find(runId: string): RunRecord | undefined {
    const row = database.prepare('select * from runs where run_id = ?').get(runId);
    return row === undefined ? undefined : toRun(row);
  }

  function all<T>(
    sql: string,
    values: readonly SQLInputValue[],
    to: (row: Row) => T,
  ): readonly T[] {
    return guarded(path, () =>
      database
        .prepare(sql)
        .all(...values)
        .map((row) => to(row)),
    );
  }

  const submissions = sqliteSubmissions(database, path);
  const telemetry = sqliteTelemetry(database, path, find);

  return {
    intendSubmission: promised(submissions.intend),
    moveSubmission: promised(submissions.move),
    submissionsOf: promised(submissions.ofRun),
    rerunsOf: promised(submissions.rerunsOf),
    listSubmissions: promised(submissions.list),

    storeId: promised(telemetry.storeId),
    telemetryPosition: promised(telemetry.position),
    keepTelemetry: promised(telemetry.keep),
    settleRun: promised(telemetry.settle),
    listProgress: promised(telemetry.listProgress),

    startAttempt: promised((attempt) => {
      transaction(database, path, () => {
        recordAttempt(database, find(attempt.runId), attempt);
      });
    }),

    endAttempt: promised((end) =>
      transaction(database, path, () => {
        if (!recordEnd(database, end)) return false;
        queueNotifications(database, end.notifications ?? [], end.at);
        return true;
      }),
    ),

    heartbeat: promised((runId, attempt, at) => {
      guarded(path, () =>
        database
          .prepare(
            `update runs set heartbeat_at = ?
             where run_id = ? and attempt = ? and state = 'RUNNING'`,
          )
          .run(at, runId, attempt),
      );
    }),

    putStep: promised((runId, step) => {
      ofKnownRun(runId, () => {
        putStep(database, runId, step);
      });
    }),

    appendEvent: promised((event) => {
      ofKnownRun(event.runId, () => {
        appendEvent(database, event);
      });
    }),

    getRun: promised((runId) => guarded(path, () => find(runId))),

    getConfig: promised((runId) => {
      const [config] = all('select config from runs where run_id = ?', [runId], toConfig);
      return config;
    }),

    listRuns: promised(({ job, state, limit }) =>
      all(
        `select * from runs
         where (?1 is null or job = ?1) and (?2 is null or state = ?2)
         order by created_at desc, rowid desc limit ?3`,
        [job ?? null, state ?? null, limit],
        toRun,
      ),
    ),

    listSteps: promised((runId) =>
      all('select * from steps where run_id = ? order by attempt, rowid', [runId], toStep),
    ),

    listEvents: promised((runId) =>
      all('select * from events where run_id = ? order by number', [runId], toEvent),
    ),

    takeNotifications: promised((take) =>
      transaction(database, path, () => takePending(database, take)),
    ),

    settleNotification: promised((settled) => {
      guarded(path, () => {
        settle(database, settled);
      });
    }),

    listNotifications: promised((limit) =>
      all('select * from notifications order by number desc limit ?', [limit], toNotification),
    ),

    [Symbol.asyncDispose]: promised(() => {
      if (database.isOpen) database.close();
    }),
  };

  function ofKnownRun(runId: string, work: () => void): void {
    guarded(path, () => {
      try {
        work();
      } catch (error) {
        if (!isUnknownRun(error)) throw error;
        throw new JobError('RUN_UNKNOWN', `the run store has no run "${runId}"`, { cause: error });
      }
    });
  }
}

type Row = Parameters<typeof toRun>[0];

/** SQLite works at once; what it throws has to come as a rejection all the same. */
function promised<A extends readonly unknown[], T>(
  work: (...args: A) => T,
): (...args: A) => Promise<T> {
  return (...args) =>
    new Promise((resolve) => {
      resolve(work(...args));
    });
}
