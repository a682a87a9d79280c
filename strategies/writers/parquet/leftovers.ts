import { type Claim, type ClaimStore, isDead } from '../../../core/claims.ts';
import { JobError } from '../../../core/errors.ts';
import type { LoadRequest } from '../../../core/strategy.ts';
import type { Storage } from '../../../core/storage.ts';
import { stageFolder } from '../file-claims.ts';
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
import { visibleFiles } from './folder.ts';
import { currentManifest, type Manifest, newestManifests } from './manifest.ts';

export interface Cleaning {
  readonly storage: Storage;
  readonly claims: ClaimStore;
  readonly request: LoadRequest;
  /** The claim under which the cleaning is done. */
  readonly own: Claim;
  /** The own claim gives up too: what it has not committed goes. */
  readonly giveUp: boolean;
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
  const { storage, claims, own, giveUp } = cleaning;
  const column = cleaning.request.contract.partitionBy;
  const files = await storage.list(FILES, signal);
  const staged = await storage.list(STAGE, signal);
  const records = await claims.list(signal);
  const gone = (number: number): boolean => {
    if (number === own.number) return giveUp;
    const record = records.find((each) => each.number === number);
    return record === undefined || isDead(record, records);
  };

  const abandoned = staged.map(({ key }) => key).filter((key) => gone(claimOf(key) ?? 0));
  for (const number of new Set(abandoned.map(claimOf))) {
    if (number === undefined || number === own.number) continue;
    await storage.revoke(stageFolder(OWN_FOLDER, number), signal);
  }
  const [newest, ...older] = await newestManifests(storage, 2, signal);
  const shown = await currentManifest(storage, signal);
  const needed = new Set(
    [newest, ...older, ...(shown === undefined ? [] : [shown])].flatMap((manifest) =>
      manifest.files.map((file) => file.data),
    ),
  );
  const unneeded = files.filter(({ key }) => gone(claimOf(key) ?? 0) && !needed.has(key));
  const published = await publishedCopies(storage, unneeded, signal);
  for (const { key } of unneeded) {
    const path = published.get(key);
    if (path !== undefined && !(await rollBack(cleaning, newest, path, signal))) continue;
    await storage.removeAll(key, signal);
  }
  const visible = new Set((await visibleFiles(storage, column, signal)).map(({ key }) => key));
  for (const path of abandoned.flatMap((key) => retiredPath(newest, key))) {
    if (!visible.has(path)) await rollBack(cleaning, newest, path, signal);
  }
  if (giveUp) await storage.removeAll(stageFolder(OWN_FOLDER, own.number), signal);
}

/** Where the file stood that a claim had taken away, if the manifest still has one there. */
function retiredPath(manifest: Manifest, key: string): readonly string[] {
  const folder = retiredFolder(key);
  const file = manifest.files.find(
    ({ path }) => folder !== undefined && path.startsWith(`${folder}/`),
  );
  return file === undefined ? [] : [file.path];
}

/** Which of these data files stand in the partitions' folders too, and under which key. */
async function publishedCopies(
  storage: Storage,
  files: readonly { readonly key: string; readonly etag: string }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const copies = new Map<string, string>();
  for (const { key, etag } of files) {
    // A hard link has the etag of the file it is a second name of.
    const there = await storage.list(folderOfData(key), signal);
    const same = there.find((entry) => entry.etag === etag);
    if (same !== undefined) copies.set(key, same.key);
  }
  return copies;
}

/**
 * Gives a partition back the file that the manifest has for it. Only for partitions that the own
 * claim covers: elsewhere another holder may be publishing.
 *
 * @returns false when the partition is not ours, or not any more.
 */
async function rollBack(
  { storage, request, own }: Cleaning,
  manifest: Manifest,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
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
    ? storage.write(staged, '', signal)
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
