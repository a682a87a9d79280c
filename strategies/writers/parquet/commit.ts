import type { Claim } from '../../../core/claims.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { LoadRequest, StrategyContext } from '../../../core/strategy.ts';
import type { Storage } from '../../../core/storage.ts';
import { effect } from './effect.ts';
import { visibleFiles } from './folder.ts';
import { dataFile, partFile, partitionFolder, retired, stagedName } from './layout.ts';
import {
  type ManifestFile,
  manifestKey,
  manifestText,
  newestManifests,
  nextManifest,
  replaces,
} from './manifest.ts';
import { stageRemoval } from './removal.ts';
import type { StagedFile } from './stage.ts';

export interface Commit {
  readonly session: SqlSession;
  readonly storage: Storage;
  readonly request: LoadRequest;
  readonly context: StrategyContext;
  readonly files: readonly StagedFile[];
  readonly entry: LoadEntry;
  readonly claim: Claim;
}

const IN_PLACE = { ifAbsent: false };

/**
 * Publishes staged files, partition by partition, and last the manifest, which is the commit.
 *
 * Everything is staged before the claim is looked at, and from then on only staged names are moved:
 * a claim that is superseded has its staging folder revoked, so a process that was stopped anywhere
 * in here and wakes up too late finds nothing to move.
 *
 * @throws JobError `LEASE_LOST`
 */
export async function commitLoad(commit: Commit, signal: AbortSignal): Promise<void> {
  const { storage, request, context, claim } = commit;
  const { failpoints } = context;
  const column = request.contract.partitionBy;
  const files = await giveLastingNames(commit, signal);
  const removals = await stageRemovals(commit, files, signal);
  let generation = await stageManifest(commit, files, signal);
  await claim.assertHeld(signal);

  for (const { partition, key } of commit.files) {
    const path = partFile(column, partition);
    const result = await effect(failpoints, 'publish', () =>
      storage.publish(key, path, IN_PLACE, signal),
    );
    if (result === 'missing') throw await lost(claim, signal);
  }
  for (const { key, staged } of removals) {
    const result = await effect(failpoints, 'retire', () => storage.retire(key, staged, signal));
    if (result === 'missing') throw await lost(claim, signal);
  }
  for (;;) {
    const number = generation;
    const result = await effect(failpoints, 'manifest', () =>
      storage.publish(stagedManifest(claim), manifestKey(number), { ifAbsent: true }, signal),
    );
    if (result === 'missing') throw await lost(claim, signal);
    if (result === 'published' && (await isCommitted(commit, signal))) return;
    // The holder of another window committed first: the same files on top of its manifest.
    generation = await stageManifest(commit, files, signal);
    await claim.assertHeld(signal);
  }
}

/** A second name for each file, which no later load replaces; manifests refer to these. */
async function giveLastingNames(
  { storage, request, files, entry, claim }: Commit,
  signal: AbortSignal,
): Promise<readonly ManifestFile[]> {
  const column = request.contract.partitionBy;
  const named: ManifestFile[] = [];
  for (const { key, partition, rows, bytes } of files) {
    const data = dataFile(entry.loadId, claim.number, partitionFolder(column, partition));
    await storage.duplicate(key, data, signal);
    const path = partFile(column, partition);
    named.push({ partition, path, data, rows, bytes, loadId: entry.loadId, claim: claim.number });
  }
  return named;
}

/** Files of the folder that the load replaces by nothing, and the staged names to retire them to. */
async function stageRemovals(
  commit: Commit,
  files: readonly ManifestFile[],
  signal: AbortSignal,
): Promise<readonly { readonly key: string; readonly staged: string }[]> {
  const { storage, request, entry, claim } = commit;
  const column = request.contract.partitionBy;
  const published = new Set(files.map((file) => file.path));
  const removals: { readonly key: string; readonly staged: string }[] = [];
  for (const { key, partition } of await visibleFiles(storage, column, signal)) {
    if (published.has(key) || !replaces(entry, partition)) continue;
    const name = retired(partitionFolder(column, partition));
    // So that others can undo it, should this load never be committed.
    await storage.write(dataFile(entry.loadId, claim.number, name), '', signal);
    const staged = stagedName(claim.number, `${name}-${String(removals.length)}`);
    await stageRemoval(commit, staged, signal);
    removals.push({ key, staged });
  }
  return removals;
}

async function stageManifest(
  { storage, entry, claim }: Commit,
  files: readonly ManifestFile[],
  signal: AbortSignal,
): Promise<number> {
  const [base] = await newestManifests(storage, 1, signal);
  const next = nextManifest(base, entry, files);
  await storage.write(stagedManifest(claim), manifestText(next), signal);
  return next.generation;
}

function stagedManifest(claim: Claim): string {
  return stagedName(claim.number, 'manifest');
}

/**
 * A process that was stopped for long may have created a manifest whose number was used and pruned
 * meanwhile. Every later manifest builds on a committed one, so the newest one tells.
 */
async function isCommitted(
  { storage, entry, claim }: Commit,
  signal: AbortSignal,
): Promise<boolean> {
  const [newest] = await newestManifests(storage, 1, signal);
  return newest.loads.some((load) => load.claim === claim.number && load.loadId === entry.loadId);
}

async function lost(claim: Claim, signal: AbortSignal): Promise<unknown> {
  try {
    await claim.assertHeld(signal);
  } catch (error) {
    return error;
  }
  return new JobError('LEASE_LOST', 'the staged files were removed by a newer claim', {
    hint: 'nothing of this attempt was committed there; follow the newer attempt instead',
  });
}
