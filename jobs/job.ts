import type { ZodType } from 'zod';
import type { EngineName, SqlSession } from '../core/engine.ts';
import type { RunEvent, RunWatcher } from '../core/events.ts';
import type { Finding } from '../core/finding.ts';
import type { Mode, RowCounts } from '../core/ledger.ts';
import type { Platform } from '../core/platform.ts';
import type { OutputContract } from '../core/schema.ts';
import type { Source, StrategyContext } from '../core/strategy.ts';
import type { Window } from '../core/window.ts';
import type { PlanSession } from '../plan/session.ts';
import type { Corrections } from './corrections.ts';
import type { Notifiers } from './notify.ts';
import type { LoadPreview } from './preview.ts';
import type { ColumnFate } from './schema-contract.ts';
import type { SinkPlan } from './sinks.ts';
import type { Transform } from './transform.ts';

/** What a run is about, fixed before its first step. */
export interface RunInfo {
  readonly runId: string;
  readonly attempt: number;
  readonly job: string;
  readonly window?: Window;
  readonly createdBy: string;
  /** When this attempt started. */
  readonly startedAt: Date;
  /** Load again what the ledger says is loaded, and repeat an `append`. */
  readonly force: boolean;
  /** Check config, source schema and targets; write nothing. */
  readonly dryRun: boolean;
  /** A dry run also finds out what a load would do; it reads the source for that. */
  readonly preview?: boolean;
  /** Rows of earlier runs' quarantines that this one loads, as they are now. */
  readonly corrections?: Corrections;
}

/** What a job says of the engine's session. */
export interface SessionOptions {
  /** Where Spark is, in place of what the environment says. */
  readonly sparkRemote?: string;
  readonly memoryMb?: number;
  readonly threads?: number;
  readonly tempDir?: string;
}

/** What strategies may use, and engines to run them on. */
export interface EngineContext extends StrategyContext {
  openEngine(
    engine: EngineName,
    options: SessionOptions,
    signal: AbortSignal,
  ): Promise<PlanSession>;
}

/** What a job may use. */
export interface JobContext extends EngineContext {
  readonly run: RunInfo;
  readonly platform: Platform;
  /** What decided which platform this is. */
  readonly platformEvidence: string;
  readonly hasSpark: boolean;
  readonly watcher: RunWatcher;
  /** A local folder for what a job keeps when its config names no other place. */
  readonly dataDir: string;
  /** Runs a named step: records start and end, and shows them. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** The facts that this run's record holds, those of earlier attempts too. */
  history(): Promise<readonly RunEvent[]>;
  /** Keeps what the rules have found so far, so that a run that fails can tell it too. */
  judged(rules: readonly RuleOutcome[]): void;
  /** Appends a fact to the run's record. */
  event(type: string, data: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface SinkOutcome {
  readonly sink: string;
  readonly kind: string;
  readonly target: string;
  readonly mode: Mode;
  readonly status: 'loaded' | 'reused' | 'untouched' | 'checked';
  readonly loadId: string;
  /** Counted in the target after the commit; from the ledger when reused. */
  readonly loaded: number;
  /** Columns that came with the source and that this load has added there. */
  readonly added?: readonly string[];
  /** Of a merge: rows that were there, whose place loaded ones have taken. */
  readonly replaced?: number;
  readonly seconds: number;
  readonly sample: readonly Readonly<Record<string, string>>[];
}

export interface RuleOutcome {
  readonly rule: string;
  readonly action: 'fail' | 'quarantine' | 'drop' | 'warn';
  /** Rows that the rule looked at; absent: it is about no rows, or nobody counted. */
  readonly checked?: number;
  /** Rows that broke it; 0 for a rule about all rows at once. */
  readonly rows: number;
  /**
   * `passed`: nothing broke it. `tolerated`: within its threshold. `broken`: it did what its action
   * says. `failed`: it fails the run.
   */
  readonly verdict: 'passed' | 'tolerated' | 'broken' | 'failed';
  readonly detail?: string;
}

/** What a finished job says of itself; the source of result line, summary and report. */
export interface JobOutcome {
  readonly engine: EngineName;
  readonly engineReason: string;
  readonly source: string;
  readonly counts: RowCounts;
  readonly sinks: readonly SinkOutcome[];
  readonly rules: readonly RuleOutcome[];
  readonly contract: OutputContract;
  /** Loaded rows per partition value, in order. */
  readonly partitions: readonly { readonly value: string; readonly rows: number }[];
  /** Where quarantined rows are, when there are any. */
  readonly quarantine?: string;
  readonly warnings: readonly string[];
  /** Columns of the source that nothing uses. */
  readonly extraColumns: readonly string[];
  /** Columns that are not as the job knows them, and what happens to them. */
  readonly schemaChanges: readonly ColumnFate[];
  /** Of a dry run that was asked for it. */
  readonly preview?: LoadPreview;
  /** Of a probe, which loads nothing: what it has found. */
  readonly findings?: readonly Finding[];
}

/** What a job computes, of what and for which targets; nothing is written for it. */
export interface Computation {
  readonly transform: Transform;
  readonly session: SessionOptions;
  openSource(session: SqlSession, signal: AbortSignal): Promise<Source>;
  /** Where the job loads to, on an engine that runs here. */
  sinks(): readonly SinkPlan[];
}

/** A job as a value. The runner owns the order of things; a job cannot change it. */
export interface JobDefinition<Config, Input = unknown> {
  /** The one name of the job everywhere, snake_case. */
  readonly name: string;
  readonly summary: string;
  readonly config: ZodType<Config, Input>;
  /** Names of its steps, in order. */
  readonly steps: readonly string[];
  executeJob(context: JobContext, config: Config, signal: AbortSignal): Promise<JobOutcome>;
  /** Absent: the job has no plan that engines could be compared over. */
  computation?(config: Config, context: StrategyContext): Promise<Computation>;
  /** Whom it tells how a run ended, after that is recorded; who cannot be told is a warning. */
  notifiers?(config: Config): Notifiers;
}

/** The config of a job as people write it in TypeScript. */
export type ConfigOf<Job> = Job extends { readonly config: ZodType<unknown, infer Input> }
  ? Input
  : never;

export function defineJob<Config, Input = unknown>(
  job: JobDefinition<Config, Input>,
): JobDefinition<Config, Input> {
  return job;
}
