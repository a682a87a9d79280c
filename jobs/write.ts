import { allOrNone } from '../core/concurrent.ts';
import { JobError } from '../core/errors.ts';
import type { JobContext, SinkOutcome } from './job.ts';
import { type LoadEntry, type PartitionContent, rowsOf, type RowCounts } from '../core/ledger.ts';
import { evolvedColumns } from '../core/schema.ts';
import type { Staged } from '../core/strategy.ts';
import { assertAccounted } from './accounting.ts';
import type { Computed } from './result.ts';
import { type ClaimedSink, type OpenSink, sumOf } from './sinks.ts';

/** How many rows of each sink a person is shown. */
const SAMPLE_ROWS = 3;

/** What one run writes into all its sinks. */
export interface Content {
  readonly computed: Computed;
  readonly counts: RowCounts;
  readonly loadedAt: string;
}

export interface Written {
  readonly staged: Staged;
  readonly entry: LoadEntry;
  /** From the start of staging to the end of the commit, without the wait for other sinks. */
  readonly seconds: number;
}

/**
 * Stages the result in every sink at the same time, holds the staged rows against the accounting law,
 * and only then commits, sink after sink.
 */
export async function writeSinks(
  sinks: readonly ClaimedSink[],
  content: Content,
  context: JobContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<ClaimedSink, Written>> {
  const { clock, watcher } = context;
  const { computed, counts } = content;
  const { result } = computed;
  const due = sinks.filter((sink) => sink.reuse === undefined);
  const contents = onceCopied(due, computed, signal);
  const staged = await allOrNone(
    due.map((claimed) => async (each: AbortSignal) => {
      const start = clock.monotonicMs();
      let done = 0;
      watcher.progress(claimed.plan.name, 0, result.rows);
      const ready = await claimed.sink.stage(
        {
          result,
          claim: claimed.claim,
          onRows(rows) {
            done += rows;
            watcher.progress(claimed.plan.name, done, result.rows);
            contents.copied(claimed, done);
          },
        },
        each,
      );
      assertAccounted(claimed.plan.name, counts, ready.rows, 'before the commit');
      return { claimed, ready, ms: clock.monotonicMs() - start };
    }),
    signal,
  );
  const partitions = await contents.ready();
  const written = new Map<ClaimedSink, Written>();
  // Who may have to wait, or be refused, goes first, while nothing is committed anywhere. The others
  // follow within moments, whatever asks the run to stop: only a lost claim still ends it.
  const order = [...staged].sort((a, b) => canWait(b.claimed) - canWait(a.claimed));
  const lost = AbortSignal.any(sinks.map(({ claim }) => claim.lost));
  for (const { claimed, ready, ms } of order) {
    if (written.size === 0) signal.throwIfAborted();
    const stop = written.size === 0 && claimed.sink.commitWaits === true ? signal : lost;
    const start = clock.monotonicMs();
    const made = entryOf(claimed, content, partitions, context.run.createdBy);
    const entry = await claimed.sink.commit(ready, made, claimed.claim, stop);
    const seconds = (ms + clock.monotonicMs() - start) / 1000;
    written.set(claimed, { staged: ready, entry, seconds });
    await context.event('load.committed', {
      sink: claimed.plan.name,
      load_id: entry.loadId,
      rows: rowsOf(entry),
      ...(entry.merged === undefined ? {} : { replaced: entry.merged.replaced }),
      ...(claimed.added.length === 0 ? {} : { added: claimed.added.map(({ name }) => name) }),
    });
  }
  return written;
}

/**
 * Starts to hash the contents when the last sink has its rows: until then the copying needs the
 * processors, after it they wait for the sinks' keys.
 */
function onceCopied(due: readonly ClaimedSink[], computed: Computed, signal: AbortSignal) {
  const copying = new Set(due);
  let started: Promise<readonly PartitionContent[]> | undefined;
  const ready = () => (started ??= computed.contents(signal));
  return {
    ready,
    copied(sink: ClaimedSink, rows: number): void {
      if (rows >= computed.result.rows) copying.delete(sink);
      // Whoever awaits it gets the failure.
      if (copying.size === 0) ready().catch(() => undefined);
    },
  };
}

function canWait({ sink }: ClaimedSink): number {
  return sink.commitWaits === true ? 1 : 0;
}

function entryOf(
  { request, loadId, progress, claim }: ClaimedSink,
  { counts, loadedAt }: Content,
  partitions: readonly PartitionContent[],
  createdBy: string,
): LoadEntry {
  const { job, runId, attempt, window, covers, mode } = request;
  const evolved = evolvedColumns(request.contract);
  return {
    loadId,
    job,
    mode,
    ...(window === undefined ? {} : { window }),
    ...(covers === undefined ? {} : { covers }),
    runId,
    attempt,
    claim: claim.number,
    createdBy,
    loadedAt,
    counts,
    partitions,
    ...(progress === undefined ? {} : { progress }),
    ...(evolved.length === 0 ? {} : { evolved }),
  };
}

/** Counts every sink in the target itself and holds the figures against the accounting law. */
export async function accountSinks(
  sinks: readonly ClaimedSink[],
  counts: RowCounts,
  written: ReadonlyMap<ClaimedSink, Written>,
  signal: AbortSignal,
): Promise<readonly SinkOutcome[]> {
  return await allOrNone(
    sinks.map((claimed) => async (each: AbortSignal) => {
      const { plan, sink, reuse, added } = claimed;
      const done = written.get(claimed);
      const loaded = await countLoaded(claimed, done, each);
      assertAccounted(plan.name, reuse?.counts ?? counts, loaded, 'after the commit');
      const merged = (done?.entry ?? reuse)?.merged;
      return {
        ...sinkOutcome(claimed, reuse === undefined ? 'loaded' : 'reused'),
        loaded,
        ...(merged === undefined ? {} : { replaced: merged.replaced }),
        ...(done === undefined || added.length === 0
          ? {}
          : { added: added.map(({ name }) => name) }),
        seconds: done?.seconds ?? 0,
        sample: await sink.sample(SAMPLE_ROWS, each),
      };
    }),
    signal,
  );
}

/** Rows of this load, counted in the target. */
async function countLoaded(
  { sink, request, reuse, rowsBefore }: ClaimedSink,
  written: Written | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (request.mode !== 'merge') return sumOf(await sink.count(signal)) - rowsBefore;
  // The rows of its partitions were counted when the load was found.
  if (reuse !== undefined) return rowsOf(reuse);
  if (sink.countMerged === undefined || written === undefined) {
    throw new JobError('INTERNAL', `${sink.target} does not count what was merged`);
  }
  return await sink.countMerged(written.staged, signal);
}

/** What there is to say of a sink before, or without, a load. */
export function sinkOutcome(
  { plan, sink, loadId }: OpenSink,
  status: SinkOutcome['status'],
): SinkOutcome {
  const { name, kind, mode } = plan;
  const { target } = sink;
  return { sink: name, kind, target, mode, status, loadId, loaded: 0, seconds: 0, sample: [] };
}
