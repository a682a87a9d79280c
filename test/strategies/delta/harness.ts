import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Claim } from '../../../core/claims.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { ComputedResult, SqlSession } from '../../../core/engine.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { LoadEntry, Mode } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { OpenStorage, Storage } from '../../../core/storage.ts';
import type { LoadRequest, Sink, Staged, StrategyContext } from '../../../core/strategy.ts';
import type { Window } from '../../../core/window.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { openDeltaSink } from '../../../strategies/writers/delta/sink.ts';
import { openSparkDeltaSink } from '../../../strategies/writers/delta/spark-sink.ts';
import { CONTRACT } from './contract.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
export const never = new AbortController().signal;

/** `count` rows of one week, ids from `first`. */
export function rowsOfWeek(week: number, count: number, first = 0): string {
  return `select (${String(first)} + i)::bigint as id, ${String(week)}::integer as week,
    case when i % 3 = 0 then null else 'name ' || i end as name,
    (i + 0.000000000000000001)::decimal(38, 18) as price,
    timestamptz '2017-06-05 10:00:00.123456+00' + to_microseconds(i) as seen,
    date '2017-06-05' + i::integer as day, i % 2 = 0 as flag, i / 7.0::double as ratio
    from range(${String(count)}) t(i)`;
}

export function openEngine(): Promise<SqlSession> {
  const extensions = process.env['DRAY_EXTENSIONS'] ?? join(ROOT, '.dray/extensions');
  return openBulkEngine(
    { memoryMb: 400, threads: 2, extensionDirs: [extensions] },
    systemClock,
    never,
  );
}

export interface SinkOptions {
  readonly mode?: Mode;
  readonly contract?: OutputContract;
  readonly covers?: readonly string[];
  readonly window?: Window;
  readonly runId?: string;
  readonly attempt?: number;
  readonly storage?: Storage;
  readonly reach?: (name: string) => Promise<void>;
  readonly warn?: (message: string) => void;
  readonly clock?: Clock;
  readonly properties?: Readonly<Record<string, string>>;
  readonly openStorage?: OpenStorage;
  readonly otherWriters?: 'stopped';
  readonly fileBytes?: number;
  readonly partitionBy?: readonly string[];
  readonly lockTimeoutMs?: number;
}

export function openSink(session: SqlSession, path: string, options: SinkOptions = {}): Sink {
  const request: LoadRequest = {
    job: 'load_promos',
    runId: options.runId ?? randomUUID(),
    attempt: options.attempt ?? 1,
    mode: options.mode ?? 'overwrite_window',
    contract: options.contract ?? CONTRACT,
    ...(options.covers && { covers: options.covers }),
    ...(options.window && { window: options.window }),
  };
  const context: StrategyContext = {
    clock: options.clock ?? systemClock,
    openStorage: options.openStorage ?? openFileStorage,
    failpoints: options.reach ? { reach: options.reach } : noFailpoints,
    resolveSecret: () => Promise.reject(new Error('no secrets here')),
    warn:
      options.warn ??
      ((message) => {
        throw new Error(`unexpected warning: ${message}`);
      }),
  };
  const storage = options.storage ?? context.openStorage(path);
  const open = session.engine === 'bigdata' ? openSparkDeltaSink : openDeltaSink;
  return open({
    storage,
    session,
    request,
    context,
    chance: { random: Math.random, uuid: randomUUID },
    properties: options.properties ?? {},
    ...(options.partitionBy && { partitionBy: options.partitionBy }),
    ...(options.fileBytes && { fileBytes: options.fileBytes }),
    ...(options.otherWriters && { otherWriters: options.otherWriters }),
  });
}

export async function compute(
  session: SqlSession,
  query: string,
  contract: OutputContract = CONTRACT,
): Promise<ComputedResult> {
  const files = await session.writePartitions(
    query,
    contract.partitionBy,
    join(session.scratchDir, randomUUID()),
    never,
  );
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { contract, files, rows };
}

export function claimOf(sink: Sink, lockTimeoutMs = 5_000): Promise<Claim> {
  const startedAt = '2017-06-05T00:00:00.000Z';
  return sink.claim({ startedAt, lockTimeoutMs, onWait: () => undefined }, never);
}

export function entryOf(
  result: ComputedResult,
  claim: Claim,
  options: SinkOptions & { readonly loadId?: string } = {},
): LoadEntry {
  return {
    loadId: options.loadId ?? randomUUID(),
    job: 'load_promos',
    mode: options.mode ?? 'overwrite_window',
    ...(options.window && { window: options.window }),
    ...(options.covers && { covers: options.covers }),
    runId: options.runId ?? 'run',
    attempt: options.attempt ?? 1,
    claim: claim.number,
    createdBy: 'dray',
    loadedAt: '2017-06-05T00:00:00.000000Z',
    counts: { read: result.rows, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
    partitions: result.files.map((file) => ({ value: file.partition, rows: file.rows, hash: '0' })),
  };
}

export function stage(sink: Sink, result: ComputedResult, claim: Claim): Promise<Staged> {
  return sink.stage({ result, claim, onRows: () => undefined }, never);
}

/** A whole load as the template does it; resolves to the counted target. */
export async function load(
  session: SqlSession,
  path: string,
  query: string,
  options: LoadOptions = {},
): Promise<ReadonlyMap<string, number>> {
  await using sink = openSink(session, path, options);
  await loadInto(sink, session, query, options);
  return await sink.count(never);
}

export type LoadOptions = SinkOptions & { readonly loadId?: string };

/** A load up to its commit; what there is in the target is not counted. */
export async function loadInto(
  sink: Sink,
  session: SqlSession,
  query: string,
  options: LoadOptions,
): Promise<void> {
  const result = await compute(session, query, options.contract);
  await sink.check(never);
  await using claim = await claimOf(sink, options.lockTimeoutMs);
  const staged = await stage(sink, result, claim);
  await sink.commit(staged, entryOf(result, claim, options), claim, never);
}

export interface DeltaRead {
  readonly version: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly columns: Readonly<Record<string, string>>;
  readonly notNull: readonly string[];
  readonly partitionColumns: readonly string[];
  readonly records: number;
}

/** Asks delta-rs. */
export async function deltaRs(
  command: string,
  path: string,
  argument?: unknown,
): Promise<DeltaRead> {
  const python = process.env['DRAY_TEST_PYTHON'] ?? join(ROOT, '.dray/venv/bin/python');
  const script = join(ROOT, 'test/python/read_delta.py');
  const { stdout } = await run(
    python,
    [script, command, path, ...(argument === undefined ? [] : [JSON.stringify(argument)])],
    // Jest's environment, which is not what children get by themselves.
    { maxBuffer: 2 ** 26, env: process.env },
  );
  return JSON.parse(stdout) as DeltaRead;
}
