import { isDead } from '../../../core/claims.ts';
import type { StorageEntry } from '../../../core/storage.ts';
import { stageFolder } from '../claim-file.ts';
import type { FileClaimStore } from '../file-claims.ts';
import { listLedger } from './ledger-files.ts';
import { claimOfDataKey, OWN } from './paths.ts';
import { committedClaim, type Snapshot } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/** Removes what dead claims staged and never committed: data files, staged commits, ledger details. */
export async function removeLeftovers(
  { storage }: DeltaTarget,
  own: number,
  claims: FileClaimStore,
  readSnapshot: () => Promise<Snapshot>,
  signal: AbortSignal,
): Promise<void> {
  const records = await claims.list(signal);
  const alive = new Set(
    records.filter((each) => !isDead(each, records)).map((each) => each.number),
  );
  // Claims without a record were pruned, which happens to dead ones only.
  const isOver = (claim: number): boolean => claim < own && !alive.has(claim);

  // The one who superseded a claim may not have come to revoke it yet. After this no dead claim
  // commits any more, so what they did commit is all in the snapshot read next.
  const staged = await storage.list(`${OWN}/stage`, signal);
  for (const claim of new Set(staged.map((entry) => Number(entry.key.split('/')[2])))) {
    if (isOver(claim)) await storage.revoke(stageFolder(OWN, claim), signal);
  }
  await claims.revokeDead(records, signal);
  const snapshot = await readSnapshot();
  const ledger = await listLedger(storage, signal);
  // Also claims whose load was replaced by a later one of the same id: their files may be old
  // versions of the table, which only VACUUM may remove.
  const committed = new Set(
    ledger
      .filter((file) => file.claim <= (committedClaim(snapshot, file.loadId) ?? -1))
      .map((file) => file.claim),
  );
  const isLeftover = (claim: number): boolean => isOver(claim) && !committed.has(claim);

  const keys = (await storage.list('', signal))
    .filter((entry) => isData(entry, isLeftover) && !isReferenced(snapshot, entry.key))
    .map((entry) => entry.key);
  const details = ledger.filter((file) => isLeftover(file.claim)).map((file) => file.key);
  for (const key of [...keys, ...details]) await storage.remove(key, signal);
}

function isData({ key }: StorageEntry, isLeftover: (claim: number) => boolean): boolean {
  if (key.startsWith('_')) return false;
  const claim = claimOfDataKey(key);
  return claim !== undefined && isLeftover(claim);
}

export function isReferenced(snapshot: Snapshot, key: string): boolean {
  return snapshot.adds.has(key) || snapshot.tombstones.has(key);
}
