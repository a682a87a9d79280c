import type { output, ZodType } from 'zod';
import type { Claim, ClaimRecord } from './claims.ts';
import type { Clock } from './clock.ts';
import type { ComputedResult, EngineName, SqlSession } from './engine.ts';
import type { Failpoints } from './failpoint.ts';
import type { LoadEntry, Mode } from './ledger.ts';
import type { Notification } from './notification.ts';
import type { OutputContract } from './schema.ts';
import type { Secret } from './secrets.ts';
import type { NextRange, SourceRange } from './source-range.ts';
import type { OpenStorage } from './storage.ts';
import type { Upkeep } from './upkeep.ts';
import type { Window } from './window.ts';

/** What strategies may use of the outside world. */
export interface StrategyContext {
  readonly clock: Clock;
  readonly openStorage: OpenStorage;
  readonly failpoints: Failpoints;
  /** Resolves `secret://...` at the last moment; what it returns is redacted everywhere. */
  readonly resolveSecret: (secret: Secret) => Promise<string>;
  /** A problem the run survives; goes to the report and the events. */
  warn(message: string): void;
}

/** A source column as the source declares it. */
export interface SourceColumn {
  readonly name: string;
  /** The type as DuckDB names it, such as `BIGINT` or `DECIMAL(10,2)`, whatever the engine. */
  readonly type: string;
  /** A file of the source that does not have the column, when others do. */
  readonly missingIn?: string;
}

/** One immutable piece of a source: a file with size and version, or a table version. */
export interface SourcePart {
  readonly name: string;
  readonly bytes?: number;
  readonly version: string;
}

/** An open source. */
export interface Source {
  /** As messages name it, without credentials. */
  readonly location: string;
  readonly columns: readonly SourceColumn[];
  /** What exactly is read; part of the load id. */
  readonly snapshot: readonly SourcePart[];
  /** The engine's SQL of the relation with the source's columns and nothing else. */
  readonly relation: string;
  /**
   * The same plus `__file` (text) and `__row` (int64): the 0-based physical row number, or where rows
   * have no place that lasts, a number by their values, which equal rows share.
   */
  readonly relationWithOrigin: string;
  /**
   * Copies what is there now into the session, in one read: for a source that others change while a
   * run reads it several times. Called once, when the run is sure to read: before, there may be nothing
   * behind the relations. Absent: nothing changes.
   */
  materialize?(signal: AbortSignal): Promise<Source>;
  /** @throws JobError `SOURCE_CHANGED` when the source is no longer the snapshot. */
  assertUnchanged(signal: AbortSignal): Promise<void>;
  /** Where config asks for it: reading only what came since. */
  readonly incremental?: IncrementalSource;
}

export interface NextOptions {
  /** All of the source, whatever the targets have; the state still never goes back. */
  readonly fromStart: boolean;
  /** Go on where the source no longer has what a target lacks. */
  readonly acceptLoss: boolean;
}

/** A source that is read range after range. The ranges that were read are kept by the targets. */
export interface IncrementalSource {
  /** Names the source in the ledgers; without credentials. */
  readonly name: string;
  /** Ranges have rows of earlier ones again: only a merge can take them. */
  readonly rereads: boolean;
  /**
   * The range to read next; undefined: no target lacks anything that the source has.
   *
   * @param states - for each target the ranges that it has, oldest first.
   * @throws JobError `RANGE_LOST` when the source no longer has what a target lacks.
   */
  next(
    states: readonly (readonly SourceRange[])[],
    options: NextOptions,
    signal: AbortSignal,
  ): Promise<NextRange | undefined>;
  /**
   * The rows of a range.
   *
   * @throws JobError `RANGE_LOST` when the source no longer has all of it.
   */
  read(range: SourceRange, signal: AbortSignal): Promise<Source>;
}

/** A reader: config schema plus one function per engine; a missing engine is the declaration of it. */
export interface ReaderStrategy<Schema extends ZodType> {
  readonly config: Schema;
  readonly on: Partial<Record<EngineName, OpenReader<output<Schema>>>>;
  /** About how many bytes the source has where it is stored, found without an engine. */
  bytes(
    config: output<Schema>,
    context: StrategyContext,
    signal: AbortSignal,
  ): Promise<number | undefined>;
}
export type OpenReader<Config> = (
  session: SqlSession,
  config: Config,
  context: StrategyContext,
  signal: AbortSignal,
) => Promise<Source>;

export function defineReader<Schema extends ZodType>(
  reader: ReaderStrategy<Schema>,
): ReaderStrategy<Schema> {
  return reader;
}

/** What a load into one sink is about; the same for every sink of a run. */
export interface LoadRequest {
  readonly job: string;
  readonly runId: string;
  readonly attempt: number;
  readonly window?: Window;
  /** Values of the partition column that the window selects; absent: all. */
  readonly covers?: readonly string[];
  readonly mode: Mode;
  readonly contract: OutputContract;
  /** How long one statement may wait for a lock that somebody holds in the target; absent: for ever. */
  readonly lockTimeoutMs?: number;
}

/** The window that a sink claims: `overwrite` decides all rows, whatever the run's window. */
export function claimWindow({ mode, window }: LoadRequest): Window | undefined {
  return mode === 'overwrite' ? undefined : window;
}

/** What a sink has made ready: everything heavy is done, nothing can be seen yet. */
export interface Staged {
  /** Rows counted where they were staged (in the staging table, in the staged files). */
  readonly rows: number;
}

