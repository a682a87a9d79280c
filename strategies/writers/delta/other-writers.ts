import { JobError } from '../../../core/errors.ts';
import { parseCommit } from './actions.ts';
import { commitKey } from './paths.ts';
import { engineOf, type Table } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/** So many commits back somebody is taken for a writer that is still at work. */
const COMMITS = 10;
/** Engines that may commit to S3 without `If-None-Match`, each by an arrangement of its own. */
const UNCONDITIONAL = /^(?:Apache-Spark|Databricks-Runtime)\b/;

/**
 * Keeps dray's commits apart from those of writers that do not heed them: Spark's log store for S3
 * writes a version whether there is one or not, so that one of two commits is lost without a word.
 * Databricks keeps its writers apart by a service that others cannot ask.
 *
 * @throws JobError `NOT_SUPPORTED`, unless the user says that the other writer has stopped.
 */
export async function refuseOtherLogStores(
  { storage, context, otherWriters }: DeltaTarget,
  table: Table,
  signal: AbortSignal,
): Promise<void> {
  if (storage.revokesAtOnce) return;
  const coordinator = Object.keys(table.metaData.configuration ?? {}).find((key) =>
    key.startsWith('delta.coordinatedCommits.'),
  );
  if (coordinator !== undefined) {
    throw new JobError('NOT_SUPPORTED', `${storage.root} has its commits made by a coordinator`, {
      hint: `load into another path; the table has the property "${coordinator}"`,
    });
  }
  const versions = Array.from({ length: COMMITS }, (_, back) => table.version - back);
  const engines = await Promise.all(
    versions.filter((version) => version >= 0).map((version) => engineAt(version)),
  );
  const found = engines.find((engine) => UNCONDITIONAL.test(engine));
  if (found === undefined) return;
  const message = `"${found}" writes to ${storage.root}, too: commits of both at the same time get lost`;
  if (otherWriters === 'stopped') {
    context.warn(`${message}; "dray.otherWriters" says that it has stopped`);
    return;
  }
  throw new JobError('NOT_SUPPORTED', message, {
    hint: 'load into another path, or stop the other writer and set "options": {"dray.otherWriters": "stopped"}',
  });

  async function engineAt(version: number): Promise<string> {
    const known = table.engines.get(version);
    if (known !== undefined) return known;
    const content = await storage.read(commitKey(version), signal);
    if (content === undefined) return ''; // cleaned up after a checkpoint
    const actions = parseCommit(content, `${storage.root}/${commitKey(version)}`);
    const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
    return info ? engineOf(info) : '';
  }
}
