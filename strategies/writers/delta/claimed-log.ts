import type { Claim, ClaimRecord } from '../../../core/claims.ts';
import { JobError, messageOf, toJobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { ClaimOptions } from '../../../core/strategy.ts';
import { claimTarget } from '../claim-target.ts';
import { stageFolder } from '../claim-file.ts';
import { fileClaimStore } from '../file-claims.ts';
import { printCommit } from './actions.ts';
import { removeLeftovers } from './leftovers.ts';
import { committedLoads } from './ledger-files.ts';
import { catchUp, readSnapshot } from './log.ts';
import { partitionColumns } from './partitioning.ts';
import { commitKey, OWN } from './paths.ts';
import { planFence } from './plan-commit.ts';
import { apply, type Snapshot, tableOf } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/** A table's log as an open sink follows it, and the sink's claim on the table. */
export interface ClaimedLog {
  /** The newest snapshot; version -1 while there is no table. */
  latest(signal: AbortSignal): Promise<Snapshot>;
  claims(signal: AbortSignal): Promise<readonly ClaimRecord[]>;
  /** Claims, then removes what dead claims left behind. */
  claim(options: ClaimOptions, signal: AbortSignal): Promise<Claim>;
  /** The number of the claim that was made here. */
  held(): number | undefined;
  /** The own claim has left nothing but what it has committed. */
  leavesNothing(): void;
  loads(signal: AbortSignal): Promise<readonly LoadEntry[]>;
  /**
   * Makes what the own claim has staged impossible to commit.
   *
   * @param isOpen - it is not known whether a commit went through.
   */
  revokeOwn(number: number, isOpen: boolean, signal: AbortSignal): Promise<void>;
}

export function openClaimedLog(target: DeltaTarget): ClaimedLog {
  const { storage, session, request, context, properties } = target;
  const claims = fileClaimStore(storage, OWN, takeNextVersion);
  let snapshot: Snapshot | undefined;
  let held: number | undefined;

  async function latest(signal: AbortSignal): Promise<Snapshot> {
    if (snapshot === undefined || snapshot.version < 0) {
      snapshot = await readSnapshot(
        storage,
        session,
        (message) => {
          context.warn(message);
        },
        signal,
      );
    } else {
      await catchUp(snapshot, storage, signal);
    }
    return snapshot;
  }

  async function takeNextVersion(signal: AbortSignal): Promise<void> {
    const at = await latest(signal);
    const nowMs = context.clock.now().getTime();
    const tableId = target.chance.uuid();
    const actions = planFence(at, {
      ...{ contract: request.contract, properties, nowMs, tableId },
      partitionBy: partitionColumns(target, tableOf(at)),
    });
    const version = at.version + 1;
    if (await storage.create(commitKey(version), printCommit(actions), signal)) {
      apply(at, version, actions);
    }
  }

  /** Waste is no reason to fail a load; the next claim tries again. */
  async function tidy(own: number, signal: AbortSignal): Promise<void> {
    try {
      await claims.sweep(async () => {
        await removeLeftovers(target, own, claims, () => latest(signal), signal);
      }, signal);
      // Of claims that are gone nobody knows whether they have left something.
      await claims.keep(own, ({ swept }) => swept === true, signal);
    } catch (error) {
      signal.throwIfAborted();
      context.warn(`could not remove leftovers in ${storage.root}: ${messageOf(error)}`);
    }
  }

  return {
    latest,
    claims: async (signal) => await claims.list(signal),
    async claim(options, signal) {
      const claim = await claimTarget(
        claims,
        storage.root,
        request,
        options,
        context.clock,
        ({ number }) => tidy(number, signal),
        signal,
      );
      held = claim.number;
      return claim;
    },
    held: () => held,
    leavesNothing() {
      if (held !== undefined) claims.leavesNothing(held);
    },
    async revokeOwn(number, isOpen, signal) {
      await storage.revoke(stageFolder(OWN, number), signal);
      if (isOpen) await claims.settle(number, signal);
    },
    async loads(signal) {
      return await committedLoads(storage, await latest(signal), () => true, signal);
    },
  };
}

/** Runs a check whose errors do not know which table they are about. */
export function naming(root: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const { code, message, hint } = toJobError(error);
    throw new JobError(code, `${root}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}
