import { type Claim, SILENCE_MS } from '../../../core/claims.ts';
import { JobError, systemCodeOf } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { LoadRequest, StrategyContext } from '../../../core/strategy.ts';
import { commitSettled } from '../settled-commit.ts';
import type { Connection } from '../../postgres/connection.ts';
import { type Ledger, setLocal } from './ledger.ts';
import { publish } from './publish.ts';
import type { Staging } from './staging.ts';
import type { TableName } from '../../postgres/table-name.ts';

/** How long one try queues for the target's lock, with everybody else behind it. */
const LOCK_TRY_MS = 5_000;
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
  const { entry, claim, lockTimeoutMs } = what;
  const recorded = await commitSettled(
    {
      ...{ ledger: place.ledger, entry, claim, clock, lockTimeoutMs },
      tryOnce: (leftMs) =>
        tryCommit(place, what, Math.min(Math.max(leftMs, 1), LOCK_TRY_MS), signal),
      isWorthAnotherTry: (error) => isLockTimeout(error) || isRolledBack(error),
    },
    signal,
  );
  await failpoints.reach('postgres:commit:after');
  return recorded;
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof JobError && error.code === 'LOCK_TIMEOUT';
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
