import { createHash } from 'node:crypto';
import type { ClaimRecord, ClaimStore } from '../../../core/claims.ts';
import type { Clock } from '../../../core/clock.ts';
import { JobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { Connection, Query, Row } from '../../postgres/connection.ts';
import { displayName, qualified, type TableName } from '../../postgres/table-name.ts';
import { isTimeout } from '../../redshift/errors.ts';
import { loadEntrySchema } from '../load-entry.ts';
import { inspect } from './catalog.ts';
import { retryingConflicts } from './retry.ts';

/** How long a claimant, or a look at the outcome, waits for a commit that is under way. */
const LOCK_TIMEOUT_MS = 60_000;
/** Claims that nobody has renewed for so long are forgotten; the highest number stays. */
const KEEP_CLAIMS = '30 days';
/** Of an entry in one row: a varchar has 65,535 bytes at most, and a character up to four. */
const PART_CHARACTERS = 16_000;

/** Claims and loads of one target, in tables beside it. */
export interface Ledger {
  readonly claims: ClaimStore;
  /** Creates the tables unless they are there. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Committed loads in the order of their commits. */
  loads(signal: AbortSignal): Promise<readonly LoadEntry[]>;
  /** Whether the load of this claim was committed, once a commit under way has ended. */
  isCommitted(claim: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Holds off claims and commits of the target until the transaction ends. It has to come first in
   * it: what the transaction sees is what was committed when its next statement began.
   *
   * @throws JobError `LOCK_TIMEOUT` when others hold it for longer than `timeoutMs`.
   */
  lock(within: Query, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** The place of the next load in the order of commits; asked for under the lock, outside of it. */
  nextNumber(signal: AbortSignal): Promise<number>;
  record(
    within: Query,
    entry: LoadEntry,
    claim: number,
    number: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Forgets old claims. */
  prune(records: readonly ClaimRecord[], signal: AbortSignal): Promise<void>;
}

/**
 * Redshift enforces no key, so what must be unique is looked for under a lock. The table that is
 * locked has no rows and no other use: LOCK keeps readers out as well, and readers of claims, loads
 * and target shall not wait for a commit.
 *
 * @param connection - of its own: it reads while another session holds the lock.
 */
export function openLedger(connection: Connection, target: TableName, clock: Clock): Ledger {
  const name = displayName(target);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const beside = (table: string): TableName => ({ schema: target.schema, table });
  const claimTable = beside('_dray_claims');
  const loadTable = beside('_dray_loads');
  const lockTable = beside(`_dray_lock_${hash}`);
  const [claimsSql, loadsSql, lockSql] = [claimTable, loadTable, lockTable].map(qualified);
  const { query } = connection;

  /** Reading must not create: before the first claim there is nothing. */
  async function exists(table: TableName, signal: AbortSignal): Promise<boolean> {
    return (await inspect(query, table, signal)) !== undefined;
  }

  async function make(table: TableName, columns: string, signal: AbortSignal): Promise<void> {
    if (await exists(table, signal)) return;
    try {
      await query(`create table if not exists ${qualified(table)} (${columns})`, [], signal);
    } catch (error) {
      // Of two that make it at the same time one may fail.
      if (!(await exists(table, signal))) throw error;
    }
  }

  async function lock(within: Query, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await within(`set local statement_timeout to ${Math.max(1, Math.ceil(timeoutMs))}`, [], signal);
    try {
      await within(`lock table ${lockSql}`, [], signal);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new JobError('LOCK_TIMEOUT', `another load of ${name} is being committed`, {
        hint: 'retry later, or raise "lock_timeout_s"',
        cause: error,
      });
    }
    await within('set local statement_timeout to 0', [], signal);
  }

  async function underLock<T>(
    work: (within: Query) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const locked = async (within: Query) => {
      await lock(within, LOCK_TIMEOUT_MS, signal);
      return await work(within);
    };
    return await retryingConflicts(
      async () => await connection.transaction(locked, signal),
      clock,
      signal,
    );
  }

  async function write(sql: string, values: readonly (string | number)[], signal: AbortSignal) {
    await retryingConflicts(async () => await query(sql, values, signal), clock, signal);
  }

  const claims: ClaimStore = {
    async now(signal) {
      const [row] = await query('select getdate() as "now"', [], signal);
      return instant(row?.['now']);
    },
    async list(signal) {
      if (!(await exists(claimTable, signal))) return [];
      const rows = await query(
        `select number, run_id, attempt, window_start, window_end, started_at, released, renewed_at
         from ${claimsSql} where target = $1 order by number`,
        [name],
        signal,
      );
      return rows.map(claimRecord);
    },
    async create(record, signal) {
      const { number, runId, attempt, window, startedAt, released } = record;
      const [start, end] = [window?.startDate ?? null, window?.endDate ?? null];
      return await underLock(async (within) => {
        const taken = await within(
          `select number from ${claimsSql} where target = $1 and number = $2`,
          [name, number],
          signal,
        );
        if (taken.length > 0) return false;
        await within(
          `insert into ${claimsSql} (target, number, run_id, attempt, window_start, window_end,
             started_at, released, renewed_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, getdate())`,
          [name, number, runId, attempt, start, end, startedAt, released],
          signal,
        );
        return true;
      }, signal);
    },
    async renew(number, signal) {
      const sql = `update ${claimsSql} set renewed_at = getdate()
        where target = $1 and number = $2 and not released`;
      await write(sql, [name, number], signal);
    },
    async release(number, signal) {
      const sql = `update ${claimsSql} set released = true where target = $1 and number = $2`;
      await write(sql, [name, number], signal);
    },
    // A commit takes the lock that creating a claim takes, and looks for higher claims under it.
    revoke: () => Promise.resolve(),
  };

  return {
    claims,
    lock,
    async prepare(signal) {
      await make(lockTable, 'target varchar(1024)', signal);
      // started_at is text: it comes back digit for digit as `loaded_at`.
      await make(
        claimTable,
        `target varchar(1024) not null, number integer not null, run_id varchar(1024) not null,
         attempt integer not null, window_start date, window_end date,
         started_at varchar(64) not null, released boolean not null, renewed_at timestamp not null`,
        signal,
      );
      await make(
        loadTable,
        `target varchar(1024) not null, number bigint not null, part integer not null,
         load_id varchar(256) not null, claim integer not null, committed_at timestamp not null,
         entry varchar(65535) not null`,
        signal,
      );
    },
    async loads(signal) {
      if (!(await exists(loadTable, signal))) return [];
      const rows = await query(
        `select number, entry from ${loadsSql} where target = $1 order by number, part`,
        [name],
        signal,
      );
      const texts = new Map<string, string>();
      for (const { number, entry } of rows) {
        texts.set(number ?? '', (texts.get(number ?? '') ?? '') + (entry ?? ''));
      }
      return [...texts.values()].map((text) => loadEntrySchema.parse(JSON.parse(text)));
    },
    async isCommitted(claim, signal) {
      const sql = `select number from ${loadsSql} where target = $1 and claim = $2`;
      return await underLock(
        async (within) => (await within(sql, [name, claim], signal)).length > 0,
        signal,
      );
    },
    async nextNumber(signal) {
      const sql = `select max(number) as "last" from ${loadsSql} where target = $1`;
      const [row] = await query(sql, [name], signal);
      return Number(row?.['last'] ?? 0) + 1;
    },
    async record(within, entry, claim, number, signal) {
      for (const [part, text] of partsOf(JSON.stringify(entry)).entries()) {
        await within(
          `insert into ${loadsSql} (target, number, part, load_id, claim, committed_at, entry)
           values ($1, $2, $3, $4, $5, getdate(), $6)`,
          [name, number, part, entry.loadId, claim, text],
          signal,
        );
      }
    },
    async prune(records, signal) {
      const highest = Math.max(...records.map(({ number }) => number));
      const sql = `delete from ${claimsSql} where target = $1 and number < $2
        and renewed_at < getdate() - interval '${KEEP_CLAIMS}'`;
      await write(sql, [name, highest], signal);
    },
  };
}

/** Never between the two halves of a character. */
function partsOf(text: string): readonly string[] {
  const characters = Array.from(text);
  return Array.from({ length: Math.ceil(characters.length / PART_CHARACTERS) }, (_, part) =>
    characters.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS).join(''),
  );
}

function claimRecord(row: Row): ClaimRecord {
  const startDate = row['window_start'];
  const endDate = row['window_end'];
  return {
    number: Number(row['number']),
    runId: row['run_id'] ?? '',
    attempt: Number(row['attempt']),
    ...(startDate == null || endDate == null ? {} : { window: { startDate, endDate } }),
    startedAt: row['started_at'] ?? '',
    released: row['released'] === 't',
    renewedAt: instant(row['renewed_at']),
  };
}

/** Redshift prints `2017-01-02 03:04:05.678901`, in the session's time zone, which is UTC. */
function instant(text: string | null | undefined): Date {
  const date = new Date(`${(text ?? '').replace(' ', 'T')}Z`);
  if (Number.isNaN(date.getTime())) {
    throw new JobError('TARGET_FAILED', `the server's time cannot be read: "${String(text)}"`);
  }
  return date;
}
