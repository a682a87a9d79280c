import { z } from 'zod';
import { type ClaimRecord, type ClaimStore, isDead } from '../../core/claims.ts';
import { JobError } from '../../core/errors.ts';
import type { Storage, StorageEntry } from '../../core/storage.ts';

const KEPT_CLAIMS = 200;
const DIGITS = 8;

const claimFile = z.object({
  number: z.int().positive(),
  runId: z.string(),
  attempt: z.int(),
  window: z.object({ startDate: z.string(), endDate: z.string() }).exactOptional(),
  startedAt: z.string(),
  released: z.boolean(),
});
type ClaimFile = z.output<typeof claimFile>;

/** Where the holder of claim `number` stages; superseding the claim revokes it. */
export function stageFolder(dir: string, number: number): string {
  return `${dir}/stage/${number}`;
}

/** Claims in a folder, some of whose holders may be about to commit though they have lost them. */
export interface FileClaimStore extends ClaimStore {
  /** Revokes dead claims that neither their holders nor those who superseded them have brought to an end. */
  revokeDead(records: readonly ClaimRecord[], signal: AbortSignal): Promise<void>;
  /**
   * Makes sure that an own commit, of which it is not known whether it went through, either did so by
   * now or never will. Until this has worked the claim is not released.
   */
  settle(number: number, signal: AbortSignal): Promise<void>;
}

/**
 * Claims as files `<dir>/claims/00000007.json`, for sinks that are folders. A claim's last renewal is
 * the time its file was written, by the clock of the storage.
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
  const keyOf = (number: number): string =>
    `${dir}/claims/${String(number).padStart(DIGITS, '0')}.json`;
  let lastRewrite: Promise<void> = Promise.resolve();
  const unsettled = new Set<number>();
  /** What was read already: a folder keeps many dead claims, which never change. */
  const known = new Map<string, { readonly etag: string; readonly claim: ClaimFile }>();

  async function readListed(
    { key, etag }: StorageEntry,
    signal: AbortSignal,
  ): Promise<ClaimFile | undefined> {
    const before = known.get(key);
    if (before?.etag === etag) return before.claim;
    const claim = await read(key, signal);
    if (claim !== undefined) known.set(key, { etag, claim });
    return claim;
  }

  async function read(key: string, signal: AbortSignal): Promise<ClaimFile | undefined> {
    const bytes = await storage.read(key, signal);
    return bytes === undefined ? undefined : parseClaim(storage, key, bytes);
  }

  /**
   * One at a time, so that a renewal that looked before a release does not write after it. A claim
   * that is gone or released stays so. Only its holder rewrites a claim, and whoever has revoked it.
   */
  async function rewrite(number: number, released: boolean, signal: AbortSignal): Promise<void> {
    const before = lastRewrite;
    const mine = (async () => {
      await before.catch(() => undefined);
      const claim = await read(keyOf(number), signal);
      if (claim === undefined || claim.released) return;
      await storage.write(keyOf(number), JSON.stringify({ ...claim, released }), signal);
    })();
    lastRewrite = mine;
    await mine;
  }

  async function list(signal: AbortSignal): Promise<readonly ClaimRecord[]> {
    const entries = await storage.list(`${dir}/claims`, signal);
    const records = await Promise.all(
      entries.map(async (entry) => {
        const claim = await readListed(entry, signal);
        return claim === undefined ? [] : [{ ...claim, renewedAt: entry.modifiedAt }];
      }),
    );
    return records.flat();
  }

  async function prune(signal: AbortSignal): Promise<void> {
    const entries = await storage.list(`${dir}/claims`, signal);
    if (entries.length <= KEPT_CLAIMS) return;
    const records = await list(signal);
    const dead = records.filter((record) => isDead(record, records));
    for (const record of dead.slice(0, records.length - KEPT_CLAIMS)) {
      await storage.remove(keyOf(record.number), signal);
    }
  }

  async function revoke(number: number, signal: AbortSignal): Promise<void> {
    await storage.revoke(stageFolder(dir, number), signal);
    if (storage.revokesAtOnce) return;
    await takeNextCommit(signal);
    // Otherwise every later claim would have to do it again. A renewal may undo this: they do it again.
    await rewrite(number, true, signal);
  }

  return {
    now: (signal) => storage.now(signal),
    list,
    async create(record, signal) {
      const text = JSON.stringify(record);
      if (!(await storage.create(keyOf(record.number), text, signal))) return false;
      await prune(signal);
      return true;
    },
    renew: (number, signal) => rewrite(number, false, signal),
    async release(number, signal) {
      // It ends by silence then, and is revoked by whoever supersedes it.
      if (!unsettled.has(number)) await rewrite(number, true, signal);
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
  };
}

function parseClaim(storage: Storage, key: string, bytes: Uint8Array): ClaimFile {
  try {
    return claimFile.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new JobError('TARGET_FAILED', `not a claim of dray: "${key}" in "${storage.root}"`, {
      hint: 'remove that file when no run is writing there',
      cause: error,
    });
  }
}
