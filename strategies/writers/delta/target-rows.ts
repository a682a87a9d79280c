import type { AddFile } from './actions.ts';
import { keyOfPath, logValue } from './paths.ts';
import { valuesOf } from './partitioning.ts';
import { partitionOf } from './plan-commit.ts';
import type { Snapshot } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/** Rows per covered partition, counted in the files, whatever the log says about them. */
export async function countRows(
  { storage, session, request }: DeltaTarget,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const files = coveredFiles(snapshot, request).map((add) => ({
    partition: partitionOf(add, request.contract.partitionBy) ?? '',
    path: storage.enginePath(keyOfPath(add.path)),
  }));
  const rows = await session.parquet.rows(
    files.map((file) => file.path),
    signal,
  );
  const counts = new Map<string, number>();
  for (const { partition, path } of files) {
    counts.set(partition, (counts.get(partition) ?? 0) + (rows.get(path) ?? 0));
  }
  return counts;
}

/** The first rows of the first files; null is the empty text. */
export async function sampleRows(
  { storage, session, request }: DeltaTarget,
  snapshot: Snapshot,
  limit: number,
  signal: AbortSignal,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const samples: Readonly<Record<string, string>>[] = [];
  for (const add of coveredFiles(snapshot, request)) {
    if (samples.length >= limit) break;
    const path = storage.enginePath(keyOfPath(add.path));
    const [columns = []] = await session.parquet.schemas([path], signal);
    const names = columns.map(({ name }) => name);
    const rows = await session.parquet.sample([path], names, limit - samples.length, signal);
    for (const row of rows) {
      // Other writers leave the partition columns out of the file.
      const values = { ...valuesOf(add), ...row };
      samples.push(
        Object.fromEntries(request.contract.columns.map(({ name }) => [name, values[name] ?? ''])),
      );
    }
  }
  return samples;
}

export function coveredFiles(
  snapshot: Snapshot,
  { covers, contract }: DeltaTarget['request'],
): readonly AddFile[] {
  const decided = covers && new Set(covers.map(logValue));
  return [...snapshot.adds.values()].filter(
    (add) => decided?.has(partitionOf(add, contract.partitionBy)) ?? true,
  );
}
