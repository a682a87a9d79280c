import type { Sink, Staged } from '../../../core/strategy.ts';
import { asSpark, type ResultFile } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import { sparkName } from '../../../plan/spark/names.ts';
import { stageFolder } from '../claim-file.ts';
import { naming, openClaimedLog } from './claimed-log.ts';
import { describeTable } from './describe.ts';
import { partitionColumns } from './partitioning.ts';
import { OWN } from './paths.ts';
import { assertColumns } from './plan-commit.ts';
import { tableOf } from './snapshot.ts';
import { commitThroughSpark, fenceKey } from './spark-commit.ts';
import { openSparkMerge, type SparkMerge } from './spark-merge.ts';
import { conditionOf } from './spark-condition.ts';
import { assertPartitionValues } from './split.ts';
import type { DeltaTarget } from './target.ts';

interface StagedOnSpark {
  readonly files: readonly ResultFile[];
  readonly merge?: SparkMerge;
}

/**
 * A Delta table that Spark writes through Delta's own connector, with claims and ledger where the
 * other sink has them: a table may be loaded by either, in turn.
 */
export function openSparkDeltaSink(target: DeltaTarget): Sink {
  const { storage, request, context } = target;
  const session = asSpark(target.session);
  const { contract } = request;
  const log = openClaimedLog(target);
  const staged = new Map<Staged, StagedOnSpark>();
  /** What a commit that failed has left is looked for by the next claim. */
  let hasBegun = false;
  const table = `delta.${sparkName(storage.enginePath(''))}`;
  const condition = conditionOf(
    contract,
    request.mode === 'overwrite' ? undefined : request.covers,
  );
  const covered = condition === undefined ? table : `${table} where ${condition}`;

  function stagedAs(ready: Staged): StagedOnSpark {
    const load = staged.get(ready);
    if (load === undefined) throw new JobError('INTERNAL', 'the load was not staged here');
    return load;
  }

  return {
    kind: 'delta',
    target: storage.root,
    async check(signal) {
      const found = tableOf(await log.latest(signal));
      naming(storage.root, () => {
        if (found !== undefined) assertColumns(found, contract, target.partitionBy);
      });
    },
    describe: async (signal) => describeTable(target, await log.latest(signal)),
    claims: (signal) => log.claims(signal),
    claim: (options, signal) => log.claim(options, signal),
    loads: (signal) => log.loads(signal),
    async stage(input, signal) {
      const { result, claim } = input;
      const columns = partitionColumns(target, tableOf(await log.latest(signal)));
      await assertPartitionValues(target, result.files, columns, signal);
      const merge =
        request.mode === 'merge'
          ? await openSparkMerge({ ...target, session }, result.files, signal)
          : undefined;
      const paths = result.files.map((file) => file.path);
      const rows = await session.parquet.rows(paths, signal);
      await context.failpoints.reach('delta:upload:before');
      await storage.write(fenceKey(claim.number), `${String(claim.number)}\n`, signal);
      await context.failpoints.reach('delta:upload:after');
      const ready: Staged = { rows: [...rows.values()].reduce((sum, each) => sum + each, 0) };
      const { files } = result;
      staged.set(ready, merge === undefined ? { files } : { files, merge });
      input.onRows(ready.rows);
      return ready;
    },
    async commit(ready, entry, claim, signal) {
      const { files, merge } = stagedAs(ready);
      hasBegun = true;
      const current = await log.latest(signal);
      const load = { entry, files, claim };
      const recorded =
        (await merge?.commit(current, entry, claim, signal)) ??
        (await commitThroughSpark({ ...target, session }, current, load, signal));
      await storage.removeAll(stageFolder(OWN, claim.number), signal);
      log.leavesNothing();
      return recorded;
    },
    async countMerged(ready, signal) {
      return (await stagedAs(ready).merge?.count(signal)) ?? 0;
    },
    async count(signal) {
      if (tableOf(await log.latest(signal)) === undefined) return new Map();
      const partition = sparkName(contract.partitionBy);
      const rows = await session.rows(
        `select cast(${partition} as string) as value, count(*) as row_count
         from ${covered} group by ${partition}`,
        signal,
      );
      return new Map(rows.map((row) => [String(row['value'] ?? ''), Number(row['row_count'])]));
    },
    async sample(limit, signal) {
      if (tableOf(await log.latest(signal)) === undefined) return [];
      const texts = contract.columns.map(({ name }) => {
        const column = sparkName(name);
        return `coalesce(cast(${column} as string), '') as ${column}`;
      });
      const rows = await session.rows(
        `select ${texts.join(', ')} from ${covered} limit ${String(limit)}`,
        signal,
      );
      return rows.map((row) =>
        Object.fromEntries(contract.columns.map(({ name }) => [name, String(row[name] ?? '')])),
      );
    },
    async discard(signal) {
      const held = log.held();
      // What Spark wrote and did not commit, no reader sees; VACUUM removes it.
      if (held !== undefined) await storage.revoke(stageFolder(OWN, held), signal);
      if (!hasBegun) log.leavesNothing();
    },
    async [Symbol.asyncDispose]() {
      // The session belongs to the caller, the claim to whoever claimed.
    },
  };
}
