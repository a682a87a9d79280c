import { countsMatch, type LoadEntry, reusableLoad } from '../core/ledger.ts';
import type { Source, SourceColumn, TargetState } from '../core/strategy.ts';
import { explain } from '../plan/explain.ts';
import type { PlanSession } from '../plan/session.ts';
import { findIncrement, incrementalOf } from './increment.ts';
import type { RunInfo } from './job.ts';
import { type CatalogPreview, previewCatalog } from './after-load.ts';
import type { ColumnFate, SchemaFit } from './schema-contract.ts';
import { type OpenSink, sumOf } from './sinks.ts';
import type { LoadPlan } from './template.ts';
import type { Measured, RuleDescription, RunStamp } from './transform.ts';

/** What a load would do, found out without writing anything. */
export interface LoadPreview {
  readonly source: {
    readonly location: string;
    /** Files, or table versions. */
    readonly parts: number;
    /** Undefined where a part does not tell. */
    readonly bytes?: number;
    readonly columns: readonly (SourceColumn & { readonly used: boolean })[];
    /** Columns that are not as the job knows them. */
    readonly changes: readonly ColumnFate[];
  };
  /** Of an incremental read: the range, or since when nothing is new. */
  readonly increment?: string;
  /** Where the source's rows would go, but for duplicates. */
  readonly measured: Measured;
  readonly rules: readonly RuleDescription[];
  /** The plan as a tree. */
  readonly steps: string;
  readonly sinks: readonly SinkPreview[];
}

export interface SinkPreview extends Pick<OpenSink, 'plan' | 'loadId' | 'added'> {
  readonly target: string;
  readonly state: TargetState;
  /** Rows that the target holds of the run's window; all, in mode `overwrite`. */
  readonly rowsThere: number;
  /** The load that makes this one superfluous. */
  readonly reuse?: LoadEntry;
  /** An incremental read brings this sink nothing. */
  readonly isAhead?: boolean;
  /** What would follow in the catalog that config names. */
  readonly catalog?: CatalogPreview;
}

const NOTHING: Measured = { read: 0, filtered: 0, quarantined: 0, dropped: 0, rules: [] };

/** Reads the source once, to count; asks each target what it holds. */
export async function previewLoad(
  { transform }: LoadPlan,
  fit: SchemaFit,
  session: PlanSession,
  source: Source,
  sinks: readonly OpenSink[],
  run: RunInfo,
  signal: AbortSignal,
): Promise<LoadPreview> {
  const incremental = incrementalOf(source, run);
  const increment = incremental && (await findIncrement(incremental, sinks, run, signal));
  const read = increment === undefined ? source : increment.source;
  // It is read several times.
  const still = (await read?.materialize?.(signal)) ?? read ?? source;
  const prepared = await transform.prepare(session, still, run.window, signal);
  const measured = read === undefined ? NOTHING : await prepared.measure(run.startedAt, signal);
  const previews: SinkPreview[] = [];
  for (const each of increment?.sinks ?? sinks.map((sink) => ({ sink, lacks: true }))) {
    const preview = await previewSink(each.sink, run.force, signal);
    previews.push(each.lacks ? preview : { ...preview, isAhead: true });
  }
  const unused = new Set(fit.unused);
  const bytes = source.snapshot
    .map((part) => part.bytes)
    .reduce((sum, each) => (sum === undefined || each === undefined ? undefined : sum + each), 0);
  return {
    source: {
      location: source.location,
      parts: source.snapshot.length,
      ...(bytes === undefined ? {} : { bytes }),
      columns: source.columns.map((column) => ({ ...column, used: !unused.has(column.name) })),
      changes: fit.fates,
    },
    ...(increment === undefined ? {} : { increment: increment.text }),
    measured,
    rules: transform.rules,
    steps: explain(prepared.result(stampOf(run)).relation.node),
    sinks: previews,
  };
}

function stampOf({ createdBy, startedAt }: RunInfo): RunStamp {
  return { createdBy, loadedAt: startedAt.toISOString() };
}

async function previewSink(
  { plan, sink, loadId, added }: OpenSink,
  force: boolean,
  signal: AbortSignal,
): Promise<SinkPreview> {
  const state = await sink.describe(signal);
  const counts = state.exists ? await sink.count(signal) : new Map<string, number>();
  const known = force ? undefined : reusableLoad(await sink.loads(signal), loadId);
  const isThere = known !== undefined && countsMatch(known, counts);
  return {
    ...{ plan, loadId, added, target: sink.target, state, rowsThere: sumOf(counts) },
    ...(isThere ? { reuse: known } : {}),
    ...(sink.afterLoad === undefined
      ? {}
      : { catalog: await previewCatalog(sink.afterLoad, signal) }),
  };
}
