import type { SqlSession } from '../../../core/engine.ts';
import { type ErrorCode, JobError, toJobError } from '../../../core/errors.ts';
import {
  type Column,
  type ColumnType,
  type OutputContract,
  typeName,
} from '../../../core/schema.ts';
import type { Storage } from '../../../core/storage.ts';
import { isHidden, NO_VALUE, partitionFolder, partitionOf } from './layout.ts';

/** What an engine says of a broken file; here it is the target, not a source. */
const UNREADABLE: readonly ErrorCode[] = ['ENGINE_FAILED', 'SOURCE_UNREADABLE'];

/** A Parquet file that readers of the folder see. */
export interface VisibleFile {
  readonly key: string;
  readonly partition: string;
}

/**
 * The Parquet files of the folder's partitions.
 *
 * @throws JobError `TARGET_SCHEMA` when there are Parquet files outside such partitions.
 */
export async function visibleFiles(
  storage: Storage,
  partitionBy: string,
  signal: AbortSignal,
): Promise<readonly VisibleFile[]> {
  const keys = (await storage.list('', signal))
    .map(({ key }) => key)
    .filter((key) => !isHidden(key) && key.endsWith('.parquet'));
  return keys.map((key) => {
    const partition = partitionOf(partitionBy, key);
    if (partition !== undefined) return { key, partition };
    throw new JobError(
      'TARGET_SCHEMA',
      `"${storage.root}" is not partitioned by "${partitionBy}": it holds "${key}"`,
      { hint: 'choose another path, or move those files away' },
    );
  });
}

/** The partitions that the folder has, each with its value as Hive writes it. */
export async function partitionFolders(
  storage: Storage,
  partitionBy: string,
  signal: AbortSignal,
): Promise<readonly { readonly value: string; readonly folder: string }[]> {
  const values = (await visibleFiles(storage, partitionBy, signal)).map((file) => file.partition);
  return [...new Set(values)].map((value) => ({
    value: value === '' ? NO_VALUE : value,
    folder: partitionFolder(partitionBy, value),
  }));
}

/** @throws JobError `TARGET_SCHEMA` listing every column that is not as in the contract. */
export async function checkColumns(
  session: SqlSession,
  storage: Storage,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<void> {
  const files = await visibleFiles(storage, contract.partitionBy, signal);
  if (files.length === 0) return;
  try {
    const paths = files.map(({ key }) => storage.enginePath(key));
    const schemas = await session.parquet.schemas(paths, signal);
    const differences = schemas.flatMap((columns) =>
      columnDifferences(contract.columns, new Map(columns.map(({ name, type }) => [name, type]))),
    );
    if (differences.length === 0) return;
    throw new JobError(
      'TARGET_SCHEMA',
      `"${storage.root}" holds other columns: ${[...new Set(differences)].join('; ')}`,
      { hint: 'choose another path, or move the old files away' },
    );
  } catch (error) {
    if (!UNREADABLE.includes(toJobError(error).code)) throw error;
    throw new JobError('TARGET_FAILED', `cannot read the files in "${storage.root}"`, {
      hint: 'one of them is no whole Parquet file; move it away',
      cause: error,
    });
  }
}

function columnDifferences(
  columns: readonly Column[],
  found: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set(columns.map(({ name }) => name));
  const wrong = columns.flatMap(({ name, type, evolved }) => {
    const actual = found.get(name);
    // Files of earlier loads lack it, and read as null where files are read by name.
    if (actual === undefined && evolved === true) return [];
    if (actual === undefined) return [`no column "${name}" (${typeName(type)})`];
    if (actual === engineType(type)) return [];
    return [`column "${name}" is ${actual} instead of ${typeName(type)}`];
  });
  const extra = [...found].filter(([name]) => !names.has(name));
  return [...wrong, ...extra.map(([name, type]) => `a column "${name}" (${type}) too many`)];
}

export function engineType(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'bool':
      return 'BOOLEAN';
    case 'int32':
      return 'INTEGER';
    case 'int64':
      return 'BIGINT';
    case 'float64':
      return 'DOUBLE';
    case 'binary':
      return 'BLOB';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP WITH TIME ZONE';
    case 'string':
      return 'VARCHAR';
  }
}
