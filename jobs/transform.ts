import type { Column, OutputContract } from '../core/schema.ts';
import type { Source, SourceColumn, SourcePart } from '../core/strategy.ts';
import type { Window } from '../core/window.ts';
import type { Relation } from '../plan/plan.ts';
import type { PartitionedResult, PlanSession } from '../plan/session.ts';
import type { RuleOutcome } from './job.ts';
import type { SchemaContract } from './schema-contract.ts';

/** A column the transform reads, and what its values may be in the source. */
export interface RequiredColumn {
  readonly name: string;
  readonly accepts: 'integer' | 'text';
}

/** Where the source's rows go, counted before anything is computed. */
export interface Measured {
  readonly read: number;
  readonly filtered: number;
  readonly dropped: number;
  readonly quarantined: number;
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
  /** @param now - what ages are measured against. */
  measure(now: Date, signal: AbortSignal): Promise<Measured>;
  /** Rows that broke a rule: the source's columns as text, `rules`, `source_file`, `source_row_number`. */
  readonly quarantine: Relation;
  /** The contract's columns; a `dedupe` in it counts what it drops as `deduplicated`. */
  result(stamp: RunStamp): Pick<PartitionedResult, 'relation' | 'parts'>;
  /**
   * Rules that look at the result, such as products nobody knows.
   *
   * @param rows - of the result, which the session has bound if there are any.
   */
  inspect(rows: number, signal: AbortSignal): Promise<readonly RuleOutcome[]>;
}

/** A rule as people read it. */
export interface RuleDescription extends Pick<RuleOutcome, 'rule' | 'action'> {
  /** What it asks for: `week between 1 and 53`. */
  readonly says: string;
  /** What it tolerates: `10 rows and 1%`; empty: nothing. */
  readonly tolerates: string;
  /** Whether it looks at the result, so that nobody knows before that is computed. */
  readonly ofResult: boolean;
}

/** A job's data part: a portable plan, and what a load has to know about it. */
export interface Transform {
  readonly contract: OutputContract;
  readonly required: readonly RequiredColumn[];
  /** What it does where a source has other columns. */
  readonly policies: SchemaContract;
  /**
   * The same with columns that came with the source.
   *
   * @param source - the source's columns, for the rules that follow from them.
   */
  withEvolved(columns: readonly Column[], source: readonly SourceColumn[]): Transform;
  /** Changes whenever the meaning of the transform does, on any engine; part of the load id. */
  readonly text: string;
  /** The whole result, for explaining it and for asking which engines can run it. */
  readonly plan: Relation;
  /** The rules, in the order of their outcomes. */
  readonly rules: readonly RuleDescription[];
  /** Values of the partition column that a window selects; undefined: all. */
  covers(window: Window | undefined): readonly string[] | undefined;
  /**
   * The smallest window of whole partitions around the given one. It selects the same rows, and two
   * windows that touch the same partition overlap in it, which is what claims have to see.
   */
  wholePartitions(window: Window): Window;
  /**
   * What the transform reads besides the source; checked, and part of the load id.
   *
   * @throws JobError `CONFIG_INVALID` for rules that do not fit the source's columns.
   */
  inputs(session: PlanSession, source: Source, signal: AbortSignal): Promise<readonly SourcePart[]>;
  prepare(
    session: PlanSession,
    source: Source,
    window: Window | undefined,
    signal: AbortSignal,
  ): Promise<PreparedTransform>;
}
