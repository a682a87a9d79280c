import type { EngineName, ResultFile, SqlSession } from '../core/engine.ts';
import type { Relation } from './plan.ts';
import type { Field, PlanCell } from './types.ts';

/** A row of a small result: values as `PlanValue` describes them, by column name. */
export type PlanRow = Readonly<Record<string, PlanCell>>;

/** Rows that a run of a plan left out, by the names that its nodes give (`dropped`). */
export type Dropped = Readonly<Record<string, number>>;

/**
 * A result written in partitions. The engine may compute it at once or, to bound its memory, in
 * parts: shares of the partitions that no row of another share decides about.
 */
export interface PartitionedResult {
  readonly relation: Relation;
  /** A column of the relation; int32, int64, string or date. */
  readonly partitionBy: string;
  /** About how many rows it has, for choosing shares and for progress. */
  readonly expectedRows: number;
  readonly parts?: {
    /** The values of `partitionBy`, in order. */
    readonly values: readonly string[];
    /** The result for some of the values, which follow each other. */
    of(values: readonly string[]): Relation;
  };
}

export interface WrittenResult {
  /** One file per partition value, ordered as numbers or texts are. */
  readonly files: readonly ResultFile[];
  readonly dropped: Dropped;
}

/** A row that a step failed for. */
export interface RowError {
  /** The step, as `describeNode` names it. */
  readonly step: string;
  readonly message: string;
  /** The row as it came into the step, and its columns. */
  readonly row: PlanRow;
  readonly fields: readonly Field[];
}

export interface ResultWatch {
  /** Gets the rows done so far. */
  onRows(rows: number): void;
  /**
   * Gets the rows that failed one by one, which are then left out. Only where rows are looked at one
   * by one (the row engine, and `mapRow` in bulk); absent, and elsewhere, the first failure ends the run.
   */
  readonly onRowError?: (error: RowError) => void;
}

/** An open engine that runs plans. Whoever opens it disposes it. */
export interface PlanSession extends AsyncDisposable {
  readonly engine: EngineName;
  /** The same engine for readers and sinks, which speak its SQL. */
  readonly sql: SqlSession;
  /**
   * Says what `read(name)` means from now on.
   *
   * @param relation - a query in the engine's SQL, with the columns that the plans read.
   */
  bind(name: string, relation: string, signal: AbortSignal): Promise<void>;
  /** Runs a plan with a small result, held in memory; ordered only when the plan sorts last. */
  collect(relation: Relation, signal: AbortSignal): Promise<readonly PlanRow[]>;
  /** Writes a plan's rows as one Parquet file (local, new). @returns its rows, counted in the file. */
  writeFile(relation: Relation, path: string, signal: AbortSignal): Promise<number>;
  /**
   * Writes a result as Parquet files below `directory` (local, new), one per partition value, the
   * partition column inside the files.
   *
   * @throws JobError `VALUE_INVALID` for a value without a result, `ENGINE_UNSUPPORTED` before any
   *   work for a step that this engine cannot run the same way.
   */
  writePartitions(
    result: PartitionedResult,
    directory: string,
    watch: ResultWatch,
    signal: AbortSignal,
  ): Promise<WrittenResult>;
}
