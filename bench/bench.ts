import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { openBulkEngine } from '../engines/bulk/session.ts';
import { startEmbeddedPostgres } from '../entry/start/embedded-postgres.ts';
import {
  type BenchOptions,
  foldersOf,
  parseArguments,
  weekNumbers,
  windowOf,
} from './arguments.ts';
import { findData } from './data.ts';
import { CREATED_BY, type Load, runLoad } from './load.ts';
import { describeMachine } from './machine.ts';
import { writeReport } from './report.ts';
import { accountingOf, type BenchResult, figuresOf, problemsOf, WHOLE_YEAR } from './result.ts';
import { judgeSinks } from './sinks.ts';
import { computeTruth } from './truth.ts';
import { connect, type Database, measureYardstick, psqlVersion } from './yardstick.ts';

const ROOT = dirname(import.meta.dirname);
/** Memory for checking the result; the load itself keeps its own default. */
const CHECK_MEMORY_MB = Math.min(4_000, totalmem() / 2 ** 21);

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<BenchResult> {
  const folders = foldersOf(ROOT);
  const [loadBefore = 0] = loadavg();
  const python = process.env['DRAY_TEST_PYTHON'];
  if (python === undefined) throw new Error('start this with npm run bench');
  const source = await findData(options.dataDir, folders.download, say);
  await rm(folders.out, { recursive: true, force: true });
  await using server = await startEmbeddedPostgres(
    { dataDir: folders.cluster, onProgress: say },
    signal,
  );
  const client = await connect(server);
  try {
    await using session = await openBulkEngine(
      { memoryMb: CHECK_MEMORY_MB, tempDir: folders.home, extensionDirs: [folders.extensions] },
      systemClock,
      signal,
    );
    await dropTables({ server, client });
    // Fetched before anything is measured.
    await session.useExtension('postgres_scanner', signal);

    say(`load_promos, ${scopeOf(options)}`);
    const load = await runLoad(ROOT, source, server, folders.out, windowOf(options), signal);
    say(`the yardstick, ${options.yardsticks} times`);
    const yardstick = await measureRows({ server, client }, load, options.yardsticks);
    say('what the sinks must hold, from the raw files');
    const stamp = { createdBy: CREATED_BY, loadedAt: await loadedAt({ server, client }, load) };
    const weeks = weekNumbers(options);
    const truth = await computeTruth(session, source, weeks, stamp, session.scratchDir, signal);
    say('comparing the sinks with it');
    const targets = { ...load.targets, server };
    const { files } = truth;
    const { scratchDir } = session;
    const verdict = await judgeSinks(session, targets, files, python, scratchDir, signal);
    const [engine] = await session.rows('select version() as version', signal);
    const machine = describeMachine(
      ROOT,
      {
        duckdb: String(engine?.['version']),
        postgres: await serverVersion({ server, client }),
        psql: (await psqlVersion()) ?? 'none',
      },
      loadBefore,
    );
    return { scope: scopeOf(options), load, yardstick, truth, verdict, machine };
  } finally {
    if (!options.keep) {
      await dropTables({ server, client });
      await rm(folders.out, { recursive: true, force: true });
    }
    await client.end();
  }
}

function scopeOf({ weeks }: BenchOptions): string {
  return weeks === undefined ? WHOLE_YEAR : `weeks ${weeks.first} to ${weeks.last}`;
}

async function dropTables({ client }: Database): Promise<void> {
  await client.query(
    'drop table if exists public.promotions, yardstick, "_dray_claims", "_dray_loads"',
  );
}

/** Exports the loaded rows to a file that any account may read, and loads them again. */
async function measureRows(database: Database, load: Load, times: number) {
  const folder = await mkdtemp(join(tmpdir(), 'dray-bench-'));
  try {
    await chmod(folder, 0o755);
    const file = join(folder, 'rows.bin');
    return await measureYardstick(database, load.targets.table, file, times);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws Error unless all rows carry the same time. */
async function loadedAt({ client }: Database, load: Load): Promise<string> {
  const { rows } = await client.query<{ at: string }>(
    `select distinct to_char(loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from ${load.targets.table}`,
  );
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`${rows.length} values of loaded_at`);
  return row.at;
}

async function serverVersion({ client }: Database): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  return rows[0]?.server_version ?? 'unknown';
}

const options = parseArguments(process.argv.slice(2));
const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort(new Error('stopped'));
});
await mkdir(foldersOf(ROOT).home, { recursive: true });
const result = await bench(options, stop.signal);
const isYear = options.weeks === undefined;
const problems = problemsOf(result, isYear);
const target = isYear ? join(ROOT, 'bench') : foldersOf(ROOT).home;
await writeReport(target, result, problems);
const width = Math.max(...figuresOf(result).map(([name]) => name.length));
for (const [name, value] of figuresOf(result)) {
  process.stdout.write(`${name.padEnd(width)}  ${value}\n`);
}
process.stdout.write(`${accountingOf(result)}\n`);
for (const line of problems) process.stdout.write(`WRONG: ${line}\n`);
process.stdout.write(
  problems.length === 0
    ? `the three sinks are equal to independent SQL over the source in all ${result.verdict.columns} columns\n`
    : `${problems.length} problems\n`,
);
process.stdout.write(`written: ${join(target, 'RESULTS.md')}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
