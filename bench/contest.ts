import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Contestant, windowOf } from './arguments.ts';
import { runContestant } from './contestant.ts';
import type { BenchContext } from './context.ts';
import { freshDatabase } from './database.ts';
import { accountingOf } from './figures.ts';
import type { ContestResult, Run } from './results.ts';
import { type Expectation, judge } from './sinks.ts';
import type { Source } from './slice.ts';
import type { Load } from './task.ts';

type Entry = ContestResult['contestants'][number];

/**
 * Every contestant on the same task, each run in processes of its own, into targets of its own, in
 * another order each time. The sinks of everybody's first run are compared with the truth.
 */
export async function runContest(
  source: Source,
  expectation: Expectation,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Omit<ContestResult, 'measured'>> {
  const { contestants, runs } = context.options;
  const entries = new Map<Contestant, Entry>();
  for (let round = 0; round < runs; round++) {
    for (const name of rotated(contestants, round)) {
      const entry = entries.get(name);
      // Who failed once is out: it costs time and proves nothing.
      if (entry !== undefined && entry.runs.length < round) continue;
      context.say(`${name}, run ${round + 1} of ${runs}`);
      entries.set(name, await nextRun(name, entry, source, expectation, context, signal));
    }
  }
  return {
    read: expectation.truth.read,
    loaded: expectation.truth.loaded,
    columns: expectation.print.columns.size,
    contestants: contestants.flatMap((name) => entries.get(name) ?? []),
  };
}

async function nextRun(
  name: Contestant,
  entry: Entry | undefined,
  source: Source,
  expectation: Expectation,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Entry> {
  const so = entry ?? { name, version: '', runs: [], accounting: '', problems: [] };
  try {
    const judged = entry === undefined ? expectation : undefined;
    const { load, problems } = await oneLoad(name, source, judged, context, signal);
    context.say(`  ${load.seconds.toFixed(1)} s${problems.map((line) => `\n  ${line}`).join('')}`);
    return {
      name,
      version: load.version,
      runs: [...so.runs, runOf(load)],
      accounting: accountingOf(load.counts),
      problems: [...so.problems, ...problems],
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    context.say(`  failed: ${reason}`);
    return { ...so, problems: [...so.problems, reason.split('\n')[0] ?? reason] };
  }
}

/** One load into an empty database and an empty folder, which are gone afterwards. */
export async function oneLoad(
  name: Contestant,
  source: Source,
  expectation: Expectation | undefined,
  context: BenchContext,
  signal: AbortSignal,
): Promise<{ readonly load: Load; readonly problems: readonly string[] }> {
  const { folders, options, server } = context;
  const folder = join(folders.out, name);
  await rm(folder, { recursive: true, force: true });
  await using database = await freshDatabase(server, `bench_${name}`, options.keep);
  try {
    const task = { source, window: windowOf(options), database, folder };
    const load = await runContestant(name, task, context, signal);
    const problems =
      expectation === undefined ? [] : await judge(load, database, expectation, context, signal);
    return { load, problems };
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

export function runOf({ seconds, sparkSeconds, cpuSeconds, serverCpu, peakMb, parts }: Load): Run {
  return {
    seconds,
    sparkSeconds,
    parts: [...parts],
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    ...(serverCpu === undefined ? {} : { serverCpu }),
    ...(peakMb === undefined ? {} : { peakMb }),
  };
}

function rotated<T>(values: readonly T[], by: number): readonly T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
