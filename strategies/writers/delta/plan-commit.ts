import { JobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { Action, AddFile, RemoveFile } from './actions.ts';
import type { Rewrite } from './merge.ts';
import { partitioningDifference } from './partitioning.ts';
import { logValue } from './paths.ts';
import { assertModeAllowed, assertSupported, CREATED_PROTOCOL } from './protocol.ts';
import {
  differences,
  extendedSchema,
  lackingColumns,
  parseSchema,
  schemaString,
} from './schema-string.ts';
import {
  appIdOf,
  assertNoDeletionVectors,
  type Table,
  tableOf,
  type Snapshot,
} from './snapshot.ts';

/** Told to other writers in every commit. */
export const ENGINE_INFO = 'dray/0.1.0';

export interface CommitInput {
  readonly entry: Pick<LoadEntry, 'loadId' | 'claim' | 'mode' | 'covers'>;
  readonly contract: OutputContract;
  readonly adds: readonly AddFile[];
  /** What they are partitioned by. */
  readonly partitionBy: readonly string[];
  /** Table properties, should the commit create it. */
  readonly properties: Readonly<Record<string, string>>;
  /** Of a merge: the files of this snapshot that are written anew, and what is left of them. */
  readonly rewrite?: Rewrite;
  readonly nowMs: number;
  /** Id of the table, should the commit create it. */
  readonly tableId: string;
}

/**
 * The actions of the next version, computed from the newest snapshot on every try: whatever was
 * committed in between, exactly the files that are there now are removed. So only a change of
 * protocol or schema can be in the way, which {@link assertAccepts} finds.
 */
export function planCommit(snapshot: Snapshot, input: CommitInput): readonly Action[] {
  const { entry, adds, nowMs } = input;
  const table = tableOf(snapshot);
  if (table) assertAccepts(table, input);
  return [
    { commitInfo: commitInfo(input) },
    ...(table ? evolution(table, input.contract) : creation(input)),
    {
      txn: { appId: appIdOf(entry.loadId), version: String(entry.claim), lastUpdated: nowMs },
    },
    ...removals(snapshot, input).map((remove) => ({ remove })),
    ...[...adds, ...(input.rewrite?.adds ?? [])].map((add) => ({ add })),
  ];
}

/** Adds what the table lacks of the columns that came with the source: its files read as null there. */
function evolution({ metaData }: Table, contract: OutputContract): readonly Action[] {
  const lacking = lackingColumns(metaData.schemaString, contract);
  if (lacking.length === 0) return [];
  const schema = extendedSchema(metaData.schemaString, lacking);
  return [{ metaData: { ...metaData, schemaString: schema } }];
}

/** @throws JobError `NOT_SUPPORTED` or `TARGET_SCHEMA` when rows of the contract must not go there. */
export function assertAccepts(
  table: Table,
  {
    contract,
    entry,
    partitionBy,
  }: Pick<CommitInput, 'contract'> & {
    readonly entry: Pick<LoadEntry, 'mode'>;
    readonly partitionBy: readonly string[] | undefined;
  },
): void {
  const fields = parseSchema(table.metaData.schemaString);
  assertSupported(table.protocol, table.metaData, fields);
  assertNoDeletionVectors(table);
  assertModeAllowed(table.metaData, entry.mode);
  assertColumns(table, contract, partitionBy);
}

/**
 * @param partitionBy - undefined: any partitioning that a load can follow will do.
 * @throws JobError `TARGET_SCHEMA` when the table does not have the contract's columns, or other
 *   partitions.
 */
export function assertColumns(
  table: Table,
  contract: OutputContract,
  partitionBy: readonly string[] | undefined,
): void {
  const { schemaString: schema, partitionColumns } = table.metaData;
  const partitioning = partitioningDifference(partitionColumns, contract, partitionBy);
  const found = [
    ...differences(contract, parseSchema(schema)),
    ...(partitioning === undefined ? [] : [partitioning]),
  ];
  if (found.length === 0) return;
  throw new JobError(
    'TARGET_SCHEMA',
    `the table does not have the columns of the load: ${found.join('; ')}`,
    { hint: 'change the table, or load into another path' },
  );
}

/**
 * A commit that changes nothing but the version; without a table it creates an empty one. It keeps a
 * holder that has lost its claim from committing as that version (docs/adr/0017).
 */
export function planFence(snapshot: Snapshot, table: Creation): readonly Action[] {
  return [
    {
      commitInfo: {
        timestamp: table.nowMs,
        operation: 'FENCE',
        operationParameters: {},
        isBlindAppend: true,
        engineInfo: ENGINE_INFO,
      },
    },
    ...(tableOf(snapshot) ? [] : creation(table)),
  ];
}

function removals(snapshot: Snapshot, input: CommitInput): readonly RemoveFile[] {
  return replacedFiles(snapshot, input).map((add) => ({
    path: add.path,
    deletionTimestamp: input.nowMs,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues: add.partitionValues,
    size: add.size,
  }));
}

function replacedFiles(
  snapshot: Snapshot,
  { entry: { mode, covers }, contract, rewrite }: CommitInput,
): readonly AddFile[] {
  if (mode === 'append') return [];
  if (mode === 'merge') return rewrite?.removes ?? [];
  const decided =
    mode === 'overwrite' || covers === undefined ? undefined : new Set(covers.map(logValue));
  return [...snapshot.adds.values()].filter(
    (add) => decided?.has(partitionOf(add, contract.partitionBy)) ?? true,
  );
}

export function partitionOf(add: AddFile, column: string): string | null {
  return logValue(add.partitionValues[column] ?? '');
}

/** @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#commit-provenance-information */
function commitInfo(input: CommitInput): Readonly<Record<string, unknown>> {
  const { entry, partitionBy, nowMs, rewrite } = input;
  if (rewrite !== undefined) return { ...mergeInfo(input, rewrite), engineInfo: ENGINE_INFO };
  return {
    timestamp: nowMs,
    operation: 'WRITE',
    operationParameters: {
      mode: entry.mode === 'append' ? 'Append' : 'Overwrite',
      partitionBy: JSON.stringify(partitionBy),
    },
    isBlindAppend: entry.mode === 'append',
    engineInfo: ENGINE_INFO,
  };
}

/** Named as Spark names what its MERGE does. */
function mergeInfo(
  { contract, nowMs, adds }: CommitInput,
  rewrite: Rewrite,
): Readonly<Record<string, unknown>> {
  const onKey = contract.key.map((name) => `target.${name} = source.${name}`).join(' AND ');
  return {
    timestamp: nowMs,
    operation: 'MERGE',
    operationParameters: {
      predicate: JSON.stringify([onKey]),
      matchedPredicates: JSON.stringify([{ actionType: 'update' }]),
      notMatchedPredicates: JSON.stringify([{ actionType: 'insert' }]),
      notMatchedBySourcePredicates: '[]',
    },
    operationMetrics: {
      numTargetRowsUpdated: String(rewrite.merged.replaced),
      numTargetFilesAdded: String(adds.length + rewrite.adds.length),
      numTargetFilesRemoved: String(rewrite.removes.length),
    },
    isBlindAppend: false,
  };
}

type Creation = Pick<CommitInput, 'contract' | 'partitionBy' | 'properties' | 'nowMs' | 'tableId'>;

/** Protocol and schema of a table that the contract makes. */
export function creation({
  contract,
  partitionBy,
  properties,
  nowMs,
  tableId,
}: Creation): readonly Action[] {
  return [
    { protocol: CREATED_PROTOCOL },
    {
      metaData: {
        id: tableId,
        ...(contract.comment === undefined ? {} : { description: contract.comment }),
        format: { provider: 'parquet', options: {} },
        schemaString: schemaString(contract),
        partitionColumns: [...partitionBy],
        createdTime: nowMs,
        configuration: properties,
      },
    },
  ];
}
