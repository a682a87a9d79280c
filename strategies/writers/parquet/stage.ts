import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultFile, SqlSession } from '../../../core/engine.ts';
import type { LoadRequest, StageInput, StrategyContext } from '../../../core/strategy.ts';
import type { Storage } from '../../../core/storage.ts';
import { stageFolder } from '../claim-file.ts';
import { effect } from './effect.ts';
import { visibleFiles } from './folder.ts';
import { OWN_FOLDER, partFile, partitionFolder, stagedName } from './layout.ts';
import { newestManifests } from './manifest.ts';

export interface StagedFile {
  readonly partition: string;
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface StagedLoad {
  /** Rows that the load adds, counted in the staged files. */
  readonly rows: number;
  readonly files: readonly StagedFile[];
}

interface Place {
  readonly session: SqlSession;
  readonly storage: Storage;
  readonly request: LoadRequest;
  readonly context: StrategyContext;
}

/** Copies the result into the claim's staging folder; an append brings the older rows along. */
export async function stageFiles(
  place: Place,
  input: StageInput,
  signal: AbortSignal,
): Promise<StagedLoad> {
  const { session, storage, request, context } = place;
  const { result, claim } = input;
  const column = request.contract.partitionBy;
  const older = await olderFiles(place, signal);
  const staged: { readonly partition: string; readonly key: string }[] = [];
  const olderPaths: string[] = [];
  for (const file of result.files) {
    const key = stagedName(claim.number, partitionFolder(column, file.partition));
    const before = older.get(file.partition);
    if (before !== undefined) olderPaths.push(before);
    const path = before === undefined ? file.path : await merge(place, before, file, signal);
    await effect(context.failpoints, 'upload', () => storage.upload(path, key, signal));
    if (before !== undefined) await rm(path);
    staged.push({ partition: file.partition, key });
    input.onRows(file.rows);
  }
  const sizes = new Map(
    (await storage.list(stageFolder(OWN_FOLDER, claim.number), signal)).map((entry) => [
      entry.key,
      entry.bytes,
    ]),
  );
  const paths = staged.map(({ key }) => storage.enginePath(key));
  const rows = await session.parquet.rows(paths, signal);
  const rowsBefore = await session.parquet.rows(olderPaths, signal);
  return {
    rows: total(rows) - total(rowsBefore),
    files: staged.map(({ partition, key }) => ({
      partition,
      key,
      rows: rows.get(storage.enginePath(key)) ?? 0,
      bytes: sizes.get(key) ?? 0,
    })),
  };
}

/**
 * For an append, the file with the rows that each partition has now. The manifest decides: what
 * stands in the folder may come from a load that was never committed. A folder without any manifest
 * was written by others and counts as it is.
 */
async function olderFiles(
  { storage, request }: Place,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (request.mode !== 'append') return new Map();
  const column = request.contract.partitionBy;
  const [manifest] = await newestManifests(storage, 1, signal);
  const visible = await visibleFiles(storage, column, signal);
  const older = [
    ...visible.filter(({ key, partition }) => key === partFile(column, partition)),
    ...manifest.files.map(({ partition, data }) => ({ partition, key: data })),
  ];
  return new Map(older.map(({ partition, key }) => [partition, storage.enginePath(key)]));
}

async function merge(
  { session, request }: Place,
  before: string,
  file: ResultFile,
  signal: AbortSignal,
): Promise<string> {
  const path = join(session.scratchDir, `append-${partitionFolder('to', file.partition)}`);
  const columns = request.contract.columns.map(({ name }) => name);
  await session.parquet.merge([before, file.path], columns, path, signal);
  return path;
}

function total(rows: ReadonlyMap<string, number>): number {
  return [...rows.values()].reduce((sum, count) => sum + count, 0);
}
