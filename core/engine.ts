import type { OutputContract } from './schema.ts';

export const ENGINES = ['row', 'bulk', 'bigdata'] as const;
export type EngineName = (typeof ENGINES)[number];

/** A value as the engine gives it: int64 as bigint, decimals and dates as text. */
export type SqlValue = string | number | bigint | boolean | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * An open engine that speaks SQL. Statements may run at the same time: each gets a connection of its
 * own, so only catalog objects (tables, views) are shared, not temporary ones.
 */
export interface SqlSession extends AsyncDisposable {
  readonly engine: EngineName;
  /** A local folder of this session's own; gone when the session is disposed. */
  readonly scratchDir: string;
  /**
   * Runs one statement to its end.
   *
   * @param onProgress - gets the done share, 0 to 1, a few times a second.
   * @throws JobError `ENGINE_FAILED`, or what the reason of an aborted signal says.
   */
  run(sql: string, signal: AbortSignal, onProgress?: (share: number) => void): Promise<void>;
  /** Runs one query with a small result, held in memory. */
  rows(sql: string, signal: AbortSignal): Promise<readonly SqlRow[]>;
  /**
   * Makes an extension of the engine usable (`delta`, `postgres_scanner`).
   *
   * @throws JobError `EXTENSION_MISSING` with the places that were tried.
   */
  useExtension(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Opens another session of the same engine, with threads of its own. The caller disposes it.
   *
   * @param threads - how many statements of it can work at once.
   */
  openAnother(threads: number, signal: AbortSignal): Promise<SqlSession>;
  /**
   * Writes a query's rows as Parquet below `directory` (local, new), one file per value of
   * `partitionBy`, which stays a column inside the files.
   */
  writePartitions(
    query: string,
    partitionBy: string,
    directory: string,
    signal: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<readonly ResultFile[]>;
}

/** One file of the computed result, on local disk, holding the rows of one partition. */
export interface ResultFile {
  /** The partition column's value as text, such as `24`. */
  readonly partition: string;
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly columns: Readonly<Record<string, ColumnStatistics>>;
}

/** Statistics of one column of one file; `min` and `max` are text so that no digit is lost. */
export interface ColumnStatistics {
  readonly nullCount?: number;
  readonly min?: string;
  readonly max?: string;
}

/**
 * What the transform made: computed once, loaded by every sink. The files are Parquet, one per
 * partition, with every column of the contract inside, the partition column included.
 */
export interface ComputedResult {
  readonly contract: OutputContract;
  readonly files: readonly ResultFile[];
  readonly rows: number;
}

/** A string as a SQL literal. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('a SQL literal cannot hold a NUL character');
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as a quoted SQL identifier. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new RangeError('a SQL identifier cannot hold a NUL character');
  return `"${name.replaceAll('"', '""')}"`;
}
