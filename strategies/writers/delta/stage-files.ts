import { stat } from 'node:fs/promises';
import { JobError } from '../../../core/errors.ts';
import type { StageInput } from '../../../core/strategy.ts';
import type { AddFile } from './actions.ts';
import { dataKey, logValue, pathOfKey } from './paths.ts';
import { statsText } from './statistics.ts';
import type { DeltaTarget } from './target.ts';

export interface StagedFiles {
  readonly rows: number;
  readonly adds: readonly AddFile[];
}

/**
 * Copies the result's files into the table's folder, where no reader looks for them until the log
 * names them, and counts their rows there.
 *
 * @param onKey - gets the key of each file before it appears.
 */
export async function stageFiles(
  { storage, session, request, context, chance }: DeltaTarget,
  input: StageInput,
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<StagedFiles> {
  const { contract, covers, mode } = request;
  const { result, claim } = input;
  const stray = result.files.find((file) => !(covers?.includes(file.partition) ?? true));
  if (mode === 'overwrite_window' && stray !== undefined) {
    throw new JobError(
      'INTERNAL',
      `the result has rows of ${contract.partitionBy} "${stray.partition}", which the window does not replace`,
    );
  }
  const staged = [];
  for (const [index, file] of result.files.entries()) {
    const key = dataKey(contract.partitionBy, file.partition, index, chance.uuid(), claim.number);
    onKey(key);
    await context.failpoints.reach('delta:upload:before');
    await storage.upload(file.path, key, signal);
    await context.failpoints.reach('delta:upload:after');
    input.onRows(file.rows);
    staged.push({ file, key, enginePath: storage.enginePath(key) });
  }
  const rows = await session.parquet.rows(
    staged.map((each) => each.enginePath),
    signal,
  );
  const adds: AddFile[] = [];
  let total = 0;
  for (const { file, key, enginePath } of staged) {
    const found = rows.get(enginePath) ?? 0;
    total += found;
    adds.push({
      path: pathOfKey(key),
      partitionValues: { [contract.partitionBy]: logValue(file.partition) },
      // Readers find the footer by the size, so it is measured, not taken over.
      size: (await stat(file.path)).size,
      modificationTime: context.clock.now().getTime(),
      dataChange: true,
      stats: statsText(file, found, contract),
    });
  }
  return { rows: total, adds };
}
