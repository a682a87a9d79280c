import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Claim } from '../../../core/claims.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { ComputedResult, SqlSession } from '../../../core/engine.ts';
import type { LoadEntry, Mode } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { OpenStorage } from '../../../core/storage.ts';
import type { Sink } from '../../../core/strategy.ts';
import { dateOfEpochDay, epochDay } from '../../../core/window.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { openParquetSink } from '../../../strategies/writers/parquet/sink.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const VENV = join(PROJECT, '.dray/venv/bin/python');
const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? (existsSync(VENV) ? VENV : undefined);
export const signal = new AbortController().signal;

/** Goes behind the title of tests that pyarrow judges. */
export const noPython = PYTHON === undefined ? ' (skipped: no Python)' : '';

export const CONTRACT: OutputContract = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'score', type: { kind: 'decimal', precision: 5, scale: 2 }, nullable: false },
    { name: 'brand', type: { kind: 'string' }, nullable: true },
    { name: 'created_by', type: { kind: 'string' }, nullable: false },
    { name: 'loaded_at', type: { kind: 'timestamp' }, nullable: false },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'start_date', to: 'end_date' },
};

export function openSession(): Promise<SqlSession> {
  const extensionDirs = [process.env['DRAY_EXTENSIONS'] ?? join(PROJECT, '.dray/extensions')];
  return openBulkEngine({ memoryMb: 300, threads: 1, extensionDirs }, systemClock, signal);
}

/** Rows that name their writer, so many for each week. */
async function resultOf(
  session: SqlSession,
  by: string,
  rowsByWeek: Readonly<Record<number, number>>,
): Promise<ComputedResult> {
  const parts = Object.entries(rowsByWeek).map(
    ([week, rows]) => `select i as id, ${week}::integer as week, 1.5::decimal(5, 2) as score,
      null::varchar as brand, '${by}' as created_by, timestamptz '2017-01-02 00:00:00+00' as loaded_at
      from range(${String(rows)}) as t(i)`,
  );
  const files =
    parts.length === 0
      ? []
      : await session.writePartitions(
          parts.join(' union all '),
          'week',
          join(session.scratchDir, randomUUID()),
          signal,
        );
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { contract: CONTRACT, files, rows };
}

export interface LoadOptions {
  readonly by: string;
  readonly rows: Readonly<Record<number, number>>;
  /** The weeks of the window; undefined: all time. */
  readonly weeks?: readonly number[];
  readonly mode?: Mode;
  readonly runId?: string;
  readonly attempt?: number;
  readonly contract?: OutputContract;
  readonly clock?: Clock;
  readonly reach?: (name: string) => Promise<void>;
  readonly openStorage?: OpenStorage;
}

function windowOf(weeks: readonly number[]) {
  const day = (week: number) => dateOfEpochDay(epochDay('2016-12-26') + 7 * (week - 1));
  return { startDate: day(Math.min(...weeks)), endDate: day(Math.max(...weeks) + 1) };
}

export function openSink(session: SqlSession, path: string, options: LoadOptions): Sink {
  const { weeks, by, runId = by, attempt = 1, mode = 'overwrite_window' } = options;
  return openParquetSink(
    session,
    path,
    {
      job: 'load_promos',
      runId,
      attempt,
      mode,
      contract: options.contract ?? CONTRACT,
      ...(weeks && { window: windowOf(weeks), covers: weeks.map(String) }),
    },
    {
      clock: options.clock ?? systemClock,
      openStorage: options.openStorage ?? openFileStorage,
      failpoints: { reach: options.reach ?? (() => Promise.resolve()) },
      resolveSecret: () => Promise.reject(new Error('no secrets here')),
      warn: () => undefined,
    },
  );
}

export function claimOf(sink: Sink): Promise<Claim> {
  const onWait = () => undefined;
  return sink.claim({ startedAt: '2017-01-02T00:00:00Z', lockTimeoutMs: 10_000, onWait }, signal);
}

function entryOf(options: LoadOptions, result: ComputedResult, claim: Claim): LoadEntry {
  const { weeks, by, runId = by, attempt = 1, mode = 'overwrite_window' } = options;
  return {
    loadId: `load-${by}`,
    job: 'load_promos',
    mode,
    ...(weeks && { window: windowOf(weeks), covers: weeks.map(String) }),
    runId,
    attempt,
    claim: claim.number,
    createdBy: by,
    loadedAt: '2017-01-02T00:00:00.000000Z',
    counts: { read: result.rows, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
    partitions: result.files.map((file) => ({ value: file.partition, rows: file.rows, hash: '0' })),
  };
}

/** Stages and commits under a held claim; resolves to the staged rows. */
export async function write(
  session: SqlSession,
  sink: Sink,
  claim: Claim,
  options: LoadOptions,
): Promise<number> {
  const result = await resultOf(session, options.by, options.rows);
  const staged = await sink.stage({ result, claim, onRows: () => undefined }, signal);
  await sink.commit(staged, entryOf(options, result, claim), claim, signal);
  return staged.rows;
}

/** A whole load, in the order of the template; resolves to the staged rows. */
export async function load(
  session: SqlSession,
  path: string,
  options: LoadOptions,
): Promise<number> {
  await using sink = openSink(session, path, options);
  await sink.check(signal);
  await using claim = await claimOf(sink);
  return await write(session, sink, claim, options);
}

export interface Seen {
  /** Rows and writers by week. */
  readonly folder: Readonly<Record<string, { readonly rows: number; readonly by: string[] }>>;
  readonly manifest: Seen['folder'];
  readonly parts: readonly string[];
  readonly loads: readonly string[];
  readonly rows: Readonly<Record<string, number>>;
  readonly schema: readonly string[];
}

/** What pyarrow finds. */
export async function pyarrow<T = Seen>(...args: readonly string[]): Promise<T> {
  if (PYTHON === undefined) throw new Error('no Python');
  const script = join(PROJECT, 'test/python/read_parquet_folder.py');
  const { stdout } = await promisify(execFile)(PYTHON, [script, ...args]);
  return JSON.parse(stdout) as T;
}

/** Every file below `_dray`, hidden ones too, without claims and manifests. */
export async function ownFiles(path: string): Promise<readonly string[]> {
  const found = await readdir(join(path, '_dray'), { recursive: true, withFileTypes: true });
  return found
    .map((each) => join(each.parentPath, each.name).slice(path.length + 1))
    .filter((name) => !/^_dray\/(claims|manifests|manifest\.json|files$)/.test(name))
    .sort();
}
