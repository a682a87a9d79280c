import type { Batch, Column } from '../../plan/evaluate/vector.ts';
import type { PlanCell } from '../../plan/types.ts';
import type { Pass } from './stream.ts';

const BATCH_ROWS = 2048;

/** A row of a batch, copied out of it. */
export function cellsOf(columns: readonly Column[], row: number): readonly PlanCell[] {
  return columns.map((column) => column[row] ?? null);
}

/** Puts rows that were held back into batches. */
export async function emitRows(
  rows: readonly (readonly PlanCell[])[],
  width: number,
  emit: (batch: Batch) => void,
  { pause }: Pick<Pass, 'pause'>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH_ROWS) {
    const some = rows.slice(from, from + BATCH_ROWS);
    emit({
      columns: Array.from({ length: width }, (_, at) => some.map((row) => row[at] ?? null)),
      size: some.length,
      selection: some.map((_, row) => row),
    });
    await pause();
  }
}
