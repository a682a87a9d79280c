import { type Claim, leaseLostOr } from '../../core/claims.ts';
import type { Clock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { LoadEntry } from '../../core/ledger.ts';

/** While we queue for a lock everybody else queues behind us, so we let them pass now and then. */
const PAUSE_MS = 500;

/** A commit into a database, and what it takes to find out what came of it. */
export interface SettledCommit {
  readonly ledger: {
    isCommitted(claim: number, signal: AbortSignal): Promise<boolean>;
    loads(signal: AbortSignal): Promise<readonly LoadEntry[]>;
  };
  readonly entry: LoadEntry;
  readonly claim: Claim;
  readonly clock: Clock;
  /** How long it is tried again. */
  readonly lockTimeoutMs: number;
  /** Rows and ledger entry in one transaction; returns the entry as the ledger has it. */
  tryOnce(leftMs: number): Promise<LoadEntry>;
  /** Whether the server has undone the transaction for the sake of others. */
  isWorthAnotherTry(error: unknown): boolean;
}

/**
 * Commits until it is known what came of it: an answer that is lost is looked up in the ledger.
 *
 * @returns the entry as the ledger has it.
 * @throws JobError `LEASE_LOST` when a higher overlapping claim exists, else what the last try threw.
 */
export async function commitSettled(
  commit: SettledCommit,
  signal: AbortSignal,
): Promise<LoadEntry> {
  const { ledger, entry, claim, clock } = commit;
  const deadline = clock.monotonicMs() + commit.lockTimeoutMs;
  for (;;) {
    try {
      return await commit.tryOnce(deadline - clock.monotonicMs());
    } catch (error) {
      const isLost = error instanceof JobError && error.code === 'TARGET_UNAVAILABLE';
      if (isLost && (await wasCommitted(commit, signal))) {
        const loads = await ledger.loads(signal);
        return loads.find((load) => load.claim === claim.number) ?? entry;
      }
      if (!commit.isWorthAnotherTry(error) || clock.monotonicMs() >= deadline) {
        throw await leaseLostOr(error, claim, signal);
      }
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

/** The connection may have been lost after the server committed, or while it did. */
async function wasCommitted(
  { ledger, claim }: SettledCommit,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await ledger.isCommitted(claim.number, signal);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
