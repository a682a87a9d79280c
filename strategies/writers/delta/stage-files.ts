import { JobError } from '../../../core/errors.ts';
import type { StageInput } from '../../../core/strategy.ts';
import type { AddFile } from './actions.ts';
import { cutToSize } from './file-size.ts';
import { addOf, type Uploaded, uploadFile } from './data-files.ts';
import type { DeltaTarget } from './target.ts';

export interface StagedFiles {
  readonly rows: number;
  readonly adds: readonly AddFile[];
}

/**
 * Copies the result's files, cut to size, into the table's folder, and counts their rows there.
 *
 * @param fileBytes - about how large a file may become.
 * @param onKey - gets the key of each file before it appears.
 */
export async function stageFiles(
  target: DeltaTarget,
  input: StageInput,
  fileBytes: number | undefined,
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
  const adds: AddFile[] = [];
  for (const file of result.files) {
    for await (const part of cutToSize(target, file, fileBytes, signal)) {
      staged.push(await uploadFile(target, part, staged.length, claim.number, onKey, signal));
      input.onRows(part.rows);
    }
  }
  const rows = await session.parquet.rows(
    staged.map((each) => each.enginePath),
    signal,
  );
  let total = 0;
  for (const each of staged) {
    const found = rows.get(each.enginePath) ?? 0;
    total += found;
    adds.push(addOf(target, each, found));
  }
  return { rows: total, adds };
}
