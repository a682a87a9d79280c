import { JobError } from '../../../core/errors.ts';
import { type Column, type OutputContract, typeName } from '../../../core/schema.ts';
import type { AddFile } from './actions.ts';
import { logValue } from './paths.ts';
import type { Table } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/**
 * A file's value of each partition column, as text in the way of the log.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
 */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** Types whose values have one text that every reader takes for the same value. */
const WITHOUT_TEXT: ReadonlySet<string> = new Set(['float64', 'binary']);

/** What the table is partitioned by, or will be: by config, else as it is already. */
export function partitionColumns(
  { partitionBy, request: { contract } }: Pick<DeltaTarget, 'partitionBy' | 'request'>,
  table: Table | undefined,
): readonly string[] {
  return partitionBy ?? table?.metaData.partitionColumns ?? [contract.partitionBy];
}

/** The values of a file, whoever wrote it. */
export function valuesOf({ partitionValues }: AddFile): PartitionValues {
  return Object.fromEntries(
    Object.entries(partitionValues).map(([name, value]) => [name, logValue(value ?? '')]),
  );
}

/** @throws JobError `NOT_SUPPORTED` for columns that a load does not partition by. */
export function assertPartitioning(columns: readonly string[], contract: OutputContract): void {
  const problem = problemOf(columns, contract);
  if (problem === undefined) return;
  throw new JobError(
    'NOT_SUPPORTED',
    `the Delta writer does not partition by "${columns.join(', ')}": ${problem}`,
    {
      hint: `leave "partition_by" out, or begin it with "${contract.partitionBy}", such as ["${contract.partitionBy}", "${example(contract)}"]`,
    },
  );
}

/** How a table's partitioning is in the way of a load, as `partition columns: expected, found`. */
export function partitioningDifference(
  found: readonly string[],
  contract: OutputContract,
  /** Absent: any that a load can follow. */
  wanted: readonly string[] | undefined,
): string | undefined {
  const isRight =
    wanted === undefined
      ? problemOf(found, contract) === undefined
      : JSON.stringify(found) === JSON.stringify(wanted);
  if (isRight) return undefined;
  const expected = (wanted ?? [contract.partitionBy]).join(', ');
  return `partition columns: expected ${expected}, found ${found.join(', ') || 'none'}`;
}

function problemOf(columns: readonly string[], contract: OutputContract): string | undefined {
  const { partitionBy } = contract;
  if (columns[0] !== partitionBy) {
    return `"${partitionBy}" has to be the first, since a window replaces whole partitions of it`;
  }
  if (new Set(columns).size < columns.length) return 'a column is there twice';
  for (const name of columns.slice(1)) {
    const column = contract.columns.find((each) => each.name === name);
    if (column === undefined) return `"${name}" is no column of the job`;
    const problem = problemWith(column, contract);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemWith({ name, type, evolved }: Column, { key }: OutputContract): string | undefined {
  if (WITHOUT_TEXT.has(type.kind)) {
    return `"${name}" is ${typeName(type)}, whose values have no text that all readers agree on`;
  }
  if (evolved === true) return `"${name}" came with the source, and may be gone with it`;
  if (key.length === 1 && key[0] === name) {
    return `"${name}" is the key, so that every row would be in a file of its own`;
  }
  return undefined;
}

function example(contract: OutputContract): string {
  const fits = contract.columns.find(
    (column) => column.name !== contract.partitionBy && problemWith(column, contract) === undefined,
  );
  return fits?.name ?? '...';
}
