import type { Claim } from '../../../core/claims.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { LoadRequest, StrategyContext } from '../../../core/strategy.ts';
import { commitSettled } from '../settled-commit.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { TableName } from '../../postgres/table-name.ts';
import { isConflict } from '../../redshift/errors.ts';
import type { Staging } from './copy.ts';
import type { Layout } from './layout.ts';
import type { Ledger } from './ledger.ts';
import { publish } from './publish.ts';

export interface CommitPlace {
  readonly connection: Connection;
  /** On another session than `connection`. */
  readonly ledger: Ledger;
  readonly target: TableName;
  readonly layout: Layout;
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
 * Rows and ledger entry in one transaction, which is tried again when Redshift undoes it because of
 * another one.
 *
 * @returns the entry as the ledger has it.
 * @throws JobError `LEASE_LOST` when a higher overlapping claim exists; `LOCK_TIMEOUT` when other
 *   loads of the target commit for longer than `lockTimeoutMs`; `TARGET_CONFLICT` when others write
 *   the target for so long.
 */
export async function commitWithin(
  place: CommitPlace,
  what: CommitWhat,
  signal: AbortSignal,
): Promise<LoadEntry> {
  const { clock, failpoints } = place.context;
  await failpoints.reach('redshift:commit:before');
  const { entry, claim, lockTimeoutMs } = what;
  const recorded = await commitSettled(
    {
      ...{ ledger: place.ledger, entry, claim, clock, lockTimeoutMs },
      tryOnce: (leftMs) => tryCommit(place, what, leftMs, signal),
      isWorthAnotherTry: isConflict,
    },
    signal,
  );
  await failpoints.reach('redshift:commit:after');
  return recorded;
}

async function tryCommit(
  { connection, ledger, target, layout, request, context }: CommitPlace,
  { staging, entry, claim }: CommitWhat,
  lockMs: number,
  signal: AbortSignal,
): Promise<LoadEntry> {
  return await connection.transaction(async (query) => {
    await ledger.lock(query, lockMs, signal);
    // Creating a claim takes the same lock: what is not there now cannot come before our commit.
    await claim.assertHeld(signal);
    const number = await ledger.nextNumber(signal);
    const merged = await publish(query, target, staging, request, layout, signal);
    const recorded = merged === undefined ? entry : { ...entry, merged };
    await ledger.record(query, recorded, claim.number, number, signal);
    await context.failpoints.reach('redshift:ledger:after');
    return recorded;
  }, signal);
}
