import { type Claim, startOfRun } from '../core/claims.ts';
import type { SqlSession } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import type { JobContext } from './job.ts';
import { countsMatch, evolvedBy, type LoadEntry, type Mode, reusableLoad } from '../core/ledger.ts';
import { type Column, evolvedColumns } from '../core/schema.ts';
import type { SourceProgress } from '../core/source-range.ts';
import {
  claimWindow,
  type LoadRequest,
  type Sink,
  type Source,
  type SourcePart,
  type StrategyContext,
} from '../core/strategy.ts';
import { describeWindow, windowsOverlap } from '../core/window.ts';
import { loadIdOf } from './load-id.ts';
import { fitSource, type SchemaFit } from './schema-contract.ts';
import type { LoadPlan } from './template.ts';

const CLEAN_UP_MS = 30_000;

/** One of a job's loaders, as config has it. */
export interface SinkPlan {
  /** The config's word for it: `unity`, `stage`, `redshift`. */
  readonly name: string;
  /** Its strategy, lower case: `delta`. */
  readonly kind: string;
  readonly mode: Mode;
  open(
    session: SqlSession,
    request: LoadRequest,
    context: StrategyContext,
    signal: AbortSignal,
  ): Promise<Sink>;
}

export interface OpenSink {
  readonly plan: SinkPlan;
  readonly sink: Sink;
  readonly request: LoadRequest;
  readonly loadId: string;
  /** The id of the load with other rows of the source. */
  identify(source: readonly SourcePart[]): string;
  /** What of an incremental source the load is. */
  readonly progress?: SourceProgress;
  /** Columns that came with the source and that no load has brought there before. */
  readonly added: readonly Column[];
}

export interface HeldSink extends OpenSink {
  readonly claim: Claim;
}

export interface ClaimedSink extends HeldSink {
  /** The ledger's entry that makes this load superfluous. */
  readonly reuse?: LoadEntry;
  /** Rows that an `append` found in its window. */
  readonly rowsBefore: number;
}

interface Opened {
  readonly plan: SinkPlan;
  readonly sink: Sink;
  readonly request: LoadRequest;
}

/** An open target of a run. */
interface Target extends Opened {
  /** Columns that came with the source in earlier loads. */
  readonly known: readonly Column[];
}

/** A plan whose contract has the columns that came with the source, and its open targets. */
export interface FittedPlan {
  readonly plan: LoadPlan;
  readonly fit: SchemaFit;
  readonly targets: readonly Target[];
}

/**
 * Opens every target for the columns that the load will have: those of the job, those that earlier
 * loads brought into any of the targets, and what the schema contract lets come. Targets are closed
 * with `open`.
 *
 * @throws JobError `SOURCE_SCHEMA` for columns that the schema contract does not allow.
 */
