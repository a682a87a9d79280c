import { join } from 'node:path';
import { inLanes } from '../../core/concurrent.ts';
import type { ResultFile } from '../../core/engine.ts';
import type { Relation } from '../../plan/plan.ts';
import type { PartitionedResult } from '../../plan/session.ts';

/** About this many rows of the result are written by one statement. */
const SHARE_ROWS = 3_000_000;
/** So many shares at once: a source of one row group is scanned by one thread. */
const LANES = 2;

/** Writes one share's rows into a new folder; `onShare` gets the part that is done, 0 to 1. */
type WriteShare = (
  share: Relation,
  directory: string,
  signal: AbortSignal,
  onShare: (part: number) => void,
) => Promise<readonly ResultFile[]>;

/** Writes all shares of a result, each below `directory` in a folder of its own. */
export async function writeShares(
  result: PartitionedResult,
  directory: string,
  write: WriteShare,
  onRows: (rows: number) => void,
  signal: AbortSignal,
): Promise<readonly ResultFile[]> {
  const shares = sharesOf(result);
  const done = new Map<number, number>();
  const report = (index: number, rows: number): void => {
    done.set(index, rows);
    onRows(Math.floor([...done.values()].reduce((sum, each) => sum + each, 0)));
  };
  const written = await inLanes(
    LANES,
    shares.map((share, index) => async (each: AbortSignal) => {
      const expected = result.expectedRows / shares.length;
      const files = await write(share, join(directory, `share-${String(index)}`), each, (part) => {
        report(index, part * expected);
      });
      report(
        index,
        files.reduce((sum, file) => sum + file.rows, 0),
      );
      return files;
    }),
    signal,
  );
  return written.flat().sort(byPartition);
}

/**
 * Shares of about so many rows, for memory's sake: a statement that writes many files at once holds a
 * row group of each back, one that looks for duplicates holds all their keys.
 */
function sharesOf({ relation, expectedRows, parts }: PartitionedResult): readonly Relation[] {
  const count = Math.ceil(expectedRows / SHARE_ROWS);
  if (parts === undefined || count <= 1 || parts.values.length <= 1) return [relation];
  const size = Math.ceil(parts.values.length / count);
  return Array.from({ length: Math.ceil(parts.values.length / size) }, (_, index) =>
    parts.of(parts.values.slice(index * size, (index + 1) * size)),
  );
}

/** Whole numbers as numbers, all else as texts. */
export function byPartition(a: ResultFile, b: ResultFile): number {
  const whole = /^-?\d+$/;
  if (whole.test(a.partition) && whole.test(b.partition)) {
    const difference = BigInt(a.partition) - BigInt(b.partition);
    return difference < 0n ? -1 : Number(difference > 0n);
  }
  return a.partition < b.partition ? -1 : Number(a.partition > b.partition);
}
