import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JobError } from '../../../core/errors.ts';
import { quote } from '../../../core/engine.ts';
import type { MetaData, RemoveFile } from './actions.ts';
import { checkpointKey, LOG } from './paths.ts';
import type { Table } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

const DEFAULT_INTERVAL = 10;
const MIN_BUFFER_BYTES = 1_048_576;
const DAY_MS = 86_400_000;
const DEFAULT_RETENTION_MS = 7 * DAY_MS;
const UNIT_MS: Readonly<Record<string, number>> = {
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoint-schema */
const TYPES = {
  protocol:
    'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[])',
  metaData:
    'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], createdTime BIGINT, configuration MAP(VARCHAR, VARCHAR))',
  txn: 'STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)',
  add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))',
  remove:
    'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT)',
} as const;

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
  const columns = Object.entries(TYPES).map(([column, type]) => `${column}: ${quote(type)}`);
  await session.run(
    `copy (select * from read_json(${quote(source)}, format = 'newline_delimited',
      maximum_object_size = ${String(bufferBytes(lines))}, columns = {${columns.join(', ')}}))
      to ${quote(file)} (format parquet)`,
    signal,
  );
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

/** DuckDB takes twice this per thread, so no more than the longest line needs. */
function bufferBytes(lines: readonly string[]): number {
  return lines.reduce(
    (most, line) => Math.max(most, Buffer.byteLength(line) + 1),
    MIN_BUFFER_BYTES,
  );
}

async function verify(
  { session }: DeltaTarget,
  table: Table,
  file: string,
  lines: number,
  signal: AbortSignal,
): Promise<void> {
  const [found] = await session.rows(
    `select count(*) as lines, count("add".path) as adds, count(txn.appId) as txns,
      count(protocol.minWriterVersion) as protocols, count("metaData".schemaString) as schemas
      from read_parquet(${quote(file)})`,
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
