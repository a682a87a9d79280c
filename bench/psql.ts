import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { windowOf } from './arguments.ts';
import { runContestant } from './contestant.ts';
import type { BenchContext } from './context.ts';
import { type Database, freshDatabase } from './database.ts';
import { accountingOf, count, megabytes, seconds } from './figures.ts';
import type { PsqlResult } from './results.ts';
import { type Expectation, judge } from './sinks.ts';
import type { Source } from './slice.ts';
import type { Load } from './task.ts';
import { measureYardstick, type Yardstick, type YardstickTimes } from './yardstick.ts';

/** One load by dray, and then the same rows by psql, on the same server. */
export async function runPsql(
  source: Source,
  expectation: Expectation,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Omit<PsqlResult, 'measured'>> {
  const { folders, options, server, say } = context;
  const folder = join(folders.out, 'psql');
  await rm(folder, { recursive: true, force: true });
  await using database = await freshDatabase(server, 'bench_psql', options.keep);
  try {
    say('load_promos, to be held against psql');
    const task = { source, window: windowOf(options), database, folder };
    const load = await runContestant('bulk', task, context, signal);
    say(`the yardstick, ${options.yardsticks} times`);
    const yardstick = await measureRows(database, load, options.yardsticks);
    say('comparing the sinks');
    const problems = [...(await judge(load, database, expectation, context, signal))];
    if (yardstick.rows !== expectation.truth.loaded) {
      problems.push(`the yardstick has ${yardstick.rows} rows, not ${expectation.truth.loaded}`);
    }
    const window = windowOf(options);
    return {
      tool: yardstick.tool,
      figures: figuresOf(load, yardstick).map(([name, value]) => [name, value]),
      accounting: accountingOf(load.counts),
      columns: expectation.print.columns.size,
      problems,
      steps: stepsOf(load),
      draySeconds: postgresSeconds(load),
      toolSeconds: bestOf(yardstick).total,
      command: [
        'node dist/generic-entry.mjs --module_name load_promos --load_promos_job @config.json',
        ...(window ? ['--start_date', window.startDate, '--end_date', window.endDate] : []),
      ].join(' '),
    };
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

/** Exports the loaded rows to a file that any account may read, and loads them again. */
async function measureRows(database: Database, load: Load, times: number): Promise<Yardstick> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-bench-'));
  try {
    await chmod(folder, 0o755);
    const file = join(folder, 'rows.bin');
    return await measureYardstick(database, load.targets.table, file, times);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function stepsOf({ parts, seconds: whole }: Load): PsqlResult['steps'] {
  const inSteps = parts.reduce((sum, step) => sum + step.seconds, 0);
  return [...parts, { name: 'start, end', seconds: whole - inSteps }];
}

/** Seconds of the Postgres sink: staging, key, ANALYZE and commit. */
function postgresSeconds({ sinks }: Load): number {
  return sinks.find((sink) => sink.kind === 'postgres')?.seconds ?? Number.NaN;
}

function bestOf({ runs }: Yardstick): YardstickTimes {
  return runs.reduce((best, each) => (each.total < best.total ? each : best));
}

function figuresOf(load: Load, yardstick: Yardstick): readonly (readonly [string, string])[] {
  const best = bestOf(yardstick);
  const own = postgresSeconds(load);
  return [
    ['seconds, whole process', seconds(load.seconds)],
    ...load.parts.map((step) => [`seconds, step ${step.name}`, seconds(step.seconds)] as const),
    ...load.sinks.map(
      (sink) => [`seconds, sink ${sink.kind} (side by side)`, seconds(sink.seconds)] as const,
    ),
    ['CPU seconds, process', seconds(load.cpuSeconds)],
    ['CPU seconds, server', seconds(load.serverCpu)],
    ['peak MB, process', megabytes(load.peakMb)],
    [`seconds, ${yardstick.tool}, best of ${yardstick.runs.length}`, seconds(best.total)],
    ['of these COPY, key, ANALYZE', [best.copy, best.key, best.analyze].map(seconds).join(', ')],
    ['CPU seconds, server', seconds(best.serverCpu)],
    [`ratio, dray's Postgres part / ${yardstick.tool}`, (own / best.total).toFixed(2)],
    ...load.sinks.map((sink) => [`rows in ${sink.kind}`, count(sink.loaded)] as const),
  ];
}
