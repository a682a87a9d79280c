import type { Claim } from '../../../core/claims.ts';
import { JobError, messageOf, toJobError } from '../../../core/errors.ts';
import type { Sink, Staged } from '../../../core/strategy.ts';
import { claimTarget } from '../claim-target.ts';
import { fileClaimStore, stageFolder } from '../file-claims.ts';
import { isCheckpointDue, writeCheckpoint } from './checkpoint.ts';
import { commitLoad } from './commit.ts';
import { isReferenced, removeLeftovers } from './leftovers.ts';
import { committedLoads } from './ledger-files.ts';
import { catchUp, readSnapshot } from './log.ts';
import { OWN } from './paths.ts';
import { assertAccepts } from './plan-commit.ts';
import { type Snapshot, tableOf } from './snapshot.ts';
import { type StagedFiles, stageFiles } from './stage-files.ts';
import { countRows, sampleRows } from './target-rows.ts';
import type { DeltaTarget } from './target.ts';

export function openDeltaSink(target: DeltaTarget): Sink {
  const { storage, session, request, context } = target;
  const claims = fileClaimStore(storage, OWN);
  const staged = new Map<Staged, StagedFiles>();
  const uploaded = new Set<string>();
  let snapshot: Snapshot | undefined;
  let held: number | undefined;

  async function latest(signal: AbortSignal): Promise<Snapshot> {
    if (snapshot === undefined || snapshot.version < 0) {
      snapshot = await readSnapshot(storage, session, signal);
    } else {
      await catchUp(snapshot, storage, signal);
    }
    return snapshot;
  }

  /** Waste is no reason to fail a load; the next claim tries again. */
  async function tidy(own: number, signal: AbortSignal): Promise<void> {
    try {
      const records = await claims.list(signal);
      await removeLeftovers(target, own, records, () => latest(signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      context.warn(`could not remove leftovers in ${storage.root}: ${messageOf(error)}`);
    }
  }

  /** The load is committed: nothing here may make it fail. */
  async function afterCommit(claim: Claim, at: Snapshot, signal: AbortSignal): Promise<void> {
    try {
      const table = tableOf(at);
      if (table && isCheckpointDue(table)) await writeCheckpoint(target, table, claim, signal);
      await storage.removeAll(stageFolder(OWN, claim.number), signal);
    } catch (error) {
      context.warn(
        `no checkpoint of ${storage.root} at version ${String(at.version)}: ${messageOf(error)}`,
      );
    }
  }

  return {
    kind: 'delta',
    target: storage.root,
    async check(signal) {
      const table = tableOf(await latest(signal));
      try {
        if (table) assertAccepts(table, { contract: request.contract, entry: request });
      } catch (error) {
        const { code, message, hint } = toJobError(error);
        throw new JobError(code, `${storage.root}: ${message}`, {
          ...(hint === undefined ? {} : { hint }),
          cause: error,
        });
      }
    },
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
    async loads(signal) {
      return await committedLoads(storage, await latest(signal), 0, signal);
    },
    async stage(input, signal) {
      const files = await stageFiles(target, input, (key) => uploaded.add(key), signal);
      const result: Staged = { rows: files.rows };
      staged.set(result, files);
      return result;
    },
    async commit(ready, entry, claim, signal) {
      const files = staged.get(ready);
      if (files === undefined) throw new JobError('INTERNAL', 'the load was not staged here');
      const current = await latest(signal);
      await commitLoad(target, current, { entry, adds: files.adds, claim }, signal);
      uploaded.clear();
      await afterCommit(claim, current, signal);
    },
    async count(signal) {
      return await countRows(target, await latest(signal), signal);
    },
    async sample(limit, signal) {
      return await sampleRows(target, await latest(signal), limit, signal);
    },
    async discard(signal) {
      if (held === undefined) return;
      // First nothing can be committed any more; then what the log does not name is waste.
      await storage.revoke(stageFolder(OWN, held), signal);
      const current = await latest(signal);
      for (const key of uploaded) {
        if (!isReferenced(current, key)) await storage.remove(key, signal);
      }
      uploaded.clear();
    },
    async [Symbol.asyncDispose]() {
      // The session belongs to the caller, the claim to whoever claimed.
    },
  };
}
