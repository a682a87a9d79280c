import { isDeepStrictEqual } from 'node:util';
import { JobError } from '../core/errors.ts';
import { type LoadEntry, rangesOf, rowsOf } from '../core/ledger.ts';
import { describeRange, describeState, type SourceRange } from '../core/source-range.ts';
import type { IncrementalSource, Source, SourcePart } from '../core/strategy.ts';
import type { RunInfo } from './job.ts';
import { type ClaimedSink, findLoad, type HeldSink, type OpenSink, rowsThere } from './sinks.ts';

/** What a run reads of an incremental source, and for whom. */
interface Increment<Opened extends OpenSink> {
  /** The rows of the range; absent: no sink lacks any. */
  readonly source?: Source;
  /** For people: the range, or since when nothing is new. */
  readonly text: string;
  readonly sinks: readonly IncrementSink<Opened>[];
}

interface IncrementSink<Opened extends OpenSink> {
  readonly sink: Opened;
  /** Whether the range is to be loaded there; if not, the load that brought exactly this range. */
  readonly lacks: boolean;
  readonly entry?: LoadEntry;
}

/** A sink, and what its ledger says of the source. */
interface Known<Opened extends OpenSink> {
  readonly opened: Opened;
  readonly entries: readonly LoadEntry[];
  readonly ranges: readonly SourceRange[];
}

/**
 * Chooses the range that a run reads, by the ledgers of its sinks: what some of them lack of others,
 * then what is new. An interrupted run is completed by that, by its retry or by any other run.
 *
 * @throws JobError `APPEND_REPEATED` when rows that a target may have would be appended to it again.
 */
export async function findIncrement<Opened extends OpenSink>(
  source: IncrementalSource,
  sinks: readonly Opened[],
  run: Pick<RunInfo, 'runId' | 'force'>,
  signal: AbortSignal,
): Promise<Increment<Opened>> {
  const known: Known<Opened>[] = [];
  for (const opened of sinks) {
    const entries = await opened.sink.loads(signal);
    const ranges = rangesOf(entries, opened.request.job, source.name);
    known.push({ opened, entries, ranges });
  }
  for (const each of known) {
    assertAppendable(each, source, run);
    await assertThere(each, signal);
  }
  const done = known.map((each) => newestOf(each, source));
  if (done.length > 0 && done.every((entry) => entry?.runId === run.runId)) {
    return {
      text: `loaded by an earlier attempt: ${describeState(known[0]?.ranges ?? [])}`,
      sinks: known.map(({ opened }, index) => had(opened, done[index])),
    };
  }
  const fromStart = run.force && sinks.every(({ request }) => request.mode === 'merge');
  const states = known.map(({ ranges }) => ranges);
  const options = { fromStart, acceptLoss: run.force };
  const next = await source.next(states, options, signal);
  if (next === undefined) {
    return {
      text: `nothing new since ${describeState(known[0]?.ranges ?? [])}`,
      sinks: sinks.map((opened) => ({ sink: opened, lacks: false })),
    };
  }
  const { range, lacking, repeats } = next;
  if (repeats !== undefined) {
    const due = sinks.filter((_, index) => lacking[index]);
    refuseRepeats(due, repeats);
  }
  const progress = { source: source.name, range };
  // Rows that are read again make another load each time: only a retry of the run makes the same.
  const part = partOf(range, source.rereads || fromStart ? run.runId : undefined);
  return {
    source: await source.read(range, signal),
    text: describeRange(range),
    sinks: known.map((each, index) => {
      const { opened } = each;
      const loadId = opened.identify([part]);
      const newest = newestOf(each, source);
      if (lacking[index] === true && newest?.loadId !== loadId) {
        return { sink: { ...opened, loadId, progress }, lacks: true };
      }
      const isThis = isDeepStrictEqual(newest?.progress?.range, range);
      return had(opened, isThis ? newest : undefined);
    }),
  };
}

/** Loads that are there are reported by what the ledger says of them. */
async function claimedOf(
  { sink, entry }: IncrementSink<HeldSink>,
  signal: AbortSignal,
): Promise<ClaimedSink> {
  const isCounted = sink.request.mode === 'append';
  const rows = isCounted ? await rowsThere(sink.sink, signal) : 0;
  if (entry === undefined) return { ...sink, rowsBefore: rows };
  return { ...sink, reuse: entry, rowsBefore: rows - rowsOf(entry) };
}

function had<Opened extends OpenSink>(
  opened: Opened,
  entry: LoadEntry | undefined,
): IncrementSink<Opened> {
  if (entry === undefined) return { sink: opened, lacks: false };
  return { sink: { ...opened, loadId: entry.loadId }, lacks: false, entry };
}

