import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JobError } from '../../../core/errors.ts';
import { retry } from '../../../core/retry.ts';
import type { Column } from '../../../core/schema.ts';
import type { Compaction, Upkeep } from '../../../core/upkeep.ts';
import { type Action, type AddFile, printCommit } from './actions.ts';
import { BACKOFF, VersionTaken } from './commit.ts';
import { rowsOfFiles } from './file-rows.ts';
import { catchUp } from './log.ts';
import { valuesOf } from './partitioning.ts';
import {
  commitKey,
  decodedPath,
  keyOfPath,
  partitionDir,
  pathOfKey,
  rewrittenKey,
} from './paths.ts';
import { assertColumns, ENGINE_INFO, partitionOf } from './plan-commit.ts';
import { assertSupported } from './protocol.ts';
import { parseSchema } from './schema-string.ts';
import { apply, assertNoDeletionVectors, type Snapshot, type Table, tableOf } from './snapshot.ts';
import { statsText } from './statistics.ts';
import { columnsOf } from './table-columns.ts';
import type { DeltaTarget } from './target.ts';

/** Files of one partition, and the file that takes their place. */
interface Rewritten {
  readonly old: readonly AddFile[];
  readonly add: AddFile;
  readonly key: string;
}

/**
 * Writes the small files of each partition together. The rows stay as they are, so the version says
 * that no data changed, and it needs no claim: should a load replace some of the files meanwhile, then
 * what was written in their place is left out.
 */
export async function optimizeTable(
  target: DeltaTarget,
  snapshot: Snapshot,
  options: Parameters<Upkeep['optimize']>[0] & { readonly targetBytes: number },
  signal: AbortSignal,
): Promise<Compaction> {
  const { storage, context, chance, request } = target;
  const table = tableOf(snapshot);
  if (table === undefined) throw noTable(storage.root);
  assertSupported(table.protocol, table.metaData, parseSchema(table.metaData.schemaString));
  assertNoDeletionVectors(table);
  assertColumns(table, request.contract, target.partitionBy);
  const columns = columnsOf(table);
  const before = sizeOf(table);
  const groups = smallFiles(table, options.targetBytes);
  const rewritten: Rewritten[] = [];
  const unused = new Set<string>();
  let isOpen = false;
  try {
    for (const group of groups) {
      rewritten.push(await rewrite(target, columns, group, (key) => unused.add(key), signal));
      options.onFiles(rewritten.length, groups.length);
    }
    const kept = await retry(
      () => tryCommit(target, snapshot, rewritten, signal),
      (error) => error instanceof VersionTaken,
      BACKOFF,
      context.clock,
      () => chance.random(),
      signal,
    );
    for (const { key } of kept) unused.delete(key);
    const after = sizeOf(snapshot);
    return {
      ...{ filesBefore: before.files, filesAfter: after.files },
      ...{ bytesBefore: before.bytes, bytesAfter: after.bytes, written: kept.length },
      ...(kept.length === 0 ? {} : { version: snapshot.version }),
    };
  } catch (error) {
    // An answer of S3 that got lost may have been a yes: the files are waste at worst, not missing.
    isOpen = !storage.revokesAtOnce && !(error instanceof VersionTaken);
    throw error;
  } finally {
    for (const key of isOpen ? [] : unused)
      await storage.remove(key, AbortSignal.timeout(CLEAN_UP_MS));
  }
}

const CLEAN_UP_MS = 30_000;

/** Files below the target size, put together up to it, where there is more than one. */
function smallFiles(table: Table, targetBytes: number): readonly (readonly AddFile[])[] {
  const { partitionColumns } = table.metaData;
  const partitions = new Map<string, AddFile[]>();
  for (const add of table.adds.values()) {
    if (add.size >= targetBytes) continue;
    const partition = JSON.stringify(partitionColumns.map((name) => partitionOf(add, name)));
    partitions.set(partition, [...(partitions.get(partition) ?? []), add]);
  }
  return [...partitions.values()]
    .flatMap((files) => packed(files, targetBytes))
    .filter((files) => files.length > 1);
}

