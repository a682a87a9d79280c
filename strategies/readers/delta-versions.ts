import type { SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { nextPoints, type SourceRange, type VersionRange } from '../../core/source-range.ts';
import type { Storage } from '../../core/storage.ts';
import type { IncrementalSource, Source, StrategyContext } from '../../core/strategy.ts';
import { readSnapshot } from '../writers/delta/log.ts';
import { keyOfPath } from '../writers/delta/paths.ts';
import { tableOf } from '../writers/delta/snapshot.ts';
import { ofSource } from './of-source.ts';
import { filesOfCommits, type NewFile, type NewFiles, type OnChange } from './delta-commits.ts';

/** Data files as one version of the table has them. */
export interface VersionPart {
  readonly version: number;
  /** As the engine names them. */
  readonly paths: readonly string[];
}

/** How an engine reads a table. */
export interface DeltaRows {
  version(version: number): Promise<Source>;
  files(parts: readonly VersionPart[], location: string): Promise<Source>;
  /** @param source - of `files`. */
  count(source: Source): Promise<number>;
}

export interface ByVersion {
  readonly onChange: OnChange;
  readonly name?: string | undefined;
}

/** Reads the rows of the commits that came since a version. */
export async function versionsSource(
  { sourceTable, incremental }: { readonly sourceTable: string; readonly incremental: ByVersion },
  session: SqlSession,
  rows: DeltaRows,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<IncrementalSource> {
  const storage = context.openStorage(sourceTable);
  const warn = (message: string) => {
    context.warn(message);
  };
  const table = tableOf(await ofSource(readSnapshot(storage, session, warn, signal)));
  if (table === undefined) throw new JobError('INTERNAL', `"${sourceTable}" has no version`);
  const { version: newest, metaData } = table;

  function pointOf(ranges: readonly SourceRange[]): number | undefined {
    const last = ranges.findLast((range) => range.by === 'version');
    if (last === undefined) return undefined;
    if (last.table === metaData.id && last.upTo <= newest) return last.upTo;
    throw new JobError(
      'RANGE_LOST',
      `"${sourceTable}" is not the table that was read up to version ${String(last.upTo)}: it was made anew, or restored`,
      { hint: 'with mode "merge", --force reads the whole table; else load into another target' },
    );
  }

  async function brought(
    range: Required<Pick<VersionRange, 'after' | 'upTo'>>,
    until: AbortSignal,
  ) {
    return await ofSource(filesOfCommits(storage, range, incremental.onChange, until));
  }

  return {
    name: incremental.name ?? sourceTable.replace(/(?<=[^/])\/+$/, ''),
    rereads: false,
    async next(states, { fromStart }, until) {
      const points = states.map((ranges) => (fromStart ? undefined : pointOf(ranges)));
      const range = { by: 'version', table: metaData.id } as const;
      // An older version may be gone, and nobody needs it: the others go on from where they are.
      if (points.includes(undefined)) {
        const lacking = points.map((point) => point === undefined);
        return { range: { ...range, upTo: newest }, lacking };
      }
      const ascending = [...new Set(points.flatMap((point) => point ?? []))].sort((a, b) => a - b);
      const next = await nextPoints(points, ascending, (after) =>
        Promise.resolve(after === newest ? undefined : newest),
      );
      if (next?.after === undefined) return undefined;
      const { after, lacking } = next;
      for (const upTo of new Set([next.upTo, newest])) {
        const { files, changes } = await brought({ after, upTo }, until);
        if (files.length === 0) continue;
        const found = { range: { ...range, after, upTo }, lacking };
        if (changes.length === 0) return found;
        if (incremental.onChange === 'read') {
          return { ...found, repeats: `rows were changed in ${changes.join(', ')}` };
        }
        context.warn(`"${sourceTable}": left out what was changed in ${changes.join(', ')}`);
        return found;
      }
      return undefined;
    },
    async read(range, until) {
      if (range.by !== 'version') throw new JobError('INTERNAL', 'not a range of versions');
      const { after, upTo } = range;
      if (after === undefined) return await rows.version(upTo);
      const { files } = await brought({ after, upTo }, until);
      const parts = partsOf(files, storage, newest, (path) => {
        const there = table.adds.get(path);
        return there !== undefined && there.deletionVector == null;
      });
      const source = await rows.files(parts, `${sourceTable} version ${String(upTo)}`);
      assertComplete(files, await rows.count(source), sourceTable);
      return source;
    },
  };
}

/** Files that the newest version still has are read there, the others where they were new. */
function partsOf(
  files: NewFiles['files'],
  storage: Storage,
  newest: number,
  isThere: (key: string) => boolean,
): readonly VersionPart[] {
  const parts = new Map<number, Set<string>>();
  for (const { version, add } of files) {
    const key = keyOfPath(add.path);
    const at = isThere(key) ? newest : version;
    const paths = parts.get(at) ?? new Set();
    parts.set(at, paths.add(storage.enginePath(key)));
  }
  return [...parts].map(([version, paths]) => ({ version, paths: [...paths] }));
}

/** The log says how many rows a file has: no file may be missed by its name. */
function assertComplete(files: readonly NewFile[], rows: number, sourceTable: string): void {
  const expected = files.map(({ add }) =>
    add.deletionVector == null ? recordsOf(add.stats) : undefined,
  );
  if (expected.includes(undefined)) return;
  const sum = expected.reduce<number>((all, each) => all + (each ?? 0), 0);
  if (sum === rows) return;
  throw new JobError(
    'RANGE_LOST',
    `"${sourceTable}": the log says ${String(sum)} rows are new, ${String(rows)} were found`,
    { hint: 'check the table with another Delta client: files may be missing' },
  );
}

function recordsOf(stats: string | null | undefined): number | undefined {
  if (stats == null) return undefined;
  const { numRecords } = JSON.parse(stats) as { readonly numRecords?: unknown };
  return typeof numRecords === 'number' ? numRecords : undefined;
}
