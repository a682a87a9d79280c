import type { Claim } from '../../../core/claims.ts';
import { leaseLostOr } from '../../../core/claims.ts';
import type { ResultFile } from '../../../core/engine.ts';
import type { LoadEntry, Merged, PartitionContent } from '../../../core/ledger.ts';
import { type Backoff, retry } from '../../../core/retry.ts';
import type { Column } from '../../../core/schema.ts';
import { contentOf } from '../../../plan/content-hash.ts';
import { sparkName } from '../../../plan/spark/names.ts';
import { printSpark } from '../../../plan/spark/print.ts';
import { refuseWrongKey, wrongKeyQuery } from '../merge-key.ts';
import { parseCommit } from './actions.ts';
import { refuseOutOfOrder } from './commit.ts';
import { recordsPerFile, targetFileBytes } from './file-size.ts';
import { committedLoads, writeEntry } from './ledger-files.ts';
import { catchUp } from './log.ts';
import { commitKey, logValue } from './paths.ts';
import { appIdOf, committedClaim, type Snapshot, tableOf } from './snapshot.ts';
import {
  columnsOrNull,
  ConcurrentChange,
  conflictOr,
  createTable,
  fenceOf,
  lackingIn,
  lostWhileCommitting,
  rowsBehindFence,
  type SparkDeltaTarget,
} from './spark-commit.ts';
import { conditionOf } from './spark-condition.ts';

/** A conflict means that another writer changed the very partitions, so there are few. */
const BACKOFF: Backoff = { tries: 5, firstMs: 100, maxMs: 2_000 };
/** Tells the source's rows that take old ones away from those that come in their place. */
const IS_OLD = '__is_old';

/** A load as Spark merges it into the table; means the same as the merge of the other engines. */
export interface SparkMerge {
  /**
   * Commits the load by Delta's own MERGE, with the load's `txn`, in one version.
   *
   * The fence is read by the source of the MERGE, after Delta has taken its snapshot; it works as that
   * of other modes does. What the merge leaves is worked out from a version just before, and once more
   * from its own version when another writer came in between without being in conflict.
   */
  commit(
    snapshot: Snapshot,
    entry: LoadEntry,
    claim: Claim,
    signal: AbortSignal,
  ): Promise<LoadEntry>;
  /** Rows of the table whose key is in the load. */
  count(signal: AbortSignal): Promise<number>;
}

