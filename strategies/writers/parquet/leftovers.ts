import { type Claim, isDead } from '../../../core/claims.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { LoadRequest } from '../../../core/strategy.ts';
import type { Storage, StorageEntry } from '../../../core/storage.ts';
import { stageFolder } from '../claim-file.ts';
import type { FileClaimStore } from '../file-claims.ts';
import {
  claimOf,
  FILES,
  folderOfData,
  OWN_FOLDER,
  partitionFolder,
  retiredFolder,
  STAGE,
  stagedName,
} from './layout.ts';
import { currentManifest, type Manifest, newestManifests } from './manifest.ts';
import { stageRemoval } from './removal.ts';

export interface Cleaning {
  readonly session: SqlSession;
  readonly storage: Storage;
  readonly claims: FileClaimStore;
  readonly request: LoadRequest;
  /** The claim under which the cleaning is done. */
  readonly own: Claim;
  /** The own claim will commit nothing more: what it has not committed goes, too. */
  readonly isDone: boolean;
}

/**
 * Removes what claims that can no longer commit have staged or published without committing, and
 * files that no manifest needs any more.
 *
 * The order matters, since others commit meanwhile: a file is listed before the claims, and a dead
 * claim's staging folder is revoked before the manifests are read. So a file that looks unneeded
 * then cannot become needed.
 */
export async function clearLeftovers(cleaning: Cleaning, signal: AbortSignal): Promise<void> {
  const { storage, claims, own, isDone } = cleaning;
  const files = await storage.list(FILES, signal);
  const staged = await storage.list(STAGE, signal);
  const records = await claims.list(signal);
  const gone = (number: number): boolean => {
    if (number === own.number) return isDone;
    const record = records.find((each) => each.number === number);
    return record === undefined || isDead(record, records);
  };

  const stages = new Set(staged.map(({ key }) => claimOf(key) ?? 0).filter(gone));
  for (const number of stages) {
    if (number !== own.number) await storage.revoke(stageFolder(OWN_FOLDER, number), signal);
  }
  await claims.revokeDead(records, signal);
  const [newest, ...older] = await newestManifests(storage, 2, signal);
  const shown = await currentManifest(storage, signal);
  const needed = new Set(
    [newest, ...older, ...(shown === undefined ? [] : [shown])].flatMap((manifest) =>
      manifest.files.map((file) => file.data),
    ),
  );
  const unneeded = files.filter(({ key }) => gone(claimOf(key) ?? 0) && !needed.has(key));
  const visible = await storage.list('', signal);
  for (const { key } of unneeded) {
    const path = await changedPath(storage, key, newest, visible, signal);
    if (path !== undefined && !(await rollBack(cleaning, newest, path, signal))) continue;
    await storage.removeAll(key, signal);
  }
  if (isDone) await storage.removeAll(stageFolder(OWN_FOLDER, own.number), signal);
}

/**
 * Which file of the folder an uncommitted load has put there or taken away, going by what it left
 * in `_dray/files`: the second name of a file that stands in the folder, or a note of a removal.
 */
async function changedPath(
  storage: Storage,
  key: string,
  manifest: Manifest,
  visible: readonly StorageEntry[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const removed = retiredFolder(key);
  if (removed === undefined) {
    const folder = folderOfData(key);
    for (const file of visible) {
      if (!file.key.startsWith(`${folder}/`)) continue;
      if (await storage.isDuplicate(file.key, key, signal)) return file.key;
    }
    return undefined;
  }
  const before = manifest.files.find(({ path }) => path.startsWith(`${removed}/`));
  if (before === undefined) return undefined;
  return (await storage.isDuplicate(before.path, before.data, signal)) ? undefined : before.path;
}

/**
 * Gives a partition back the file that the manifest has for it. Only for partitions that the own
 * claim covers: elsewhere another holder may be publishing.
 *
 * @returns false when the partition is not ours, or not any more.
 */
async function rollBack(
  cleaning: Cleaning,
  manifest: Manifest,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { storage, request, own } = cleaning;
  const { contract, mode } = request;
  const folder = path.slice(0, path.lastIndexOf('/'));
  const isOurs =
    mode === 'overwrite' ||
    request.covers === undefined ||
    request.covers.some((value) => partitionFolder(contract.partitionBy, value) === folder);
  if (!isOurs) return false;
  const before = manifest.files.find((file) => file.path === path);
  const staged = stagedName(own.number, `rollback-${folder}`);
  await (before === undefined
    ? stageRemoval(cleaning, staged, signal)
    : storage.duplicate(before.data, staged, signal));
  // Looked at after staging: from here on, losing the claim makes the staged name disappear.
  if (!(await isHeld(own, signal))) return false;
  const result =
    before === undefined
      ? await storage.retire(path, staged, signal)
      : await storage.publish(staged, path, { ifAbsent: false }, signal);
  return result !== 'missing';
}

async function isHeld(claim: Claim, signal: AbortSignal): Promise<boolean> {
  try {
    await claim.assertHeld(signal);
    return true;
  } catch (error) {
    if (error instanceof JobError && error.code === 'LEASE_LOST') return false;
    throw error;
  }
}