export async function openTargets(
  given: LoadPlan,
  source: Source,
  session: SqlSession,
  context: JobContext,
  open: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<FittedPlan> {
  const plain = new AsyncDisposableStack();
  try {
    const opened = await openAll(given, session, context, plain, signal);
    const known: (readonly Column[])[] = [];
    for (const { sink } of opened) known.push(evolvedBy(await sink.loads(signal)));
    const targets = (all: readonly Opened[]): readonly Target[] =>
      all.map((each, index) => ({ ...each, known: known[index] ?? [] }));
    const fit = fitSource(
      source,
      given.transform,
      evolvedBy(known.map((evolved) => ({ evolved }))),
    );
    const transform = given.transform.withEvolved(fit.evolved, source.columns);
    const plan = { ...given, transform };
    if (fit.evolved.length === 0) {
      open.use(plain.move());
      return { plan, fit, targets: targets(opened) };
    }
    await plain.disposeAsync();
    return { plan, fit, targets: targets(await openAll(plan, session, context, open, signal)) };
  } finally {
    await plain.disposeAsync();
  }
}

async function openAll(
  plan: LoadPlan,
  session: SqlSession,
  context: JobContext,
  open: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<readonly Opened[]> {
  const { runId, attempt, job, window } = context.run;
  const targets: Opened[] = [];
  for (const sinkPlan of plan.sinks) {
    const { mode } = sinkPlan;
    const covers = mode === 'overwrite' ? undefined : plan.transform.covers(window);
    const request: LoadRequest = {
      job,
      runId,
      attempt,
      mode,
      contract: plan.transform.contract,
      lockTimeoutMs: plan.lockTimeoutMs,
      ...(window === undefined ? {} : { window: plan.transform.wholePartitions(window) }),
      ...(covers === undefined ? {} : { covers }),
    };
    const sink = open.use(await sinkPlan.open(session, request, context, signal));
    targets.push({ plan: sinkPlan, sink, request });
  }
  return targets;
}

/** Checks every target, and names the load that the run is there. */
export async function checkTargets(
  { plan, targets }: FittedPlan,
  snapshot: { readonly source: readonly SourcePart[]; readonly inputs: readonly SourcePart[] },
  context: JobContext,
  signal: AbortSignal,
): Promise<readonly OpenSink[]> {
  const { job, window } = context.run;
  const sinks: OpenSink[] = [];
  for (const { plan: sinkPlan, sink, request, known } of targets) {
    await sink.check(signal);
    const { target } = sink;
    const { mode } = sinkPlan;
    const content = { job, target, mode, plan: plan.transform.text, inputs: snapshot.inputs };
    const identify = (source: readonly SourcePart[]) =>
      loadIdOf(window === undefined ? { ...content, source } : { ...content, source, window });
    const there = new Set(known.map(({ name }) => name));
    const added = evolvedColumns(request.contract).filter(({ name }) => !there.has(name));
    const loadId = identify(snapshot.source);
    sinks.push({ plan: sinkPlan, sink, request, loadId, identify, added });
  }
  return sinks;
}

/**
 * Claims every target, always in the same order so that two runs cannot wait for each other.
 *
 * @returns `startedAt`: the start of the run as its first claim stored it, for `loaded_at`.
 */
export async function claimSinks(
  plan: LoadPlan,
  sinks: readonly OpenSink[],
  context: JobContext,
  open: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<{ readonly startedAt: string; readonly held: readonly HeldSink[] }> {
  const { run } = context;
  const starts: string[] = [];
  for (const { sink, request } of sinks) {
    const start = startOfRun(await sink.claims(signal), run.runId, claimWindow(request));
    if (start !== undefined) starts.push(start);
  }
  const startedAt = starts.sort()[0] ?? run.startedAt.toISOString();
  const claims = new Map<OpenSink, Claim>();
  for (const opened of [...sinks].sort((a, b) => (a.sink.target < b.sink.target ? -1 : 1))) {
    const { sink } = opened;
    const claim = open.use(
      await sink.claim(
        {
          startedAt,
          lockTimeoutMs: plan.lockTimeoutMs,
          onWait(holder) {
            context.watcher.note(
              'info',
              `waiting for run "${holder.runId}", which holds ${sink.target} (${describeWindow(holder.window)})`,
            );
          },
        },
        signal,
      ),
    );
    open.defer(() => sink.discard(AbortSignal.timeout(CLEAN_UP_MS)));
    claims.set(opened, claim);
    await context.event('sink.claimed', { sink: opened.plan.name, claim: claim.number });
  }
  const held = sinks.flatMap((opened): readonly HeldSink[] => {
    const claim = claims.get(opened);
    return claim === undefined ? [] : [{ ...opened, claim }];
  });
  return { startedAt, held };
}

/** Finds out whether the load is there already. */
export async function findLoad(
  held: HeldSink,
  force: boolean,
  signal: AbortSignal,
): Promise<ClaimedSink> {
  const { sink, request, loadId } = held;
  const entries = await sink.loads(signal);
  const known = force ? undefined : reusableLoad(entries, loadId);
  if (known !== undefined && countsMatch(known, await sink.count(signal))) {
    return { ...held, reuse: known, rowsBefore: 0 };
  }
  if (request.mode !== 'append') return { ...held, rowsBefore: 0 };
  const repeated = entries.find((entry) => windowsOverlap(entry.window, request.window));
  if (repeated !== undefined && !force) {
    throw new JobError(
      'APPEND_REPEATED',
      `${sink.target} already holds ${describeWindow(repeated.window)}, loaded by run "${repeated.runId}"`,
      { hint: 'use mode "overwrite_window" to replace it, or --force to append once more' },
    );
  }
  return { ...held, rowsBefore: await rowsThere(sink, signal) };
}

/** Rows that the target holds of the request's window; none before its first load. */
export async function rowsThere(sink: Sink, signal: AbortSignal): Promise<number> {
  const { exists } = await sink.describe(signal);
  return exists ? sumOf(await sink.count(signal)) : 0;
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, rows) => sum + rows, 0);
}