/** @throws JobError `MERGE_KEY_INVALID` when a key of the load is null, or there twice. */
export async function openSparkMerge(
  target: SparkDeltaTarget,
  files: readonly ResultFile[],
  signal: AbortSignal,
): Promise<SparkMerge> {
  const { storage, session, context, chance, request } = target;
  const { contract } = request;
  const filled = files.filter((file) => file.rows > 0);
  const values = filled.map((file) => file.partition);
  const name = `merge_load_${chance.uuid().replaceAll('-', '_')}`;
  const load = sparkName(name);
  const table = `delta.${sparkName(storage.enginePath(''))}`;
  const columns = contract.columns.map((column) => sparkName(column.name));
  const key = contract.key.map(sparkName);
  const onSameKey = key.map((column) => `t.${column} = s.${column}`).join(' and ');
  const touched = `t.${conditionOf(contract, values) ?? 'true'}`;

  if (filled.length > 0) {
    const paths = filled.map((file) => file.path);
    await session.parquet.view(name, paths, signal);
    const [wrong] = await session.rows(wrongKeyQuery(load, key), signal);
    refuseWrongKey(contract.key, wrong, storage.root);
  }

  async function countOf(relation: string, signal: AbortSignal): Promise<number> {
    const [row] = await session.rows(`select count(*) as key_rows from ${relation}`, signal);
    return Number(row?.['key_rows'] ?? 0);
  }

  /** Content of the touched partitions, per partition, as a version has it. */
  async function contentsOf(
    rows: string,
    signal: AbortSignal,
  ): Promise<readonly PartitionContent[]> {
    const view = `merge_rows_${chance.uuid().replaceAll('-', '_')}`;
    await session.run(`create temporary view ${sparkName(view)} as ${rows}`, signal);
    const found = await session.rows(printSpark(contentOf(contract, { name: view }).node), signal);
    await session.run(`drop view ${sparkName(view)}`, signal);
    return found.map((row) => ({
      value: String(row['partition']),
      rows: Number(row['rows']),
      hash: String(row['hash']),
    }));
  }

  /** @param lacking - of the contract's columns those that the version does not have. */
  const at = (version: number, lacking: readonly Column[] = []) => {
    const there = columnsOrNull(contract, lacking).join(', ');
    return `(select ${there} from ${table} version as of ${String(version)} t where ${touched})`;
  };

  /** What a merge will find and leave of the rows of the version before it. */
  async function foreseen(
    before: string,
    loaded: readonly PartitionContent[],
    signal: AbortSignal,
  ): Promise<Merged> {
    if (filled.length === 0) return { replaced: 0, after: [] };
    const rest = await contentsOf(
      `select t.* from ${before} t left anti join ${load} s on ${onSameKey}`,
      signal,
    );
    const stay = rest.reduce((sum, { rows }) => sum + rows, 0);
    const replaced = (await countOf(before, signal)) - stay;
    const after = loaded.map(({ value, rows, hash }) => {
      const more = rest.find((each) => each.value === value);
      return {
        value,
        rows: rows + (more?.rows ?? 0),
        hash: (BigInt(hash) + BigInt(more?.hash ?? 0)).toString(),
      };
    });
    return { replaced, after };
  }

  /** Its rows are there only while the fence is. All copies of a key go, and one row comes. */
  function statement(claim: number): string {
    const rows = (isOld: boolean) =>
      `select ${columns.join(', ')}, ${String(isOld)} as ${IS_OLD} from ${load}
       where exists (select 1 from ${fenceOf(target, claim)})`;
    return `merge into ${table} t using (${rows(true)} union all ${rows(false)}) s
      on s.${IS_OLD} and ${touched} and ${onSameKey}
        and t.${sparkName(contract.partitionBy)} = s.${sparkName(contract.partitionBy)}
      when matched then delete
      when not matched and not s.${IS_OLD} then
        insert (${columns.join(', ')}) values (${columns.map((column) => `s.${column}`).join(', ')})`;
  }

  async function write(
    snapshot: Snapshot,
    entry: LoadEntry,
    claim: number,
    signal: AbortSignal,
  ): Promise<void> {
    const evolves = lackingIn(snapshot, contract).length > 0;
    if (filled.length === 0) {
      // A merge without rows would make no version, and the load needs its txn.
      const options = {
        ...{ txnAppId: appIdOf(entry.loadId), txnVersion: String(claim) },
        ...(evolves ? { mergeSchema: 'true' } : {}),
      };
      await session.write(
        await rowsBehindFence(target, snapshot, [], claim, signal),
        { format: 'delta', path: storage.enginePath(''), mode: 'append', options },
        signal,
      );
      return;
    }
    const records = recordsPerFile(filled, targetFileBytes(target, tableOf(snapshot)));
    const settings = {
      'spark.databricks.delta.write.txnAppId': appIdOf(entry.loadId),
      'spark.databricks.delta.write.txnVersion': String(claim),
      ...(records === undefined ? {} : { 'spark.sql.files.maxRecordsPerFile': String(records) }),
      // The columns that are inserted, in the MERGE's own version; SQL has words for it from Spark 4 on.
      ...(evolves ? { 'spark.databricks.delta.schema.autoMerge.enabled': 'true' } : {}),
    };
    for (const [setting, value] of Object.entries(settings)) {
      await session.run(`set ${setting}=${value}`, signal);
    }
    try {
      await session.run(statement(claim), signal);
    } finally {
      // Other writes of this session are not this load's.
      for (const setting of Object.keys(settings)) {
        await session.run(`reset ${setting}`, AbortSignal.timeout(RESET_MS));
      }
    }
  }

  /** The load's own version, and whether another one before it changed the touched partitions. */
  async function ownVersion(
    after: number,
    entry: LoadEntry,
    claim: number,
    signal: AbortSignal,
  ): Promise<{ readonly version: number; readonly isForeseen: boolean }> {
    const decided = new Set(values.map(logValue));
    const isTouched = (partition: Readonly<Record<string, string | null>> | null | undefined) =>
      partition == null || decided.has(logValue(partition[contract.partitionBy] ?? ''));
    let isForeseen = true;
    for (let version = after + 1; ; version++) {
      const content = await storage.read(commitKey(version), signal);
      if (content === undefined) return { version: version - 1, isForeseen };
      const actions = parseCommit(content, `${storage.root}/${commitKey(version)}`);
      const isOwn = actions.some(
        ({ txn }) => txn?.appId === appIdOf(entry.loadId) && txn.version === String(claim),
      );
      if (isOwn) return { version, isForeseen };
      const changes = actions.some(
        ({ add, remove }) =>
          (add?.dataChange === true && isTouched(add.partitionValues)) ||
          (remove?.dataChange === true && isTouched(remove.partitionValues)),
      );
      if (changes) isForeseen = false;
    }
  }

  async function tryCommit(
    snapshot: Snapshot,
    given: LoadEntry,
    claim: Claim,
    signal: AbortSignal,
  ): Promise<LoadEntry> {
    await catchUp(snapshot, storage, signal);
    const isLater = (other: number) => other > claim.number;
    refuseOutOfOrder(given, await committedLoads(storage, snapshot, isLater, signal));
    await claim.assertHeld(signal);
    if (snapshot.version < 0) {
      await createTable(target, claim, signal);
      await catchUp(snapshot, storage, signal);
    }
    const { version } = snapshot;
    // Another writer that adds columns meanwhile is in conflict.
    const lacking = lackingIn(snapshot, contract);
    const before = at(version, lacking);
    const entry = { ...given, merged: await foreseen(before, given.partitions, signal) };
    await writeEntry(target, entry, signal);
    await context.failpoints.reach('delta:commit:before');
    try {
      await write(snapshot, entry, claim.number, signal);
    } catch (error) {
      throw await leaseLostOr(conflictOr(error, storage.root), claim, signal);
    }
    await context.failpoints.reach('delta:commit:after');
    await catchUp(snapshot, storage, signal);
    if (committedClaim(snapshot, entry.loadId) !== claim.number) {
      // Delta leaves out a write whose txn is not above the last one, and does not say so.
      throw lostWhileCommitting(entry, storage.root);
    }
    const own = await ownVersion(version, entry, claim.number, signal);
    if (own.isForeseen) return entry;
    const after = await contentsOf(at(own.version), signal);
    const found = await countOf(at(own.version - 1, lacking), signal);
    const rows = (of: readonly PartitionContent[]) => of.reduce((sum, each) => sum + each.rows, 0);
    const replaced = found + rows(given.partitions) - rows(after);
    const corrected = { ...given, merged: { replaced, after } };
    await writeEntry(target, corrected, signal);
    return corrected;
  }

  return {
    async commit(snapshot, entry, claim, signal) {
      return await retry(
        () => tryCommit(snapshot, entry, claim, signal),
        (error) => error instanceof ConcurrentChange,
        BACKOFF,
        context.clock,
        () => chance.random(),
        signal,
      );
    },
    async count(signal) {
      if (filled.length === 0) return 0;
      const rows = `(select ${columns.join(', ')} from ${table} t where ${touched})`;
      return await countOf(`${rows} t left semi join ${load} s on ${onSameKey}`, signal);
    },
  };
}

const RESET_MS = 30_000;
