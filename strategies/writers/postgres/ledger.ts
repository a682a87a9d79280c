import type { ClaimRecord, ClaimStore } from '../../../core/claims.ts';
import { JobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import { identifier } from '../../../core/engine.ts';
import { loadEntrySchema } from '../load-entry.ts';
import type { Connection, Query, Row } from '../../postgres/connection.ts';

/** How long a claimant, or a look at the outcome, waits for a commit that is under way. */
const LOCK_TIMEOUT = '60s';
/** Claims that nobody has renewed for so long are forgotten; the highest number stays. */
const KEEP_CLAIMS = '30 days';

/** Claims and loads of one target, in two tables beside it. */
export interface Ledger {
  readonly claims: ClaimStore;
  /** Creates the two tables unless they are there. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Committed loads in the order of their commits. */
  loads(signal: AbortSignal): Promise<readonly LoadEntry[]>;
  /** Whether the load of this claim was committed, once a commit under way has ended. */
  isCommitted(claim: number, signal: AbortSignal): Promise<boolean>;
  /** Holds off claims and commits of the target until the transaction ends. */
  lock(query: Query, signal: AbortSignal): Promise<void>;
  record(query: Query, entry: LoadEntry, claim: number, signal: AbortSignal): Promise<void>;
  /** Forgets old claims. */
  prune(signal: AbortSignal): Promise<void>;
}

/**
 * @param target - what the rows are keyed by; `schema` is the schema of the two tables.
 */
export function openLedger(connection: Connection, schema: string, target: string): Ledger {
  const claimTable = `${identifier(schema)}."_dray_claims"`;
  const loadTable = `${identifier(schema)}."_dray_loads"`;
  const { query } = connection;

  /** Reading must not create: before the first claim there is nothing. */
  async function exists(table: string, signal: AbortSignal): Promise<boolean> {
    const [row] = await query('select to_regclass($1) is not null as found', [table], signal);
    return row?.['found'] === 't';
  }

  async function lock(within: Query, signal: AbortSignal): Promise<void> {
    await within('select pg_advisory_xact_lock(hashtextextended($1, 0))', [target], signal);
  }

  const claims: ClaimStore = {
    async now(signal) {
      const [row] = await query('select clock_timestamp()::text as now', [], signal);
      return instant(row?.['now']);
    },
    async list(signal) {
      if (!(await exists(claimTable, signal))) return [];
      const rows = await query(
        `select number, run_id, attempt, window_start, window_end, started_at, released, renewed_at
         from ${claimTable} where target = $1 order by number`,
        [target],
        signal,
      );
      return rows.map(claimRecord);
    },
    async create(record, signal) {
      return await connection.transaction(async (within) => {
        await setLocal(within, 'lock_timeout', LOCK_TIMEOUT, signal);
        await lock(within, signal);
        const { number, runId, attempt, window, startedAt, released } = record;
        const [start, end] = [window?.startDate ?? null, window?.endDate ?? null];
        const created = await within(
          `insert into ${claimTable} (target, number, run_id, attempt, window_start, window_end,
             started_at, released, renewed_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
           on conflict do nothing returning number`,
          [target, number, runId, attempt, start, end, startedAt, released],
          signal,
        );
        return created.length === 1;
      }, signal);
    },
    async renew(number, signal) {
      await query(
        `update ${claimTable} set renewed_at = clock_timestamp()
         where target = $1 and number = $2 and not released`,
        [target, number],
        signal,
      );
    },
    async release(number, signal) {
      await query(
        `update ${claimTable} set released = true where target = $1 and number = $2`,
        [target, number],
        signal,
      );
    },
    // A commit takes the lock that creating a claim takes, and looks for higher claims under it.
    revoke: () => Promise.resolve(),
  };

  return {
    claims,
    lock,
    async prepare(signal) {
      if ((await exists(claimTable, signal)) && (await exists(loadTable, signal))) return;
      await connection.transaction(async (within) => {
        // Two racing CREATE TABLE IF NOT EXISTS can both find nothing, and one then fails.
        await within(
          'select pg_advisory_xact_lock(hashtextextended($1, 0))',
          [`dray ledger of schema ${schema}`],
          signal,
        );
        // started_at is text: it comes back digit for digit as `loaded_at`.
        await within(
          `create table if not exists ${claimTable} (target text not null, number integer not null,
             run_id text not null, attempt integer not null, window_start date, window_end date,
             started_at text not null, released boolean not null default false,
             renewed_at timestamptz not null default now(), primary key (target, number))`,
          [],
          signal,
        );
        await within(
          `create table if not exists ${loadTable} (target text not null, load_id text not null,
             claim integer not null, committed_at timestamptz not null, entry jsonb not null,
             primary key (target, claim))`,
          [],
          signal,
        );
      }, signal);
    },
    async loads(signal) {
      if (!(await exists(loadTable, signal))) return [];
      const rows = await query(
        `select entry from ${loadTable} where target = $1 order by committed_at, claim`,
        [target],
        signal,
      );
      return rows.map((row) => loadEntrySchema.parse(JSON.parse(row['entry'] ?? '')));
    },
    async isCommitted(claim, signal) {
      return await connection.transaction(async (within) => {
        await setLocal(within, 'lock_timeout', LOCK_TIMEOUT, signal);
        await lock(within, signal);
        const sql = `select from ${loadTable} where target = $1 and claim = $2`;
        return (await within(sql, [target, claim], signal)).length > 0;
      }, signal);
    },
    async record(within, entry, claim, signal) {
      // Later than every other load even when the server's clock has stepped back.
      await within(
        `insert into ${loadTable} (target, load_id, claim, committed_at, entry)
         select $1::text, $2, $3, greatest(clock_timestamp(), max(committed_at) + interval '1 us'),
           $4::jsonb from ${loadTable} where target = $1::text`,
        [target, entry.loadId, claim, JSON.stringify(entry)],
        signal,
      );
    },
    async prune(signal) {
      await query(
        `delete from ${claimTable} c where target = $1 and renewed_at < now() - $2::interval
         and number < (select max(number) from ${claimTable} where target = $1)`,
        [target, KEEP_CLAIMS],
        signal,
      );
    },
  };
}

/** `set local`, with the value bound. */
export async function setLocal(
  query: Query,
  name: string,
  value: string,
  signal: AbortSignal,
): Promise<void> {
  await query('select set_config($1, $2, true)', [name, value], signal);
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

/** Postgres prints `2017-01-02 03:04:05.678901+00` in the session's time zone, UTC. */
function instant(text: string | null | undefined): Date {
  const date = new Date((text ?? '').replace(' ', 'T').replace(/\+00$/, 'Z'));
  if (Number.isNaN(date.getTime())) {
    throw new JobError('TARGET_FAILED', `the server's time cannot be read: "${String(text)}"`);
  }
  return date;
}
