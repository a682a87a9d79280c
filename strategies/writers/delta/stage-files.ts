import { inLanes } from '../../../core/concurrent.ts';
import { JobError } from '../../../core/errors.ts';
import type { StageInput } from '../../../core/strategy.ts';
import type { AddFile } from './actions.ts';
import { cutToSize } from './file-size.ts';
import { addOf, type Uploaded, uploadFile } from './data-files.ts';
import { type PartitionFile, splitByPartition } from './split.ts';
import type { DeltaTarget } from './target.ts';

/** Files of one week that are copied at the same time: on S3 it is the answers that take time. */
const LANES = 8;

export interface StagedFiles {
  readonly rows: number;
  readonly adds: readonly AddFile[];
}

/**
 * Copies the result's files, by partition and cut to size, into the table's folder, and counts their
 * rows there.
 *
 * @param columns - what the table is partitioned by.
 * @param fileBytes - about how large a file may become.
 * @param onKey - gets the key of each file before it appears.
 */
export async function stageFiles(
  target: DeltaTarget,
  input: StageInput,
  columns: readonly string[],
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
  let index = 0;
  const stage = async ({ file: whole, values }: PartitionFile, staging: AbortSignal) => {
    for await (const file of cutToSize(target, whole, fileBytes, staging)) {
      const part = { file, values };
      staged.push(await uploadFile(target, part, index++, claim.number, onKey, staging));
      input.onRows(file.rows);
    }
  };
  for (const file of result.files) {
    await splitByPartition(
      target,
      file,
      columns,
      async (parts) => {
        const tasks = parts.map((part) => (each: AbortSignal) => stage(part, each));
        await inLanes(LANES, tasks, signal);
      },
      signal,
    );
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