function newestOf(
  { opened, entries }: Known<OpenSink>,
  source: IncrementalSource,
): LoadEntry | undefined {
  return entries.findLast(
    ({ job, progress }) => job === opened.request.job && progress?.source === source.name,
  );
}

/** A range as a part of the load's identity. */
function partOf(range: SourceRange, runId: string | undefined): SourcePart {
  const version = JSON.stringify(range);
  return { name: 'range', version: runId === undefined ? version : `${version} ${runId}` };
}

/** Rows that may be there already are a merge's to find. */
function refuseRepeats(sinks: readonly OpenSink[], reason: string): void {
  for (const { sink, request } of sinks) {
    if (request.mode !== 'append') continue;
    throw new JobError(
      'APPEND_REPEATED',
      `${sink.target} would get rows that it may have already: ${reason}`,
      { hint: 'set "mode" to "merge", which puts rows in the place of those with their key' },
    );
  }
}

/** A table can be dropped without its ledger: what it lacks then is everything. */
async function assertThere(
  { opened: { sink }, ranges }: Known<OpenSink>,
  signal: AbortSignal,
): Promise<void> {
  if (ranges.length === 0) return;
  const { exists, create } = await sink.describe(signal);
  // The ledger of a folder is in it.
  if (exists || create === undefined) return;
  throw new JobError(
    'TARGET_FAILED',
    `${sink.target} is gone, and its ledger says it has all up to ${describeState(ranges)}`,
    { hint: 'restore it, or remove its loads from the ledger, too, to start over' },
  );
}

/** A merge takes any row twice; an append must know what is there. */
function assertAppendable(
  { opened, entries, ranges }: Known<OpenSink>,
  source: IncrementalSource,
  { runId, force }: Pick<RunInfo, 'runId' | 'force'>,
): void {
  if (opened.request.mode !== 'append') return;
  const { target } = opened.sink;
  const newest = entries.findLast((entry) => entry.progress?.source === source.name);
  if (newest !== undefined && force && newest.runId !== runId) {
    throw new JobError(
      'APPEND_REPEATED',
      `${target} already holds the rows up to ${describeState(ranges)}: --force would append them once more`,
      {
        hint: 'run without --force for what is new; with mode "merge" --force reads all rows again',
      },
    );
  }
  const last = entries.at(-1);
  if (ranges.length > 0 || last === undefined || force) return;
  const other = entries.findLast((entry) => entry.progress !== undefined)?.progress?.source;
  throw new JobError(
    'APPEND_REPEATED',
    `${target} holds rows, loaded by run "${last.runId}", but its ledger has no state of ${source.name}`,
    {
      hint:
        other === undefined
          ? 'use mode "merge", which takes rows that are there already, or --force to append the whole source once'
          : `it has the state of "${other}": is that the same source, set "incremental": {"name": "${other}"}; else --force appends the whole source once`,
    },
  );
}

/** What a run loads, once its targets are claimed. */
export interface DueLoad {
  /** Absent: there is nothing to load. */
  readonly source?: Source;
  /** What is read, for people. */
  readonly location: string;
  readonly claimed: readonly ClaimedSink[];
  /** Sinks that the load does not concern. */
  readonly ahead: readonly OpenSink[];
}

/** By the ledgers of the held sinks: what has to be loaded, and into which of them. */
export async function dueLoad(
  source: Source,
  held: readonly HeldSink[],
  run: RunInfo,
  signal: AbortSignal,
): Promise<DueLoad> {
  const claimed: ClaimedSink[] = [];
  const incremental = incrementalOf(source, run);
  if (incremental === undefined) {
    for (const sink of held) claimed.push(await findLoad(sink, run.force, signal));
    return { source, location: source.location, claimed, ahead: [] };
  }
  const increment = await findIncrement(incremental, held, run, signal);
  const ahead: OpenSink[] = [];
  for (const each of increment.sinks) {
    if (each.lacks || each.entry !== undefined) claimed.push(await claimedOf(each, signal));
    else ahead.push(each.sink);
  }
  const location = `${source.location}: ${increment.text}`;
  const { source: part } = increment;
  return { ...(part === undefined ? {} : { source: part }), location, claimed, ahead };
}

/** A window asks for its rows, whatever was read before: a backfill, which no state knows of. */
export function incrementalOf(
  { incremental }: Source,
  { window }: Pick<RunInfo, 'window'>,
): IncrementalSource | undefined {
  return window === undefined ? incremental : undefined;
}