/** In the order of their sizes, so that a next time finds the large ones done. */
function packed(files: readonly AddFile[], targetBytes: number): readonly AddFile[][] {
  const bins: AddFile[][] = [];
  let bytes = Infinity;
  for (const file of [...files].sort((a, b) => a.size - b.size)) {
    if (bytes + file.size > targetBytes) {
      bins.push([]);
      bytes = 0;
    }
    bins.at(-1)?.push(file);
    bytes += file.size;
  }
  return bins;
}

async function rewrite(
  target: DeltaTarget,
  columns: readonly Column[],
  old: readonly AddFile[],
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<Rewritten> {
  const { storage, session, request, context, chance } = target;
  const { partitionBy } = request.contract;
  const [first] = old;
  if (first === undefined) throw new JobError('INTERNAL', 'no file to rewrite');
  const values = valuesOf(first);
  const paths = old.map((add) => storage.enginePath(keyOfPath(add.path)));
  const folder = join(session.scratchDir, `optimize-${chance.uuid()}`);
  const rowsThere = await rowsOfFiles(target, old, columns, signal);
  const query = `select ${rowsThere.columns.join(', ')} from (${rowsThere.query})`;
  const [file, ...more] = await session.writePartitions(query, partitionBy, folder, signal);
  const counted = await session.parquet.rows(paths, signal);
  const rows = [...counted.values()].reduce((sum, each) => sum + each, 0);
  if (file === undefined || more.length > 0 || file.rows !== rows) {
    throw new JobError(
      'INTERNAL',
      `${String(rows)} rows of "${partitionDir(values)}" became ${String(file?.rows ?? 0)}`,
    );
  }
  const key = rewrittenKey(values, chance.uuid());
  onKey(key);
  await context.failpoints.reach('delta:upload:before');
  await storage.upload(file.path, key, signal);
  await context.failpoints.reach('delta:upload:after');
  await rm(folder, { recursive: true });
  const add: AddFile = {
    path: pathOfKey(key),
    partitionValues: values,
    size: file.bytes,
    modificationTime: context.clock.now().getTime(),
    dataChange: false,
    stats: statsText(file, rows, columns, values),
  };
  return { old, add, key };
}

/** @returns what the version has taken over. */
async function tryCommit(
  { storage, context }: DeltaTarget,
  snapshot: Snapshot,
  rewritten: readonly Rewritten[],
  signal: AbortSignal,
): Promise<readonly Rewritten[]> {
  await catchUp(snapshot, storage, signal);
  const isThere = ({ path }: AddFile) => snapshot.adds.has(decodedPath(path));
  const kept = rewritten.filter(({ old }) => old.every(isThere));
  if (kept.length === 0) return [];
  const nowMs = context.clock.now().getTime();
  const actions: readonly Action[] = [
    { commitInfo: commitInfo(nowMs) },
    ...kept
      .flatMap(({ old }) => old)
      .map(({ path, partitionValues, size }) => ({
        remove: {
          ...{ path, deletionTimestamp: nowMs, dataChange: false },
          ...{ extendedFileMetadata: true, partitionValues, size },
        },
      })),
    ...kept.map(({ add }) => ({ add })),
  ];
  const version = snapshot.version + 1;
  await context.failpoints.reach('delta:commit:before');
  const isOurs = await storage.create(commitKey(version), printCommit(actions), signal);
  if (!isOurs) throw new VersionTaken(version, storage.root);
  await context.failpoints.reach('delta:commit:after');
  apply(snapshot, version, actions);
  return kept;
}

/** As Delta on Spark says it. */
function commitInfo(nowMs: number): Readonly<Record<string, unknown>> {
  return {
    timestamp: nowMs,
    operation: 'OPTIMIZE',
    operationParameters: { predicate: '[]', zOrderBy: '[]' },
    isBlindAppend: false,
    engineInfo: ENGINE_INFO,
  };
}

function sizeOf({ adds }: Snapshot): { readonly files: number; readonly bytes: number } {
  return {
    files: adds.size,
    bytes: [...adds.values()].reduce((sum, { size }) => sum + size, 0),
  };
}

export function noTable(root: string): JobError {
  return new JobError('TARGET_FAILED', `there is no Delta table at ${root}`, {
    hint: 'a load makes it',
  });
}
