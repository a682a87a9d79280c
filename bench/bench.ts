import { mkdir, rm } from 'node:fs/promises';
import { loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import { openBulkEngine } from '../engines/bulk/session.ts';
import { startEmbeddedPostgres } from '../entry/start/embedded-postgres.ts';
import { type BenchOptions, foldersOf, isWhole, parseArguments, type Part } from './arguments.ts';
import { compareConnect } from './connect.ts';
import { runContest } from './contest.ts';
import type { BenchContext, Pythons } from './context.ts';
import { runCurve } from './curve.ts';
import { describeMachine } from './machine.ts';
import { runPsql } from './psql.ts';
import { writeReport } from './report.ts';
import {
  type ContestResult,
  type Measurement,
  problemsOf,
  readResults,
  type Results,
  writeResults,
} from './results.ts';
import { type Expectation, expectationOf } from './sinks.ts';
import { openSource, scopeOf, type Source } from './slice.ts';

const ROOT = dirname(import.meta.dirname);
/** Memory for checking results; what is measured keeps its own default. */
const CHECK_MEMORY_MB = Math.min(4_000, totalmem() / 2 ** 21);

/** What `scripts/bench.mjs` has prepared. */
const pythonsSchema = z.object({
  judge: z.string(),
  polars: z.string().optional(),
  spark: z.object({ version: z.string(), python: z.string(), jars: z.string() }).optional(),
});

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

async function bench(options: BenchOptions, pythons: Pythons, signal: AbortSignal) {
  const folders = foldersOf(ROOT);
  await rm(folders.out, { recursive: true, force: true });
  await mkdir(folders.logs, { recursive: true });
  await using server = await startEmbeddedPostgres(
    { dataDir: folders.cluster, onProgress: say },
    signal,
  );
  await using session = await openBulkEngine(
    { memoryMb: CHECK_MEMORY_MB, tempDir: folders.home, extensionDirs: [folders.extensions] },
    systemClock,
    signal,
  );
  // Fetched before anything is measured.
  await session.useExtension('postgres_scanner', signal);
  const context = { root: ROOT, folders, options, server, session, pythons, say };
  const source = await openSource(context, signal);
  const needsTruth = options.parts.some((part) => part === 'psql' || part === 'contest');
  const expectation = needsTruth ? await expectationOf(context, source, signal) : undefined;
  const target = isWhole(options) ? join(ROOT, 'bench') : folders.home;
  const file = join(target, 'results.json');
  let all: Results = {
    ...(await readResults(file)),
    machine: await describeMachine(context, signal),
  };
  let contest: Omit<ContestResult, 'measured'> | undefined;
  for (const part of options.parts) {
    const measured = measurement(options);
    const result = await partOf(part, { source, expectation, contest, context }, signal);
    if ('contestants' in result) contest = result;
    all = { ...all, [part]: { measured, ...result } };
    // After each part: an hour's work is not lost to what comes next.
    await writeResults(file, all);
    await writeReport(target, all);
  }
  return { all, target };
}

interface Known {
  readonly source: Source;
  readonly expectation: Expectation | undefined;
  readonly contest: Omit<ContestResult, 'measured'> | undefined;
  readonly context: BenchContext;
}

async function partOf(
  part: Part,
  { source, expectation, contest, context }: Known,
  signal: AbortSignal,
) {
  if (part === 'curve') return await runCurve(source, contest, context, signal);
  if (part === 'connect') return await compareConnect(source, context, signal);
  if (expectation === undefined) throw new Error(`"${part}" needs the truth`);
  return part === 'psql'
    ? await runPsql(source, expectation, context, signal)
    : await runContest(source, expectation, context, signal);
}

function measurement(options: BenchOptions): Measurement {
  return {
    date: new Date().toISOString().slice(0, 10),
    command: options.command,
    scope: scopeOf(options),
    load: loadavg()[0] ?? 0,
  };
}

const options = parseArguments(process.argv.slice(2));
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stop.abort(new Error('stopped'));
  });
}
const prepared = process.env['BENCH_PYTHONS'];
if (prepared === undefined) throw new Error('start this with npm run bench');
const pythons = pythonsSchema.parse(JSON.parse(prepared)) as Pythons;
const { all, target } = await bench(options, pythons, stop.signal);
const measuredNow: Results = Object.fromEntries(options.parts.map((part) => [part, all[part]]));
const problems = problemsOf(measuredNow);
for (const line of problems) process.stdout.write(`WRONG: ${line}\n`);
process.stdout.write(`written: ${join(target, 'RESULTS.md')}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
