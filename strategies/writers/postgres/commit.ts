import { type Claim, leaseLostOr, SILENCE_MS } from '../../../core/claims.ts';
import { JobError, systemCodeOf } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { LoadRequest, StrategyContext } from '../../../core/strategy.ts';
import type { Connection } from '../../postgres/connection.ts';
import { type Ledger, setLocal } from './ledger.ts';
import { publish } from './publish.ts';
import type { Staging } from './staging.ts';
import type { TableName } from '../../postgres/table-name.ts';

/**
 * While we queue for the target's lock everybody else queues behind us, so we let them pass now and
 * then.
 */
const LOCK_TRY_MS = 5_000;
const LOCK_PAUSE_MS = 500;
/** SQLSTATEs of a serialization failure and of a deadlock. */
const ROLLED_BACK = ['40001', '40P01'];

export interface CommitPlace {
  readonly connection: Connection;
  /** On another session than `connection`. */
  readonly ledger: Ledger;
  readonly target: TableName;
  readonly request: LoadRequest;
  readonly context: Pick<StrategyContext, 'clock' | 'failpoints'>;
}

export interface CommitWhat {
  readonly staging: Staging;
  readonly entry: LoadEntry;
  readonly claim: Claim;
  readonly lockTimeoutMs: number;
}

/**
 * Rows and ledger entry in one transaction.
 *
 * @returns the entry as the ledger has it.
 * @throws JobError `LEASE_LOST` when a higher overlapping claim exists; `LOCK_TIMEOUT` when somebody
 *   holds the target for longer than `lockTimeoutMs`.
 */
export async function commitWithin(
  place: CommitPlace,
  what: CommitWhat,
  signal: AbortSignal,
): Promise<LoadEntry> {
  const { clock, failpoints } = place.context;
  await failpoints.reach('postgres:commit:before');
  const deadline = clock.monotonicMs() + what.lockTimeoutMs;
  let recorded: LoadEntry;
  for (;;) {
    const left = deadline - clock.monotonicMs();
    try {
      recorded = await tryCommit(place, what, Math.min(Math.max(left, 1), LOCK_TRY_MS), signal);
      break;
    } catch (error) {
      const code = error instanceof JobError ? error.code : undefined;
      if (code === 'TARGET_UNAVAILABLE' && (await wasCommitted(place, what, signal))) {
        const loads = await place.ledger.loads(signal);
        recorded = loads.find(({ claim }) => claim === what.claim.number) ?? what.entry;
        break;
      }
      const again = code === 'LOCK_TIMEOUT' || isRolledBack(error);
      if (!again || clock.monotonicMs() >= deadline) {
        throw await leaseLostOr(error, what.claim, signal);
      }
      await clock.sleep(LOCK_PAUSE_MS, signal);
    }
  }
  await failpoints.reach('postgres:commit:after');
  return recorded;
}

/** The server chose us to make room for others; what is staged is still there. */
function isRolledBack(error: unknown): boolean {
  return error instanceof JobError && ROLLED_BACK.includes(systemCodeOf(error.cause) ?? '');
}

async function tryCommit(
  { connection, ledger, target, request, context }: CommitPlace,
  { staging, entry, claim }: CommitWhat,
  lockMs: number,
  signal: AbortSignal,
): Promise<LoadEntry> {
  return await connection.transaction(async (query) => {
    await setLocal(query, 'lock_timeout', `${Math.ceil(lockMs)}ms`, signal);
    // A process that stops in here would hold the lock against whoever takes over.
    await setLocal(query, 'idle_in_transaction_session_timeout', `${SILENCE_MS}ms`, signal);
    await ledger.lock(query, signal);
    // Creating a claim takes the same lock: what is not there now cannot come before our commit.
    await claim.assertHeld(signal);
    const merged = await publish(query, target, staging, request, signal);
    const recorded = merged === undefined ? entry : { ...entry, merged };
    await ledger.record(query, recorded, claim.number, signal);
    await context.failpoints.reach('postgres:ledger:after');
    return recorded;
  }, signal);
}

/** The connection may have been lost after the server committed, or while it did. */
async function wasCommitted(
  { ledger }: CommitPlace,
  { claim }: CommitWhat,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await ledger.isCommitted(claim.number, signal);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
