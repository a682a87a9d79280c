import type { Claim } from '../../../core/claims.ts';
import { columnList, quote } from '../../../core/engine.ts';
import { JobError, messageOf } from '../../../core/errors.ts';
import type { Sink, Staged } from '../../../core/strategy.ts';
import { stageFolder } from '../file-claims.ts';
import { isCheckpointDue, writeCheckpoint } from './checkpoint.ts';
import { naming, openClaimedLog } from './claimed-log.ts';
import { commitLoad } from './commit.ts';
import { describeTable } from './describe.ts';
import { isReferenced } from './leftovers.ts';
import { optimizeTable } from './optimize.ts';
import { OWN } from './paths.ts';
import { assertAccepts } from './plan-commit.ts';
import { type Snapshot, tableOf } from './snapshot.ts';
import { type StagedFiles, stageFiles } from './stage-files.ts';
import { countRows, sampleRows } from './target-rows.ts';
import type { DeltaTarget } from './target.ts';
import { vacuumTable } from './vacuum.ts';

export function openDeltaSink(target: DeltaTarget): Sink {
  const { session, storage, request, context } = target;
  const log = openClaimedLog(target);
  const staged = new Map<Staged, StagedFiles>();
  const uploaded = new Set<string>();
  /** A commit has failed in a way that leaves open whether it went through. */
  let isOpen = false;

  /** The load is committed: nothing here may make it fail. */
  async function afterCommit(claim: Claim, at: Snapshot, signal: AbortSignal): Promise<void> {
    try {
      const table = tableOf(at);
      if (table && isCheckpointDue(table))
        await writeCheckpoint(target, table, stageFolder(OWN, claim.number), signal);
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
      const table = tableOf(await log.latest(signal));
      naming(storage.root, () => {
        if (table) assertAccepts(table, { contract: request.contract, entry: request });
      });
    },
    describe: async (signal) => describeTable(target, await log.latest(signal)),
    claims: (signal) => log.claims(signal),
    claim: (options, signal) => log.claim(options, signal),
    loads: (signal) => log.loads(signal),
    async stage(input, signal) {
      const files = await stageFiles(target, input, (key) => uploaded.add(key), signal);
      const result: Staged = { rows: files.rows };
      staged.set(result, files);
      return result;
    },
    async commit(ready, entry, claim, signal) {
      const files = staged.get(ready);
      if (files === undefined) throw new JobError('INTERNAL', 'the load was not staged here');
      const current = await log.latest(signal);
      try {
        await commitLoad(target, current, { entry, adds: files.adds, claim }, signal);
      } catch (error) {
        isOpen = !isRefusal(error);
        throw error;
      }
      uploaded.clear();
      await afterCommit(claim, current, signal);
    },
    async count(signal) {
      return await countRows(target, await log.latest(signal), signal);
    },
    async content(signal) {
      const table = tableOf(await log.latest(signal));
      if (table === undefined) return undefined;
      await session.useExtension('delta', signal);
      // Read by Delta's own kernel, and not by what wrote it.
      const scan = `delta_scan(${quote(storage.enginePath(''))}, version = ${String(table.version)})`;
      return `select ${columnList(request.contract.columns)} from ${scan}`;
    },
    upkeep: {
      async optimize(options, signal) {
        const current = await log.latest(signal);
        const done = await optimizeTable(target, current, options, signal);
        const table = tableOf(current);
        const stage = `${OWN}/stage/optimize-${target.chance.uuid()}`;
        if (done.version !== undefined && table && isCheckpointDue(table)) {
          await writeCheckpoint(target, table, stage, signal);
        }
        return done;
      },
      async vacuum(options, signal) {
        return await vacuumTable(target, await log.latest(signal), options, signal);
      },
    },
    async sample(limit, signal) {
      return await sampleRows(target, await log.latest(signal), limit, signal);
    },
    async discard(signal) {
      const held = log.held();
      if (held === undefined) return;
      // First nothing can be committed any more; then what the log does not name is waste.
      await log.revokeOwn(held, isOpen, signal);
      const current = await log.latest(signal);
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

/** The commit was certainly not made. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof JobError && (error.code === 'LEASE_LOST' || error.code === 'TARGET_CONFLICT')
  );
}
