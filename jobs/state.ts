import { type LoadEntry, rangesOf } from '../core/ledger.ts';
import { describeRange, describeState, type SourceRange } from '../core/source-range.ts';
import type { Computation, EngineContext } from './job.ts';
import type { SinkPlan } from './sinks.ts';
import { withSink } from './with-sink.ts';

/** How far a target has read a source. */
export interface SourceState {
  /** As the ledger names it. */
  readonly source: string;
  /** For people: a cursor, a version, a number of files. */
  readonly state: string;
  /** What the newest load has read. */
  readonly last: SourceRange;
  readonly runId: string;
  readonly loadedAt: string;
  readonly loads: number;
  /** What a run would read next, null: nothing; absent: the source was not asked. */
  readonly behind?: string | null;
}

export interface SinkState {
  readonly sink: string;
  readonly kind: string;
  readonly target: string;
  readonly sources: readonly SourceState[];
}

/** Reads the states that a target's ledger keeps of a job's sources. @param ask - the source, too. */
export async function stateOf(
  plan: SinkPlan,
  computation: Computation,
  job: string,
  ask: boolean,
  context: EngineContext,
  signal: AbortSignal,
): Promise<SinkState> {
  return await withSink(plan, computation, job, context, signal, async ({ sink, session }) => {
    const entries = await sink.loads(signal);
    const source = ask ? await computation.openSource(session.sql, signal) : undefined;
    const incremental = source?.incremental;
    const sources: SourceState[] = [];
    for (const [name, [last, loads]] of newestOf(entries, job)) {
      const ranges = rangesOf(entries, job, name);
      const found = {
        source: name,
        state: describeState(ranges),
        last: last.range,
        ...{ runId: last.entry.runId, loadedAt: last.entry.loadedAt, loads },
      };
      if (incremental?.name !== name) {
        sources.push(found);
        continue;
      }
      const options = { fromStart: false, acceptLoss: false };
      const next = await incremental.next([ranges], options, signal);
      sources.push({ ...found, behind: next === undefined ? null : describeRange(next.range) });
    }
    return { sink: plan.name, kind: plan.kind, target: sink.target, sources };
  });
}

interface Last {
  readonly entry: LoadEntry;
  readonly range: SourceRange;
}

/** The newest load of each source, and how many there are. */
function newestOf(
  entries: readonly LoadEntry[],
  job: string,
): ReadonlyMap<string, readonly [Last, number]> {
  const found = new Map<string, readonly [Last, number]>();
  for (const entry of entries) {
    const { progress } = entry;
    if (entry.job !== job || progress === undefined) continue;
    const [, loads] = found.get(progress.source) ?? [undefined, 0];
    found.set(progress.source, [{ entry, range: progress.range }, loads + 1]);
  }
  return found;
}
