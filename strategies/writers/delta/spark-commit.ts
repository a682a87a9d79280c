import type { Claim } from '../../../core/claims.ts';
import { leaseLostOr } from '../../../core/claims.ts';
import type { ResultFile, SparkSqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { Column, OutputContract } from '../../../core/schema.ts';
import { sparkName } from '../../../plan/spark/names.ts';
import { stageFolder } from '../claim-file.ts';
import { printCommit } from './actions.ts';
import { refuseOutOfOrder } from './commit.ts';
import { recordsPerFile, targetFileBytes } from './file-size.ts';
import { committedLoads, writeEntry } from './ledger-files.ts';
import { catchUp } from './log.ts';
import { partitionColumns } from './partitioning.ts';
import { commitKey, OWN } from './paths.ts';
import { creation } from './plan-commit.ts';
import { sparkType } from './describe.ts';
import { lackingColumns } from './schema-string.ts';
import { appIdOf, committedClaim, type Snapshot, tableOf } from './snapshot.ts';
import { conditionOf } from './spark-condition.ts';
import type { DeltaTarget } from './target.ts';

export interface SparkLoad {
  readonly entry: LoadEntry;
  readonly files: readonly ResultFile[];
  readonly claim: Claim;
}

export interface SparkDeltaTarget extends DeltaTarget {
  readonly session: SparkSqlSession;
}

/** One line of text below the claim's staging folder, which a takeover renames away. */
export function fenceKey(claim: number): string {
  return `${stageFolder(OWN, claim)}/fence.txt`;
}

/**
 * Writes the ledger's detail and lets Spark commit the rows with the load's `txn`, in one version.
 *
 * The fence: the rows are written only where the fence file can be read, and it is read after Delta
 * has taken its snapshot. Who takes over first renames that file away, so a write that starts after a
 * takeover cannot read it; one that started before meets the newer load's commit, which has replaced
 * the same partitions (or, appending, written the same `txn`), and Delta refuses it as a conflict.
 *
 * @throws JobError `LEASE_LOST` when a higher claim took over; `TARGET_CONFLICT` when another writer
 *   got in the way, or a later claim decided the same partitions.
 */
export async function commitThroughSpark(
  target: SparkDeltaTarget,
  snapshot: Snapshot,
  { entry, files, claim }: SparkLoad,
  signal: AbortSignal,
): Promise<LoadEntry> {
  const { storage, session, request, context } = target;
  const { contract } = request;
  await writeEntry(target, entry, signal);
  await catchUp(snapshot, storage, signal);
  const isLater = (other: number) => other > claim.number;
  refuseOutOfOrder(entry, await committedLoads(storage, snapshot, isLater, signal));
  await claim.assertHeld(signal);
  const path = storage.enginePath('');
  const bytes = targetFileBytes(target, tableOf(snapshot));
  const records = recordsPerFile(files, bytes);
  if (snapshot.version < 0) await createTable(target, claim, signal);
  await context.failpoints.reach('delta:commit:before');
  try {
    await session.write(
      await rowsBehindFence(target, snapshot, files, claim.number, signal),
      {
        format: 'delta',
        path,
        ...writeOf(entry, contract, {
          ...(records === undefined ? {} : { maxRecordsPerFile: String(records) }),
          ...(lackingIn(snapshot, contract).length > 0 ? { mergeSchema: 'true' } : {}),
        }),
      },
      signal,
    );
  } catch (error) {
    throw await leaseLostOr(conflictOr(error, storage.root), claim, signal);
  }
  await context.failpoints.reach('delta:commit:after');
  await catchUp(snapshot, storage, signal);
  if (committedClaim(snapshot, entry.loadId) === claim.number) return entry;
  // Delta leaves out a write whose txn is not above the last one, and does not say so.
  throw lostWhileCommitting(entry, storage.root);
}

export function lostWhileCommitting(entry: LoadEntry, root: string): JobError {
  return new JobError(
    'LEASE_LOST',
    `run "${entry.runId}" attempt ${String(entry.attempt)} lost ${root} while committing`,
    { hint: 'nothing of this attempt was committed there; follow the newer attempt instead' },
  );
}

/**
 * An empty table as the other engines make it. Spark's own `create table` does nothing where a folder
 * is that is not empty, such as one with our claims.
 */
export async function createTable(
  target: SparkDeltaTarget,
  claim: Claim,
  signal: AbortSignal,
): Promise<void> {
  const { storage, request, context, chance, properties } = target;
  const nowMs = context.clock.now().getTime();
  const { contract } = request;
  const actions = creation({
    ...{ contract, properties, nowMs, tableId: chance.uuid() },
    partitionBy: partitionColumns(target, undefined),
  });
  const info = { timestamp: nowMs, operation: 'CREATE TABLE', operationParameters: {} };
  const staged = `${stageFolder(OWN, claim.number)}/0.json`;
  await storage.write(staged, printCommit([{ commitInfo: info }, ...actions]), signal);
  // Who else has created it meanwhile has done it the same way, or the write finds out; who took the
  // claim over has taken the fence away too.
  await storage.publish(staged, commitKey(0), { ifAbsent: true }, signal);
}

/** The fence as Spark's SQL names it; of one row. */
export function fenceOf({ storage }: SparkDeltaTarget, claim: number): string {
  return `text.${sparkName(storage.enginePath(fenceKey(claim)))}`;
}

export async function rowsBehindFence(
  target: SparkDeltaTarget,
  snapshot: Snapshot,
  files: readonly ResultFile[],
  claim: number,
  signal: AbortSignal,
): Promise<string> {
  const { storage, session, request } = target;
  const { contract } = request;
  const columns = contract.columns.map(({ name }) => sparkName(name)).join(', ');
  const fence = fenceOf(target, claim);
  const filled = files.filter((file) => file.rows > 0).map((file) => file.path);
  if (filled.length === 0) {
    // Nothing but the contract's columns: any Delta version of the table has them, or gets them now.
    const there = columnsOrNull(contract, lackingIn(snapshot, contract));
    return `select ${there.join(', ')} from delta.${sparkName(storage.enginePath(''))}
      where false and exists (select 1 from ${fence})`;
  }
  const view = `to_delta_${String(claim)}`;
  await session.parquet.view(view, filled, signal);
  return `select ${columns} from ${sparkName(view)} where exists (select 1 from ${fence})`;
}

/** What the table lacks of the columns that came with the source. */
export function lackingIn(snapshot: Snapshot, contract: OutputContract): readonly Column[] {
  const table = tableOf(snapshot);
  return table === undefined ? [] : lackingColumns(table.metaData.schemaString, contract);
}

/** The contract's columns in Spark's SQL, of a table that has some of them not. */
export function columnsOrNull(
  { columns }: OutputContract,
  lacking: readonly Column[],
): readonly string[] {
  return columns.map((column) =>
    lacking.includes(column)
      ? `cast(null as ${sparkType(column.type)}) as ${sparkName(column.name)}`
      : sparkName(column.name),
  );
}

function writeOf(
  entry: LoadEntry,
  contract: OutputContract,
  more: Readonly<Record<string, string>>,
) {
  const condition = conditionOf(contract, entry.mode === 'overwrite' ? undefined : entry.covers);
  return {
    mode: entry.mode === 'append' ? ('append' as const) : ('overwrite' as const),
    options: {
      txnAppId: appIdOf(entry.loadId),
      txnVersion: String(entry.claim),
      userMetadata: JSON.stringify({ loadId: entry.loadId, runId: entry.runId }),
      ...more,
      ...(entry.mode === 'append' || condition === undefined ? {} : { replaceWhere: condition }),
    },
  };
}

/** What Delta says when another commit came in between. */
const CONFLICT =
  /DELTA_CONCURRENT|Concurrent(Append|DeleteRead|DeleteDelete|Transaction|Write)|MetadataChanged|ProtocolChanged/;

/** Another writer's commit came in between. */
export class ConcurrentChange extends JobError {
  constructor(root: string, cause: unknown) {
    super('TARGET_CONFLICT', `another writer changed ${root} at the same time`, {
      hint: 'retry: the next attempt loads over it',
      cause,
    });
  }
}

export function conflictOr(error: unknown, root: string): unknown {
  const isConflict = error instanceof JobError && CONFLICT.test(error.message);
  return isConflict ? new ConcurrentChange(root, error) : error;
}
