import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JobError } from '../../../core/errors.ts';
import type { MetaData, RemoveFile } from './actions.ts';
import { fileSqlOf, type Shape } from './file-sql.ts';
import { checkpointKey, LOG } from './paths.ts';
import type { Table } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

const DEFAULT_INTERVAL = 10;
const DAY_MS = 86_400_000;
const DEFAULT_RETENTION_MS = 7 * DAY_MS;
const UNIT_MS: Readonly<Record<string, number>> = {
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoint-schema */
const COLUMNS = {
  protocol: {
    ...{ minReaderVersion: 'int', minWriterVersion: 'int' },
    ...{ readerFeatures: 'list', writerFeatures: 'list' },
  },
  metaData: {
    ...{ id: 'text', name: 'text', description: 'text' },
    format: { provider: 'text', options: 'map' },
    ...{ schemaString: 'text', partitionColumns: 'list' },
    ...{ createdTime: 'long', configuration: 'map' },
  },
  txn: { appId: 'text', version: 'long', lastUpdated: 'long' },
  add: {
    ...{ path: 'text', partitionValues: 'map', size: 'long', modificationTime: 'long' },
    ...{ dataChange: 'bool', stats: 'text', tags: 'map' },
  },
  remove: {
    ...{ path: 'text', deletionTimestamp: 'long', dataChange: 'bool' },
    ...{ extendedFileMetadata: 'bool', partitionValues: 'map', size: 'long' },
  },
} as const satisfies Readonly<Record<string, Shape>>;

export function isCheckpointDue(table: Table): boolean {
  const configuration = table.metaData.configuration ?? {};
  // Statistics as structs are not written; such a table leaves its checkpoints to other writers.
  if (configuration['delta.checkpoint.writeStatsAsJson'] === 'false') return false;
  if (configuration['delta.checkpoint.writeStatsAsStruct'] === 'true') return false;
  const given = Number(configuration['delta.checkpointInterval']);
  const interval = Number.isInteger(given) && given > 0 ? given : DEFAULT_INTERVAL;
  return table.version > 0 && table.version % interval === 0;
}

/**
 * Writes the snapshot as a classic (v1) checkpoint in one file, then the hint that names it.
 *
 * @param stage - a folder that only the caller stages in.
 */
export async function writeCheckpoint(
  target: DeltaTarget,
  table: Table,
  stage: string,
  signal: AbortSignal,
): Promise<void> {
  const { storage, session, context } = target;
  await context.failpoints.reach('delta:checkpoint:before');
  const lines = checkpointLines(table, context.clock.now().getTime());
  const name = `checkpoint-${target.chance.uuid()}`;
  const source = join(session.scratchDir, `${name}.ndjson`);
  const file = join(session.scratchDir, `${name}.parquet`);
  await writeFile(
    source,
    lines.map((line) => `${line}\n`),
  );
  const longest = lines.reduce((most, line) => Math.max(most, Buffer.byteLength(line) + 1), 0);
  const query = fileSqlOf(session).json(source, COLUMNS, longest);
  await session.parquet.write(query, file, signal);
  await verify(target, table, file, lines.length, signal);
  const staged = `${stage}/${name}.parquet`;
  await storage.upload(file, staged, signal);
  const final = checkpointKey(table.version);
  // A checkpoint of the version that is there already has the same content.
  if ((await storage.publish(staged, final, { ifAbsent: true }, signal)) !== 'published') return;
  const adds = table.adds.size;
  const hint = { version: table.version, size: lines.length, numOfAddFiles: adds };
  await storage.write(`${LOG}/_last_checkpoint`, JSON.stringify(hint), signal);
  await context.failpoints.reach('delta:checkpoint:after');
}

async function verify(
  { session }: DeltaTarget,
  table: Table,
  file: string,
  lines: number,
  signal: AbortSignal,
): Promise<void> {
  const sql = fileSqlOf(session);
  const [found] = await session.rows(
    `select count(*) as lines, count(${sql.name('add')}.path) as adds, count(txn.appId) as txns,
      count(protocol.minWriterVersion) as protocols, count(${sql.name('metaData')}.schemaString) as schemas
      from ${sql.parquet(file)}`,
    signal,
  );
  const expected = [lines, table.adds.size, table.transactions.size, 1, 1];
  const written = Object.values(found ?? {}).map(Number);
  if (written.join() === expected.join()) return;
  throw new JobError(
    'TARGET_FAILED',
    `the checkpoint holds ${written.join(', ')} actions instead of ${expected.join(', ')}`,
  );
}

export function checkpointLines(table: Table, nowMs: number): readonly string[] {
  const keptMs = retentionMs(table.metaData.configuration?.['delta.deletedFileRetentionDuration']);
  const isKept = (remove: RemoveFile): boolean => nowMs - (remove.deletionTimestamp ?? 0) < keptMs;
  return [
    { protocol: table.protocol },
    { metaData: withMaps(table.metaData) },
    ...[...table.transactions.values()].map((txn) => ({ txn })),
    // The action is not a change of data any more once it is part of a checkpoint.
    ...[...table.adds.values()].map((add) => ({ add: { ...add, dataChange: false } })),
    ...[...table.tombstones.values()]
      .filter(isKept)
      .map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ].map((action) => JSON.stringify(action));
}

/** Readers want the maps, be they empty. */
function withMaps(metaData: MetaData): MetaData {
  const { format, configuration } = metaData;
  return {
    ...metaData,
    format: { ...format, options: format.options ?? {} },
    configuration: configuration ?? {},
  };
}

/** `interval 30 days`; what cannot be read keeps tombstones for ever, which is only untidy. */
export function retentionMs(interval: string | null | undefined): number {
  if (interval == null) return DEFAULT_RETENTION_MS;
  const found = /^\s*(?:interval\s+)?(\d+)\s+(hour|day|week)s?\s*$/i.exec(interval);
  const unit = UNIT_MS[found?.[2]?.toLowerCase() ?? ''];
  return unit === undefined ? Infinity : Number(found?.[1]) * unit;
}