/** What there is at a target. */
export interface TargetState {
  readonly exists: boolean;
  /** The statement that makes it when it does not exist; a folder of files needs none. */
  readonly create?: string;
  /** The statements that add what it lacks of the columns that came with the source. */
  readonly alter?: string;
  /** Files that hold the rows of the request's window; absent where rows are in no files of ours. */
  readonly files?: number;
}

/**
 * An open target. The template calls, in this order: `check`, `claim`, `loads`, then `stage` and
 * `commit` unless the load can be reused, `count`, and disposes the claim and the sink.
 */
export interface Sink extends AsyncDisposable {
  /** Which sink of the job this is, for people: `delta`, `parquet`, `postgres`. */
  readonly kind: string;
  /** As messages name it, without credentials. */
  readonly target: string;
  /** @throws JobError `TARGET_SCHEMA` when the target exists with other columns; writes nothing. */
  check(signal: AbortSignal): Promise<void>;
  /** Says what there is, for people; writes nothing. */
  describe(signal: AbortSignal): Promise<TargetState>;
  /**
   * A commit may have to wait for others, and leaves nothing when it is aborted or refused. Such
   * sinks commit before those whose commit takes moments.
   */
  readonly commitWaits?: boolean;
  /** All claims of the target, for the start of the run that they keep. */
  claims(signal: AbortSignal): Promise<readonly ClaimRecord[]>;
  /** Claims (target, window); removes what dead claims left behind. */
  claim(options: ClaimOptions, signal: AbortSignal): Promise<Claim>;
  /** Committed loads, oldest first. */
  loads(signal: AbortSignal): Promise<readonly LoadEntry[]>;
  /** Writes the result where no reader sees it. */
  stage(input: StageInput, signal: AbortSignal): Promise<Staged>;
  /**
   * Makes staged rows and ledger entry visible in one commit.
   *
   * @returns the entry as the ledger has it: a merge adds what it found and left.
   * @throws JobError `LEASE_LOST` when a higher overlapping claim exists.
   */
  commit(staged: Staged, entry: LoadEntry, claim: Claim, signal: AbortSignal): Promise<LoadEntry>;
  /**
   * Rows in the target now, per partition that the request covers; reads the target itself. None
   * when there is no target.
   */
  count(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /**
   * After the commit of a merge: rows in the target whose key is in the load, read from the target
   * itself. A sink without that mode has no such thing.
   */
  countMerged?(staged: Staged, signal: AbortSignal): Promise<number>;
  /**
   * A query, in DuckDB's SQL for the session that the sink was opened with, of all rows that readers
   * of the target see, whatever their window, with the contract's columns; undefined: there is no
   * target. Not asked of a sink on Spark.
   */
  content?(signal: AbortSignal): Promise<string | undefined>;
  /** A few rows of the target in the request's window, as text, for people. */
  sample(limit: number, signal: AbortSignal): Promise<readonly Readonly<Record<string, string>>[]>;
  /** Where a catalog knows the target by name, and config names that catalog. */
  readonly afterLoad?: AfterLoad;
  /** Where the target grows by each load; not asked of a sink on Spark. */
  readonly upkeep?: Upkeep;
  /** Deletes what this process staged and did not commit. */
  discard(signal: AbortSignal): Promise<void>;
}

/**
 * What follows the commit, in a catalog that knows the target by name. A load that is committed never
 * fails by it: what is left undone, the next run finds out and does.
 */
export interface AfterLoad {
  /** The catalog and the table's name there, for messages. */
  readonly place: string;
  /** Asks the catalog what differs from config; writes nothing. The caller disposes it. */
  readonly open: (signal: AbortSignal) => Promise<CatalogWork>;
}

export interface CatalogWork extends AsyncDisposable {
  /** What differs, in the order in which it has to be done; none: all is as config has it. */
  readonly steps: readonly CatalogStep[];
}

export interface CatalogStep {
  /** The statement or the call, for people. */
  readonly text: string;
  /** When it fails, the steps after it cannot work either. */
  readonly isFirst?: boolean;
  run(signal: AbortSignal): Promise<void>;
}

export interface ClaimOptions {
  readonly startedAt: string;
  readonly lockTimeoutMs: number;
  onWait(holder: ClaimRecord): void;
}

export interface StageInput {
  readonly result: ComputedResult;
  readonly claim: Claim;
  /** Gets rows staged since the last call. */
  onRows(rows: number): void;
}

/** A writer: config schema, the modes it has, and how to open its target per engine. */
export interface WriterStrategy<Schema extends ZodType> {
  readonly config: Schema;
  readonly modes: readonly Mode[];
  readonly on: Partial<Record<EngineName, OpenWriter<output<Schema>>>>;
}
export type OpenWriter<Config> = (
  session: SqlSession,
  config: Config,
  request: LoadRequest,
  context: StrategyContext,
  signal: AbortSignal,
) => Promise<Sink>;

export function defineWriter<Schema extends ZodType>(
  writer: WriterStrategy<Schema>,
): WriterStrategy<Schema> {
  return writer;
}

/** A notifier: config schema, and how it sends. */
export interface NotifierStrategy<Schema extends ZodType> {
  readonly config: Schema;
  /**
   * Sends a notification, once.
   *
   * @throws JobError `NOTIFICATION_FAILED` when another try may help, `NOTIFICATION_REFUSED` when not.
   */
  readonly notify: (
    notification: Notification,
    config: output<Schema>,
    context: StrategyContext,
    signal: AbortSignal,
  ) => Promise<void>;
}

export function defineNotifier<Schema extends ZodType>(
  notifier: NotifierStrategy<Schema>,
): NotifierStrategy<Schema> {
  return notifier;
}
