import type { Claim } from '../../../core/claims.ts';
import { columnList, quote } from '../../../core/engine.ts';
import { JobError, messageOf } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { Sink, Staged, StageInput } from '../../../core/strategy.ts';
import { stageFolder } from '../claim-file.ts';
import { isCheckpointDue, writeCheckpoint } from './checkpoint.ts';
import { naming, openClaimedLog } from './claimed-log.ts';
import { commitLoad } from './commit.ts';
import { describeTable } from './describe.ts';
import { targetFileBytes } from './file-size.ts';
import { isReferenced } from './leftovers.ts';
import { type Merge, openMerge } from './merge.ts';
import { optimizeTable } from './optimize.ts';
import { refuseOtherLogStores } from './other-writers.ts';
import { partitionColumns } from './partitioning.ts';
import { OWN } from './paths.ts';
import { assertAccepts } from './plan-commit.ts';
import { type Snapshot, tableOf } from './snapshot.ts';
import { type StagedFiles, stageFiles } from './stage-files.ts';
import { countRows, sampleRows } from './target-rows.ts';
import type { DeltaTarget } from './target.ts';
import { vacuumTable } from './vacuum.ts';

/** What Spark's automatic compaction aims at, too. */
const OPTIMIZED_BYTES = 128_000_000;

interface StagedLoad extends StagedFiles {
  /** What the files are partitioned by. */
  readonly partitionBy: readonly string[];
  readonly merge?: Merge;
}

export function openDeltaSink(target: DeltaTarget): Sink {
  const { session, storage, request, context } = target;
  const log = openClaimedLog(target);
  const staged = new Map<Staged, StagedLoad>();
  const uploaded = new Set<string>();
  /** What a commit that failed has left is looked for by the next claim. */
  let hasBegun = false;
  /** A commit has failed in a way that leaves open whether it went through. */
  let isOpen = false;

  /** The load is committed: nothing here may make it fail. */
  async function afterCommit(claim: Claim, at: Snapshot, signal: AbortSignal): Promise<void> {
    try {
      const table = tableOf(at);
      const isDue = table !== undefined && isCheckpointDue(table);
      const stage = stageFolder(OWN, claim.number);
      if (isDue) await writeCheckpoint(target, table, stage, signal);
      if (isDue || storage.revokesAtOnce) await storage.removeAll(stage, signal);
      // A merge may have rewritten a file that another writer removed before the commit.
      await removeUnreferenced(at, signal);
      log.leavesNothing();
    } catch (error) {
      context.warn(
        `could not finish version ${String(at.version)} of ${storage.root}: no checkpoint, or files left over: ${messageOf(error)}`,
      );
    }
  }

  function stagedAs(ready: Staged) {
    const files = staged.get(ready);
    if (files === undefined) throw new JobError('INTERNAL', 'the load was not staged here');
    return files;
  }

  /** The heavy part of a merge, while other sinks stage: the commit then finds most of it done. */
  async function beginMerge(
    { result, claim }: StageInput,
    onKey: (key: string) => void,
    signal: AbortSignal,
  ): Promise<Merge> {
    const merge = await openMerge(target, result.files, claim.number, onKey, signal);
    await merge.rewriteOf(await log.latest(signal), [], signal);
    return merge;
  }

  async function removeUnreferenced(at: Snapshot, signal: AbortSignal): Promise<void> {
    for (const key of uploaded) {
      if (!isReferenced(at, key)) await storage.remove(key, signal);
    }
    uploaded.clear();
  }

  return {
    kind: 'delta',
    target: storage.root,
    async check(signal) {
      const table = tableOf(await log.latest(signal));
      naming(storage.root, () => {
        const { contract } = request;
        const { partitionBy } = target;
        if (table) assertAccepts(table, { contract, partitionBy, entry: request });
      });
      if (table) await refuseOtherLogStores(target, table, signal);
    },
    describe: async (signal) => describeTable(target, await log.latest(signal)),
    claims: (signal) => log.claims(signal),
    claim: (options, signal) => log.claim(options, signal),
    loads: (signal) => log.loads(signal),
    async stage(input, signal) {
      const onKey = (key: string) => uploaded.add(key);
      const merge = request.mode === 'merge' ? await beginMerge(input, onKey, signal) : undefined;
      const table = tableOf(await log.latest(signal));
      const partitionBy = partitionColumns(target, table);
      const bytes = targetFileBytes(target, table);
      const files = await stageFiles(target, input, partitionBy, bytes, onKey, signal);
      const result: Staged = { rows: files.rows };
      const load = { ...files, partitionBy };
      staged.set(result, merge === undefined ? load : { ...load, merge });
      return result;
    },
    async commit(ready, entry, claim, signal) {
      const { adds, partitionBy, merge } = stagedAs(ready);
      const current = await log.latest(signal);
      const load = { entry, adds, partitionBy, claim };
      let recorded: LoadEntry;
      hasBegun = true;
      try {
        recorded = await commitLoad(
          target,
          current,
          merge === undefined ? load : { ...load, merge },
          signal,
        );
      } catch (error) {
        isOpen = !isRefusal(error);
        throw error;
      }
      await afterCommit(claim, current, signal);
      return recorded;
    },
    async count(signal) {
      return await countRows(target, await log.latest(signal), signal);
    },
    async countMerged(ready, signal) {
      const { merge } = stagedAs(ready);
      return (await merge?.count(await log.latest(signal), signal)) ?? 0;
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
        const targetBytes =
          options.targetBytes ?? targetFileBytes(target, tableOf(current)) ?? OPTIMIZED_BYTES;
        const done = await optimizeTable(target, current, { ...options, targetBytes }, signal);
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
      await removeUnreferenced(await log.latest(signal), signal);
      if (!hasBegun) log.leavesNothing();
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
