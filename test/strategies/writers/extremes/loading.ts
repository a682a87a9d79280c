import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../../../core/clock.ts';
import type { EngineName } from '../../../../core/engine.ts';
import { JobError } from '../../../../core/errors.ts';
import { noFailpoints } from '../../../../core/failpoint.ts';
import type { LoadEntry } from '../../../../core/ledger.ts';
import type { ColumnType, OutputContract } from '../../../../core/schema.ts';
import type { OpenStorage } from '../../../../core/storage.ts';
import type { LoadRequest, Sink, StrategyContext } from '../../../../core/strategy.ts';
import { openEngine } from '../../../../entry/engines.ts';
import { readFields } from '../../../../plan/plan.ts';
import type { PlanSession } from '../../../../plan/session.ts';
import { type PlanType, string } from '../../../../plan/types.ts';
import { openFileStorage } from '../../../../state/artifacts/file.ts';
import { writers } from '../../../../strategies/registry.ts';

const ROOT = join(import.meta.dirname, '../../../..');
export const never = new AbortController().signal;

/** The wire's config of a sink. */
export type Loader =
  | { readonly strategy: 'DELTA' | 'PARQUET'; readonly path: string }
  | {
      readonly strategy: 'POSTGRES';
      readonly jdbcUrl: string;
      readonly table: string;
      readonly properties: Readonly<Record<string, string>>;
    }
  | {
      readonly strategy: 'REDSHIFT';
      readonly jdbcUrl: string;
      readonly table: string;
      readonly properties: Readonly<Record<string, string>>;
      readonly stagingPath: string;
      readonly iamRole: string;
    };

function contextOf(openStorage: OpenStorage): StrategyContext {
  return {
    clock: systemClock,
    openStorage,
    failpoints: noFailpoints,
    resolveSecret: (secret) =>
      secret.kind === 'literal' ? Promise.resolve(secret.value) : Promise.reject(new Error('none')),
    warn: (message) => {
      throw new Error(`unexpected warning: ${message}`);
    },
  };
}

export function contractOf(columns: Readonly<Record<string, ColumnType>>): OutputContract {
  return {
    columns: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'week', type: { kind: 'int32' }, nullable: false },
      ...Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true })),
    ],
    key: ['id'],
    partitionBy: 'week',
    validity: { from: 'day', to: 'day' },
  };
}

export async function openPlans(
  engine: EngineName,
  tempDir: string,
  sparkRemote?: string,
): Promise<PlanSession> {
  const extensionDirs = [join(ROOT, '.dray/extensions')];
  return await openEngine(
    engine,
    { runId: 'extremes', tempDir, memoryMb: 600, threads: 2 },
    { clock: systemClock, extensionDirs, sparkRemote },
    never,
  );
}

/**
 * Brings a Parquet file into a target as a job does that changes nothing.
 *
 * @returns the rows that the target then has, as it counts them.
 */
export async function loadFile(
  session: PlanSession,
  file: string,
  contract: OutputContract,
  loader: Loader,
  openStorage: OpenStorage = openFileStorage,
): Promise<number> {
  const relation = readFields(
    'source',
    contract.columns.map(({ name, type, nullable }) => {
      const plain: PlanType = type.kind === 'string' ? string : type;
      return { name, type: plain, nullable };
    }),
  );
  const { engine, sql } = session;
  const scan = engine === 'bigdata' ? `parquet.\`${file}\`` : `read_parquet('${file}')`;
  await session.bind('source', `select * from ${scan}`, never);
  const { files } = await session.writePartitions(
    { relation, partitionBy: 'week', expectedRows: 1 },
    join(sql.scratchDir, randomUUID()),
    { onRows: () => undefined },
    never,
  );
  const rows = files.reduce((sum, each) => sum + each.rows, 0);

  await using sink = await openSink(session, contract, loader, contextOf(openStorage));
  await sink.check(never);
  const startedAt = '2017-06-05T00:00:00.000001Z';
  const options = { startedAt, lockTimeoutMs: 5_000, onWait: () => undefined };
  await using claim = await sink.claim(options, never);
  try {
    const staged = await sink.stage(
      { result: { contract, files, rows }, claim, onRows: () => undefined },
      never,
    );
    const entry: LoadEntry = {
      ...{ loadId: randomUUID(), job: 'extremes', mode: 'overwrite', runId: 'run', attempt: 1 },
      ...{ claim: claim.number, createdBy: 'test', loadedAt: startedAt },
      counts: { read: rows, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
      partitions: files.map((each) => ({ value: each.partition, rows: each.rows, hash: '0' })),
    };
    await sink.commit(staged, entry, claim, never);
  } catch (error) {
    await sink.discard(never);
    throw error;
  }
  return [...(await sink.count(never)).values()].reduce((sum, each) => sum + each, 0);
}

async function openSink(
  { engine, sql }: PlanSession,
  contract: OutputContract,
  loader: Loader,
  context: StrategyContext,
): Promise<Sink> {
  const request: LoadRequest = {
    ...{ job: 'extremes', runId: randomUUID(), attempt: 1, mode: 'overwrite', contract },
  };
  switch (loader.strategy) {
    case 'DELTA':
      return await on(writers.DELTA.on[engine])(
        sql,
        writers.DELTA.config.parse({ ...loader, mode: 'overwrite' }),
        request,
        context,
        never,
      );
    case 'PARQUET':
      return await on(writers.PARQUET.on[engine])(
        sql,
        writers.PARQUET.config.parse({ ...loader, mode: 'overwrite' }),
        request,
        context,
        never,
      );
    case 'POSTGRES':
      return await on(writers.POSTGRES.on[engine])(
        sql,
        writers.POSTGRES.config.parse({ ...loader, mode: 'overwrite' }),
        request,
        context,
        never,
      );
    case 'REDSHIFT':
      return await on(writers.REDSHIFT.on[engine])(
        sql,
        writers.REDSHIFT.config.parse({ ...loader, mode: 'overwrite' }),
        request,
        context,
        never,
      );
  }
}

function on<T>(open: T | undefined): T {
  if (open === undefined) throw new JobError('NOT_SUPPORTED', 'not on this engine');
  return open;
}
