/** Rows whose cursor is in `(after, upTo]`, as the server prints the values. */
export interface CursorRange {
  readonly by: 'cursor';
  readonly column: string;
  /** Absent: from the first row on. */
  readonly after?: string;
  readonly upTo: string;
  /** Rows from so far before `after` on, it included, were read again. */
  readonly lookBack?: string | number;
}

/** Rows of the commits in `(after, upTo]`; without `after`, all rows of the version `upTo`. */
export interface VersionRange {
  readonly by: 'version';
  /** Id of the table, which another one in its place does not have. */
  readonly table: string;
  readonly after?: number;
  readonly upTo: number;
}

export interface ReadFile {
  readonly path: string;
  readonly bytes: number;
  readonly etag: string;
}

/** Rows of these files. */
export interface FilesRange {
  readonly by: 'files';
  readonly files: readonly ReadFile[];
}

/** A part of a source, such that the parts that follow each other are the whole of it. */
export type SourceRange = CursorRange | VersionRange | FilesRange;

/** What a load has read of a source; the loads of a target together are the state of the next read. */
export interface SourceProgress {
  /** The source, so that a state is never taken for that of another one. */
  readonly source: string;
  readonly range: SourceRange;
}

/** The next range that some of several targets lack. */
export interface NextRange<Range extends SourceRange = SourceRange> {
  readonly range: Range;
  /** For each of the targets, in their order, whether it lacks the range. */
  readonly lacking: readonly boolean[];
  /** Why rows of it may be in those targets already, as a merge can take them. */
  readonly repeats?: string;
}

/**
 * The next range of a source whose state is a point. Targets that are behind others first get exactly
 * what they lack of those: a range that some have and some have not can be appended to neither.
 *
 * @param points - where each target is; undefined: at the start.
 * @param ascending - all points that are not undefined, each once.
 * @param newest - how far the source goes beyond the point; undefined: no further.
 */
export async function nextPoints<Point>(
  points: readonly (Point | undefined)[],
  ascending: readonly Point[],
  newest: (after: Point | undefined) => Promise<Point | undefined>,
): Promise<
  | {
      readonly after: Point | undefined;
      readonly upTo: Point;
      readonly lacking: readonly boolean[];
    }
  | undefined
> {
  const [after, next] = points.includes(undefined) ? [undefined, ascending[0]] : ascending;
  const upTo = next ?? (await newest(after));
  if (upTo === undefined) return undefined;
  return { after, upTo, lacking: points.map((point) => point === after) };
}

/** Whether a target that loads the range is further on than before; not, where rows are only read again. */
export function advances(range: SourceRange): boolean {
  return range.by !== 'cursor' || range.after !== range.upTo;
}

/** A range for people. */
export function describeRange(range: SourceRange): string {
  switch (range.by) {
    case 'cursor': {
      const { column, after, upTo, lookBack } = range;
      const from = after === undefined ? '' : ` after ${after}`;
      const again = lookBack === undefined ? '' : `, and again ${String(lookBack)} before that`;
      return `${column}${from} up to ${upTo}${again}`;
    }
    case 'version': {
      const { after, upTo } = range;
      if (after === undefined) return `all of version ${String(upTo)}`;
      const first = after + 1;
      return first === upTo
        ? `version ${String(upTo)}`
        : `versions ${String(first)} to ${String(upTo)}`;
    }
    case 'files': {
      const { length } = range.files;
      return length === 1 ? `file ${range.files[0]?.path ?? ''}` : `${String(length)} files`;
    }
  }
}

/** Where a target is, for people. @param ranges - what it has of one source, oldest first. */
export function describeState(ranges: readonly SourceRange[]): string {
  const last = ranges.at(-1);
  switch (last?.by) {
    case undefined:
      return 'nothing yet';
    case 'cursor':
      return `${last.column} ${last.upTo}`;
    case 'version':
      return `version ${String(last.upTo)}`;
    case 'files': {
      const count = filesOf(ranges).size;
      return count === 1 ? '1 file' : `${String(count)} files`;
    }
  }
}

/** Files that were read, by path; of a file that was read again the newest. */
export function filesOf(ranges: readonly SourceRange[]): ReadonlyMap<string, ReadFile> {
  const files = ranges.flatMap((range) => (range.by === 'files' ? range.files : []));
  return new Map(files.map((file) => [file.path, file]));
}
