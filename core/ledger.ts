import type { Column } from './schema.ts';
import type { SourceProgress, SourceRange } from './source-range.ts';
import type { Window } from './window.ts';

export const MODES = ['append', 'overwrite', 'overwrite_window', 'merge'] as const;
/** What happens to the rows that are in the target already. */
export type Mode = (typeof MODES)[number];

/** Where every source row went. Each figure is measured on its own, never by subtraction. */
export interface RowCounts {
  readonly read: number;
  readonly quarantined: number;
  readonly filtered: number;
  /** Left out by rules with the action `drop`. */
  readonly dropped: number;
  readonly deduplicated: number;
}

export interface PartitionContent {
  /** The partition column's value as text, such as `24`. */
  readonly value: string;
  readonly rows: number;
  /** Decimal text of the content hash that `docs/semantics.md` defines. */
  readonly hash: string;
}

/** One load, recorded in the target itself, in the same commit as its rows. */
export interface LoadEntry {
  readonly loadId: string;
  readonly job: string;
  readonly mode: Mode;
  /** Absent: all time. */
  readonly window?: Window;
  /** Partition values that the load decides, whether it has rows there or not; absent: all. */
  readonly covers?: readonly string[];
  readonly runId: string;
  readonly attempt: number;
  /** Number of the claim under which it was committed. */
  readonly claim: number;
  readonly createdBy: string;
  /** `loaded_at` of its rows, ISO 8601 with microseconds. */
  readonly loadedAt: string;
  readonly counts: RowCounts;
  /** What was loaded into each partition that got rows. */
  readonly partitions: readonly PartitionContent[];
  /** Of a merge: what it found and left in those partitions. */
  readonly merged?: Merged;
  /** Of an incremental load: the part of its source that it has read. */
  readonly progress?: SourceProgress;
  /** Columns that came with the source, of this load or an earlier one; absent: none. */
  readonly evolved?: readonly Column[];
}

/** What a merge made of the partitions that it has rows of, where rows of earlier loads stay. */
export interface Merged {
  /** Rows that were in the target, whose place rows of the load have taken. */
  readonly replaced: number;
  /** Content of each of those partitions right after the commit, measured on the merged rows. */
  readonly after: readonly PartitionContent[];
}

/** What a load left in the partitions that it decided. */
export function contentAfter(
  entry: Pick<LoadEntry, 'partitions' | 'merged'>,
): readonly PartitionContent[] {
  return entry.merged?.after ?? entry.partitions;
}

export function rowsOf(entry: Pick<LoadEntry, 'partitions'>): number {
  return entry.partitions.reduce((sum, partition) => sum + partition.rows, 0);
}

export function covers(entry: Pick<LoadEntry, 'covers'>, partition: string): boolean {
  return entry.covers?.includes(partition) ?? true;
}

/** Whether a load says what is in a partition: a merge does so only where it has rows. */
export function decides(
  entry: Pick<LoadEntry, 'mode' | 'covers' | 'partitions'>,
  partition: string,
): boolean {
  if (entry.mode !== 'merge') return covers(entry, partition);
  return entry.partitions.some(({ value }) => value === partition);
}

export function coversOverlap(a: Pick<LoadEntry, 'covers'>, b: Pick<LoadEntry, 'covers'>): boolean {
  if (a.covers === undefined || b.covers === undefined) return true;
  return a.covers.some((value) => covers(b, value));
}

/**
 * The entry that makes a load superfluous: same id, and no later load decided any of its partitions.
 *
 * @param entries - all loads of the target, oldest first.
 */
export function reusableLoad(entries: readonly LoadEntry[], loadId: string): LoadEntry | undefined {
  const index = entries.findLastIndex((entry) => entry.loadId === loadId);
  const found = entries[index];
  if (found === undefined) return undefined;
  const later = entries.slice(index + 1);
  return later.some((entry) => coversOverlap(entry, found)) ? undefined : found;
}

/**
 * Which loads decide each partition now: the newest that covers it, and those that were appended
 * since. A partition that a load covers without a row is there too, but for a merge, which leaves it
 * to whoever had it.
 *
 * @param entries - all loads of the target, oldest first.
 */
export function ownersOf(
  entries: readonly LoadEntry[],
): ReadonlyMap<string, readonly [LoadEntry, ...LoadEntry[]]> {
  const owners = new Map<string, [LoadEntry, ...LoadEntry[]]>();
  for (const entry of entries) {
    const filled = entry.partitions.map(({ value }) => value);
    if (entry.mode === 'append') {
      for (const value of filled) owners.set(value, [entry, ...(owners.get(value) ?? [])]);
      continue;
    }
    const decided = entry.mode === 'merge' ? [] : (entry.covers ?? owners.keys());
    for (const value of [...decided, ...filled]) owners.set(value, [entry]);
  }
  return owners;
}

/**
 * What the loads of a job have read of a source, oldest first: the state of the next read.
 *
 * @param entries - all loads of the target, oldest first.
 */
export function rangesOf(
  entries: readonly LoadEntry[],
  job: string,
  source: string,
): readonly SourceRange[] {
  return entries.flatMap((entry) =>
    entry.job === job && entry.progress?.source === source ? [entry.progress.range] : [],
  );
}

/**
 * Whether the target, as `Sink.count` counts it, still has as many rows as a load left there. Of a
 * merge only the partitions that it has rows of are compared.
 */
export function countsMatch(
  entry: Pick<LoadEntry, 'mode' | 'partitions' | 'merged'>,
  counted: ReadonlyMap<string, number>,
): boolean {
  const expected = contentAfter(entry).filter((partition) => partition.rows > 0);
  const isComplete =
    entry.mode === 'merge' ||
    expected.length === [...counted.values()].filter((rows) => rows > 0).length;
  return (
    isComplete && expected.every((partition) => counted.get(partition.value) === partition.rows)
  );
}

/**
 * All columns that came with the source, in the order in which they did. A name has one type.
 *
 * @param entries - loads of one or more targets, oldest first.
 */
export function evolvedBy(entries: readonly Pick<LoadEntry, 'evolved'>[]): readonly Column[] {
  const found = new Map<string, Column>();
  for (const column of entries.flatMap(({ evolved = [] }) => evolved)) {
    if (!found.has(column.name)) found.set(column.name, column);
  }
  return [...found.values()];
}
