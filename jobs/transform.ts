import type { ResultFile, SqlSession } from '../core/engine.ts';
import type { RuleOutcome } from '../core/job.ts';
import type { OutputContract } from '../core/schema.ts';
import type { Source, SourcePart } from '../core/strategy.ts';
import type { Window } from '../core/window.ts';

/** A column the transform reads, and what its values may be in the source. */
export interface RequiredColumn {
  readonly name: string;
  readonly accepts: 'integer' | 'text';
}

/** Where the source's rows go, counted before anything is loaded. */
export interface Measured {
  readonly read: number;
  readonly filtered: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly rules: readonly RuleOutcome[];
}

/** The two values that are the same for all rows of a run. */
export interface RunStamp {
  readonly createdBy: string;
  /** ISO 8601, UTC. */
  readonly loadedAt: string;
}

/** A transform bound to an open session and source. */
export interface PreparedTransform {
  measure(signal: AbortSignal): Promise<Measured>;
  /** SQL of the rows that broke a rule: the source's columns as text, `rules`, `source_file`, `source_row`. */
  readonly quarantineQuery: string;
  /** Writes the result; `onRows` gets the rows done so far. */
  compute(
    stamp: RunStamp,
    signal: AbortSignal,
    onRows: (rows: number) => void,
  ): Promise<readonly ResultFile[]>;
  /** Rules that look at the result, such as products nobody knows. */
  inspect(files: readonly ResultFile[], signal: AbortSignal): Promise<readonly RuleOutcome[]>;
}

/**
 * The seam behind which a job's data part lives. Today its text is SQL of the bulk engine; the
 * portable plan takes this place without the template noticing.
 */
export interface Transform {
  readonly contract: OutputContract;
  readonly required: readonly RequiredColumn[];
  /** Changes whenever the meaning of the transform does; part of the load id. */
  readonly text: string;
  /** Values of the partition column that a window selects; undefined: all. */
  covers(window: Window | undefined): readonly string[] | undefined;
  /**
   * The smallest window of whole partitions around the given one. It selects the same rows, and two
   * windows that touch the same partition overlap in it, which is what claims have to see.
   */
  wholePartitions(window: Window): Window;
  /** What the transform reads besides the source; checked, and part of the load id. */
  inputs(session: SqlSession, signal: AbortSignal): Promise<readonly SourcePart[]>;
  prepare(
    session: SqlSession,
    source: Source,
    window: Window | undefined,
    signal: AbortSignal,
  ): Promise<PreparedTransform>;
}
