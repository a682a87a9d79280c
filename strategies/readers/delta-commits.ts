import { JobError } from '../../core/errors.ts';
import type { Storage } from '../../core/storage.ts';
import { type Action, type AddFile, parseCommit } from '../writers/delta/actions.ts';
import { commitKey } from '../writers/delta/paths.ts';

/** What to do with commits that change or remove rows which are there. */
export type OnChange = 'fail' | 'skip' | 'read';

/** A data file that a commit brought. */
export interface NewFile {
  readonly version: number;
  readonly add: AddFile;
}

export interface NewFiles {
  readonly files: readonly NewFile[];
  /** Commits that changed rows, and what they say of themselves: `version 7 (DELETE)`. */
  readonly changes: readonly string[];
}

/**
 * Data files of the commits in `(after, upTo]`. Commits that only write rows in other files, as
 * OPTIMIZE does, bring nothing.
 *
 * @throws JobError `RANGE_LOST` when a commit is no longer in the log, or changes rows and is not to.
 */
export async function filesOfCommits(
  storage: Storage,
  { after, upTo }: { readonly after: number; readonly upTo: number },
  onChange: OnChange,
  signal: AbortSignal,
): Promise<NewFiles> {
  const files: NewFile[] = [];
  const changes: string[] = [];
  for (let version = after + 1; version <= upTo; version++) {
    const actions = await commitAt(storage, version, signal);
    const adds = actions.flatMap(({ add }) => (add?.dataChange === true ? [add] : []));
    const isChange = actions.some(({ remove }) => remove?.dataChange === true);
    if (isChange) {
      const change = `version ${String(version)} (${operationOf(actions)})`;
      if (onChange === 'fail') throw changed(storage.root, change);
      changes.push(change);
    }
    if (isChange && onChange === 'skip') continue;
    files.push(...adds.map((add) => ({ version, add })));
  }
  return { files, changes };
}

async function commitAt(
  storage: Storage,
  version: number,
  signal: AbortSignal,
): Promise<readonly Action[]> {
  const key = commitKey(version);
  const content = await storage.read(key, signal);
  if (content !== undefined) return parseCommit(content, `${storage.root}/${key}`);
  throw new JobError(
    'RANGE_LOST',
    `"${storage.root}" no longer has the commit of version ${String(version)}: its log was cleaned up`,
    {
      hint: 'with mode "merge", --force reads the whole table once; raise delta.logRetentionDuration, or read more often',
    },
  );
}

function operationOf(actions: readonly Action[]): string {
  const operation = actions.find((each) => each.commitInfo)?.commitInfo?.['operation'];
  return typeof operation === 'string' ? operation : 'unnamed';
}

function changed(root: string, change: string): JobError {
  return new JobError('RANGE_LOST', `"${root}" changed rows that were read, in ${change}`, {
    hint: 'set "incremental": {"on_change": ...}: "read" takes the rows as they are now (mode "merge"), "skip" leaves such commits out',
  });
}
