import { stat } from 'node:fs/promises';
import type { AddFile } from './actions.ts';
import { dataKey, pathOfKey } from './paths.ts';
import type { PartitionFile } from './split.ts';
import { statsText } from './statistics.ts';
import type { DeltaTarget } from './target.ts';

/** A local file that was copied into the table's folder. */
export interface Uploaded extends PartitionFile {
  readonly key: string;
  readonly enginePath: string;
  /** Readers find the footer by the size, so it is measured, not taken over. */
  readonly bytes: number;
}

/**
 * Copies a file into the table's folder, where no reader looks for it until the log names it.
 *
 * @param onKey - gets its key before it appears.
 */
export async function uploadFile(
  { storage, context, chance }: DeltaTarget,
  { file, values }: PartitionFile,
  index: number,
  claim: number,
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<Uploaded> {
  const key = dataKey(values, index, chance.uuid(), claim);
  onKey(key);
  await context.failpoints.reach('delta:upload:before');
  await storage.upload(file.path, key, signal);
  await context.failpoints.reach('delta:upload:after');
  const { size: bytes } = await stat(file.path);
  return { file, values, key, enginePath: storage.enginePath(key), bytes };
}

/** @param rows - as they were counted in the table's folder. */
export function addOf(
  { request: { contract }, context }: DeltaTarget,
  { file, values, key, bytes }: Uploaded,
  rows: number,
): AddFile {
  return {
    path: pathOfKey(key),
    partitionValues: values,
    size: bytes,
    modificationTime: context.clock.now().getTime(),
    dataChange: true,
    stats: statsText(file, rows, contract.columns, values),
  };
}
