import { type Claimant, type ClaimRecord, type ClaimStore, isDead } from '../../core/claims.ts';
import type { Storage, StorageEntry } from '../../core/storage.ts';
import {
  type ClaimFile,
  claimFolder,
  type ClaimIndex,
  claimKey,
  claimNumber,
  parseClaim,
  parseIndex,
  stageFolder,
} from './claim-file.ts';

const KEPT_CLAIMS = 200;
/** So many claims are read one by one; where there are more, the index has most of them. */
const READ_SINGLY = 16;
/** Every so many claims one of them writes the index and forgets the oldest. */
const KEEP_EVERY = 16;
/** A holder that was stopped may wake up and stage what it will never commit. After so long nobody looks. */
const LATE_MS = 600_000;

export interface FileClaimRecord extends ClaimRecord {
  readonly swept?: boolean;
}

/** Claims in a folder, some of whose holders may be about to commit though they have lost them. */
export interface FileClaimStore extends ClaimStore {
  list(signal: AbortSignal): Promise<readonly FileClaimRecord[]>;
  /** Revokes dead claims that neither their holders nor those who superseded them have brought to an end. */
  revokeDead(records: readonly ClaimRecord[], signal: AbortSignal): Promise<void>;
  /**
   * Makes sure that an own commit, of which it is not known whether it went through, either did so by
   * now or never will. Until this has worked the claim is not released.
   */
  settle(number: number, signal: AbortSignal): Promise<void>;
  /** The holder has left nothing but what it has committed, which its release then says. */
  leavesNothing(number: number): void;
  /**
   * Lets `sweep` remove what dead claims have left, unless all of them are known to have left nothing.
   * Whoever created a claim calls this: nothing below that claim changes unseen.
   */
  sweep(sweep: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /**
   * Now and then, going by the caller's claim: writes the index and forgets the oldest dead claims.
   *
   * @param isForgettable - of a claim that is dead.
   */
  keep(
    own: number,
    isForgettable: (claim: FileClaimRecord) => boolean,
    signal: AbortSignal,
  ): Promise<void>;
}

/**
 * Claims as files `<dir>/claims/00000007.json`, for sinks that are folders. A claim's last renewal is
 * the time its file was written, by the clock of the storage. `<dir>/claims.json` saves reading
 * hundreds of them: it says what they were found to hold, and their etags whether that is still so.
 *
 * @param takeNextCommit - commits nothing under the next number, or finds that somebody has committed
 *   under it. Whoever lost a claim has read the newest number before that, so its late commit finds the
 *   number taken. Called only where revoking what is staged is not enough (`Storage.revokesAtOnce`).
 */
export function fileClaimStore(
  storage: Storage,
  dir: string,
  takeNextCommit: (signal: AbortSignal) => Promise<void>,
): FileClaimStore {
  const indexKey = `${dir}/claims.json`;
  const keyOf = (number: number): string => claimKey(dir, number);
  let lastRewrite: Promise<void> = Promise.resolve();
  const unsettled = new Set<number>();
  const leftNothing = new Set<number>();
  /** What was read already. */
  const known = new Map<string, ClaimIndex[string]>();
  /** As they were last listed, and an own one added. */
  let latest: readonly FileClaimRecord[] = [];
  let isIndexRead = false;

  async function readListed(
    { key, etag }: StorageEntry,
    signal: AbortSignal,
  ): Promise<ClaimFile | undefined> {
    const before = known.get(key);
    if (before?.etag === etag) return before.claim;
    const claim = await read(key, signal);
    if (claim === undefined) return undefined;
    known.set(key, { etag, claim });
    return claim;
  }

  async function read(key: string, signal: AbortSignal): Promise<ClaimFile | undefined> {
    const bytes = await storage.read(key, signal);
    return bytes === undefined ? undefined : parseClaim(storage, key, bytes);
  }

  async function readIndex(signal: AbortSignal): Promise<void> {
    isIndexRead = true;
    const bytes = await storage.read(indexKey, signal);
    if (bytes === undefined) return;
    for (const [key, each] of Object.entries(parseIndex(bytes))) {
      if (!known.has(key)) known.set(key, each);
    }
  }

  /**
   * One at a time, so that a renewal that looked before a release does not write after it. A claim
   * that is gone stays so. Only its holder rewrites a claim, and whoever has revoked or swept it.
   *
   * @param change - undefined: the file stays as it is.
   */
  async function rewrite(
    number: number,
    change: (claim: ClaimFile) => ClaimFile | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const before = lastRewrite;
    const mine = (async () => {
      await before.catch(() => undefined);
      const claim = await read(keyOf(number), signal);
      const changed = claim && change(claim);
      if (changed === undefined) return;
      await storage.write(keyOf(number), JSON.stringify(changed), signal);
    })();
    lastRewrite = mine;
    await mine;
  }

  const released = (claim: ClaimFile): ClaimFile | undefined =>
    claim.released ? undefined : { ...claim, released: true };
  const swept = (claim: ClaimFile): ClaimFile => ({ ...claim, released: true, swept: true });

  async function list(signal: AbortSignal): Promise<readonly FileClaimRecord[]> {
    const entries = await storage.list(claimFolder(dir), signal);
    const unknown = entries.filter(({ key, etag }) => known.get(key)?.etag !== etag);
    if (!isIndexRead && unknown.length > READ_SINGLY) await readIndex(signal);
    const records = await Promise.all(
      entries.map(async (entry) => {
        const claim = await readListed(entry, signal);
        return claim === undefined ? [] : [{ ...claim, renewedAt: entry.modifiedAt }];
      }),
    );
    latest = records.flat();
    return latest;
  }

  async function from(number: number, signal: AbortSignal): Promise<readonly Claimant[]> {
    const keys = (await storage.list(claimFolder(dir), signal)).map(({ key }) => key);
    const claims = await Promise.all(
      keys
        .filter((key) => claimNumber(key) >= number)
        .map(async (key) => {
          // Whatever it says by now of its release: of whom and of which window it is, stays.
          const claim = known.get(key)?.claim ?? (await read(key, signal));
          if (claim !== undefined && !known.has(key)) known.set(key, { etag: '', claim });
          return claim === undefined ? [] : [claim];
        }),
    );
    return claims.flat();
  }

  async function revoke(number: number, signal: AbortSignal): Promise<void> {
    await storage.revoke(stageFolder(dir, number), signal);
    if (storage.revokesAtOnce) return;
    await takeNextCommit(signal);
    // Otherwise every later claim would have to do it again. A renewal may undo this: they do it again.
    await rewrite(number, released, signal);
  }

  return {
    now: (signal) => storage.now(signal),
    list,
    from,
    async create(record, signal) {
      const text = JSON.stringify(record);
      if (!(await storage.create(keyOf(record.number), text, signal))) return false;
      latest = [...latest, { ...record, renewedAt: new Date(0) }];
      known.set(keyOf(record.number), { etag: '', claim: record });
      return true;
    },
    renew: (number, signal) =>
      rewrite(number, (claim) => (claim.released ? undefined : claim), signal),
    async release(number, signal) {
      // It ends by silence then, and is revoked by whoever supersedes it.
      if (unsettled.has(number)) return;
      await rewrite(number, leftNothing.has(number) ? swept : released, signal);
    },
    revoke,
    async revokeDead(records, signal) {
      if (storage.revokesAtOnce) return;
      for (const record of records) {
        if (!record.released && isDead(record, records)) await revoke(record.number, signal);
      }
    },
    async settle(number, signal) {
      if (storage.revokesAtOnce) return;
      unsettled.add(number);
      await takeNextCommit(signal);
      unsettled.delete(number);
    },
    leavesNothing: (number) => leftNothing.add(number),
    async sweep(sweep, signal) {
      const suspects = latest.filter((each) => isDead(each, latest) && each.swept !== true);
      if (suspects.length === 0) return;
      await sweep();
      const before = (await storage.now(signal)).getTime() - LATE_MS;
      for (const { number, renewedAt } of suspects) {
        if (renewedAt.getTime() <= before) await rewrite(number, swept, signal);
      }
    },
    async keep(own, isForgettable, signal) {
      if (own % KEEP_EVERY !== 0 || latest.length <= READ_SINGLY) return;
      const keys = new Set(latest.map(({ number }) => keyOf(number)));
      const read = [...known].filter(([key, { etag }]) => etag !== '' && keys.has(key));
      await storage.write(indexKey, JSON.stringify(Object.fromEntries(read)), signal);
      const dead = latest.filter((each) => isDead(each, latest) && isForgettable(each));
      for (const { number } of dead.slice(0, Math.max(0, latest.length - KEPT_CLAIMS))) {
        await storage.remove(keyOf(number), signal);
      }
    },
  };
}
