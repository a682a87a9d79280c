import { JobError } from '../../../core/errors.ts';
import type { StageInput } from '../../../core/strategy.ts';
import type { AddFile } from './actions.ts';
import { addOf, type Uploaded, uploadFile } from './data-files.ts';
import type { DeltaTarget } from './target.ts';

export interface StagedFiles {
  readonly rows: number;
  readonly adds: readonly AddFile[];
}

/**
 * Copies the result's files into the table's folder, and counts their rows there.
 *
 * @param onKey - gets the key of each file before it appears.
 */
export async function stageFiles(
  target: DeltaTarget,
  input: StageInput,
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<StagedFiles> {
  const { session, request } = target;
  const { contract, covers, mode } = request;
  const { result, claim } = input;
  const stray = result.files.find((file) => !(covers?.includes(file.partition) ?? true));
  if ((mode === 'overwrite_window' || mode === 'merge') && stray !== undefined) {
    throw new JobError(
      'INTERNAL',
      `the result has rows of ${contract.partitionBy} "${stray.partition}", which the window does not replace`,
    );
  }
  const staged: Uploaded[] = [];
  for (const [index, file] of result.files.entries()) {
    staged.push(await uploadFile(target, file, index, claim.number, onKey, signal));
    input.onRows(file.rows);
  }
  const rows = await session.parquet.rows(
    staged.map((each) => each.enginePath),
    signal,
  );
  const adds: AddFile[] = [];
  let total = 0;
  for (const each of staged) {
    const found = rows.get(each.enginePath) ?? 0;
    total += found;
    adds.push(await addOf(target, each, found));
  }
  return { rows: total, adds };
}
