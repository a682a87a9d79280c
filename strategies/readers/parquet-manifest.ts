import { JobError } from '../../core/errors.ts';
import {
  filesOf,
  type FilesRange,
  type NextRange,
  type ReadFile,
  type SourceRange,
} from '../../core/source-range.ts';
import type { IncrementalSource, Source } from '../../core/strategy.ts';
import type { LocatedFile } from './locate.ts';

type Files = ReadonlyMap<string, ReadFile>;

/**
 * Reads by the files that were read: new ones, and those that have another content now.
 *
 * @param name - what ledgers know the files by.
 * @param files - all that are there.
 * @param open - the rows of some of them.
 */
export function manifestSource(
  name: string,
  files: readonly LocatedFile[],
  open: (files: readonly LocatedFile[]) => Promise<Source>,
): IncrementalSource {
  const there = new Map(files.map((file) => [file.entry.key, file]));
  const isThere = ({ path, etag }: ReadFile) => there.get(path)?.entry.etag === etag;

  return {
    name,
    rereads: false,
    next(states, { fromStart, acceptLoss }) {
      const had = states.map((ranges) => filesOf(fromStart ? [] : ranges));
      const given: ReadFile[] = [];
      for (const known of had) {
        // What one target has and another has not comes first, by itself. A target that never had
        // any begins with what is there.
        const lacked = had
          .flatMap((other) => [...other.values()])
          .filter((file) => !has(known, file) && (known.size > 0 || isThere(file)));
        const gone = lacked.filter((file) => !there.has(file.path));
        if (gone.length > 0 && !acceptLoss) throw lost(name, gone);
        given.push(...gone);
        const current = lacked.filter(isThere);
        if (current.length > 0) return Promise.resolve(nextFiles([...current, ...gone], had));
      }
      const all = files.map(({ entry }): ReadFile => {
        return { path: entry.key, bytes: entry.bytes, etag: entry.etag };
      });
      const fresh = all.filter((file) => !had.every((known) => has(known, file)));
      // Files that are given up are remembered with the next range, so that nobody asks for them again.
      const next = fresh.length === 0 ? undefined : nextFiles([...fresh, ...given], had);
      return Promise.resolve(next);
    },
    async read(range) {
      return await open(partsOf(range).flatMap(({ path }) => there.get(path) ?? []));
    },
  };
}

function partsOf(range: SourceRange): readonly ReadFile[] {
  if (range.by === 'files') return range.files;
  throw new JobError('INTERNAL', 'not a range of files');
}

function has(known: Files, file: ReadFile): boolean {
  return known.get(file.path)?.etag === file.etag;
}

/** For the targets that have none of the files, each at most in an older version. */
function nextFiles(files: readonly ReadFile[], had: readonly Files[]): NextRange<FilesRange> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const range: FilesRange = { by: 'files', files: [...byPath.values()] };
  const lacking = had.map((known) => range.files.every((file) => !has(known, file)));
  const replaced = range.files.filter(({ path }) =>
    had.some((known, index) => lacking[index] === true && known.has(path)),
  );
  if (replaced.length === 0) return { range, lacking };
  return { range, lacking, repeats: `${listed(replaced)} had another content when it was read` };
}

function lost(name: string, files: readonly ReadFile[]): JobError {
  return new JobError(
    'RANGE_LOST',
    `${name}: ${listed(files)} is gone, which was loaded into one target and not yet into another`,
    { hint: 'restore it and run again, or go on without its rows with --force' },
  );
}

function listed(files: readonly ReadFile[]): string {
  const [first] = files;
  const more = files.length - 1;
  return `"${first?.path ?? ''}"${more > 0 ? ` (and ${String(more)} more files)` : ''}`;
}
