import { JobError } from './errors.ts';
import type { OutputContract } from './schema.ts';
import type { Storage } from './storage.ts';

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
  /** What sinks and readers do with Parquet files, in the engine's own way. */
  readonly parquet: ParquetFiles;
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
   * Makes the storage's engine paths usable in statements, for as long as the session is open.
   *
   * @throws JobError `NOT_SUPPORTED` when the engine does not reach such a storage.
   */
  useStorage(storage: Storage, signal: AbortSignal): Promise<void>;
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
  /**
   * The same, but by a text column of the query that the files do not keep: `partition` of a file is
   * its value, which must do as a folder's name.
   */
  writeGroups(
    query: string,
    groupBy: string,
    directory: string,
    signal: AbortSignal,
  ): Promise<readonly ResultFile[]>;
}

/** Work on Parquet files that are given by their engine paths. None of it looks at folder names. */
export interface ParquetFiles {
  /** Makes a view over files that have the same columns. */
  view(name: string, paths: readonly string[], signal: AbortSignal): Promise<void>;
  /** Rows of each file, from the files themselves; by the path that was given. */
  rows(paths: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /**
   * Columns of the files: one list per schema that is among them.
   *
   * @returns types as DuckDB names them: `BIGINT`, `VARCHAR`, `TIMESTAMP WITH TIME ZONE`.
   */
  schemas(
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly FileColumn[])[]>;
  /** A few rows as text; null is null. @param columns - those that the files have. */
  sample(
    paths: readonly string[],
    columns: readonly string[],
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Readonly<Record<string, string | null>>[]>;
  /** Writes the rows of several files, columns by name, as one file (local, new). */
  merge(
    paths: readonly string[],
    columns: readonly string[],
    target: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Writes the rows of a query, in the engine's SQL, as one file (local, new). */
  write(query: string, target: string, signal: AbortSignal): Promise<void>;
  /** Each row as the text of a JSON object, of those columns that the files have; held in memory. */
  json(
    paths: readonly string[],
    columns: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

export interface FileColumn {
  readonly name: string;
  readonly type: string;
}

/** A Spark session also reads and writes where Spark has readers and writers of its own. */
export interface SparkSqlSession extends SqlSession {
  /**
   * Makes a view of this session over what Spark reads there: its columns, `__file` (plain path) and
   * `__row` (0-based physical row number); of `jdbc` no file. Rows of `jdbc`, and of Delta tables
   * whose protocol has no deletion vectors, have a number by their values.
   */
  openSource(source: SparkSource, signal: AbortSignal): Promise<SparkView>;
  /** Runs `DataFrameWriter.save()` for a query's rows; none of them passes through this process. */
  write(
    query: string,
    target: SparkTarget,
    signal: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<unknown>;
}

export interface SparkSource {
  readonly format: 'parquet' | 'delta' | 'jdbc';
  /** None for `jdbc`, whose options say what is read. */
  readonly paths: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  /** Of `jdbc`: each is the condition of a task's rows, in the server's SQL; absent: one task. */
  readonly predicates?: readonly string[];
}

export interface SparkView {
  /** A name that no other view of the session has. */
  readonly name: string;
  /** Without `__file` and `__row`; types as DuckDB names them. */
  readonly columns: readonly FileColumn[];
}

export interface SparkTarget {
  /** `delta`, `jdbc`, `parquet`. */
  readonly format: string;
  readonly mode: 'append' | 'overwrite' | 'error';
  readonly path?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly partitionBy?: readonly string[];
}

/** What a strategy's `bigdata` function calls first: its session is Spark's. */
export function asSpark(session: SqlSession): SparkSqlSession {
  if ('write' in session) return session as SparkSqlSession;
  throw new JobError('INTERNAL', `a session of "${session.engine}" is not Spark's`);
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

/** Quoted names as SQL lists them; DuckDB and Postgres quote alike. */
export function columnList(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => identifier(name)).join(', ');
}

/** A name as a quoted SQL identifier. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new RangeError('a SQL identifier cannot hold a NUL character');
  return `"${name.replaceAll('"', '""')}"`;
}
