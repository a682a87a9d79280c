import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { quote, type SqlSession } from '../core/engine.ts';
import { weekNumbers } from './arguments.ts';
import type { BenchContext } from './context.ts';
import { type Database, loadedAt } from './database.ts';
import { compare, type Fingerprint, fingerprint } from './equality.ts';
import { scopeOf, type Source, WHOLE_YEAR } from './slice.ts';
import type { Load, Targets } from './task.ts';
import { computeTruth, EXPECTED_AT, type Truth } from './truth.ts';

const aggregates = z.record(z.string(), z.union([z.string(), z.number()]));
const judged = z.object({
  delta: aggregates,
  delta_version: z.int(),
  delta_files: z.array(z.string()),
  parquet: aggregates,
  parquet_files: z.array(z.string()),
});

/** What the whole year must come to. */
const YEAR = { read: 20_940_529, loaded: 20_927_744, deduplicated: 12_785 } as const;

const MAX_OUTPUT_BYTES = 16_000_000;

/** What every contestant's sinks must hold, whoever it is. */
export interface Expectation {
  readonly truth: Truth;
  readonly print: Fingerprint;
  readonly aggregates: Readonly<Record<string, string>>;
}

/** Computes it from the raw files, by SQL of the benchmark's own. */
export async function expectationOf(
  { session, options, say }: BenchContext,
  source: Source,
  signal: AbortSignal,
): Promise<Expectation> {
  say('what the sinks must hold, from the raw files');
  const weeks = weekNumbers(options);
  const truth = await computeTruth(session, source, weeks, session.scratchDir, signal);
  if (scopeOf(options) === WHOLE_YEAR && options.dataDir === undefined) checkYear(truth);
  const relation = `read_parquet(${quote(truth.files)})`;
  return {
    truth,
    print: await fingerprint(session, relation, signal),
    aggregates: await aggregatesOf(session, relation, signal),
  };
}

/** @throws Error when the published data are not those that all figures are of. */
function checkYear({ read, loaded, deduplicated }: Truth): void {
  if (read === YEAR.read && loaded === YEAR.loaded && deduplicated === YEAR.deduplicated) return;
  throw new Error(`the data have changed: ${read} read, ${loaded} to load, ${deduplicated} twice`);
}

/**
 * Everything in which a load is not as it must be. Each sink is compared in all columns by DuckDB, on
 * the files that delta-rs names as the table and pyarrow finds in the folder, and in some aggregates
 * by those two themselves; the counts must explain every row of the source.
 */
export async function judge(
  load: Load,
  database: Database,
  expectation: Expectation,
  { session, pythons }: BenchContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { targets } = load;
  const script = join(import.meta.dirname, 'read_sinks.py');
  const { stdout } = await promisify(execFile)(
    pythons.judge,
    [script, targets.delta, targets.parquet],
    { signal, maxBuffer: MAX_OUTPUT_BYTES },
  );
  const readBack = judged.parse(JSON.parse(stdout));
  const at = await loadedAt(database, targets.table);
  const table = join(session.scratchDir, 'postgres.parquet');
  await pullTable(session, database, targets, table, signal);
  const relations = {
    delta: await parquetFiles(session, readBack.delta_files, signal),
    parquet: await parquetFiles(session, readBack.parquet_files, signal),
    postgres: `read_parquet(${quote(table)})`,
  };
  const differences = countsOf(load, expectation.truth);
  for (const [sink, relation] of Object.entries(relations)) {
    const print = await fingerprint(session, withExpectedTime(relation, at), signal);
    differences.push(...compare(sink, print, expectation.print));
  }
  await rm(table);
  return [
    ...differences,
    ...unlike('delta-rs', readBack.delta, expectation.aggregates),
    ...unlike('pyarrow', readBack.parquet, expectation.aggregates),
  ];
}

function countsOf({ counts, sinks }: Load, truth: Truth): string[] {
  const problems: string[] = [];
  const check = (what: string, is: number, shouldBe: number) => {
    if (is !== shouldBe) problems.push(`${what} is ${is}, expected ${shouldBe}`);
  };
  const { read, loaded, quarantined, filtered, deduplicated } = counts;
  check('read', read, truth.read);
  check('loaded', loaded, truth.loaded);
  check('filtered', filtered, truth.filtered);
  check('quarantined', quarantined, truth.quarantined);
  check('deduplicated', deduplicated, truth.deduplicated);
  for (const sink of sinks) {
    check(`loaded by ${sink.sink}`, sink.loaded, truth.loaded);
    check(
      `accounted by ${sink.sink}`,
      sink.loaded + quarantined + filtered + deduplicated,
      truth.read,
    );
  }
  return problems;
}

/** Rows with the time of their run become rows with the expected one; those with another do not. */
function withExpectedTime(relation: string, at: string): string {
  const difference = `(timestamptz ${quote(EXPECTED_AT)} - timestamptz ${quote(at)})`;
  return `(select * replace (loaded_at + ${difference} as loaded_at) from ${relation})`;
}

/** The week is in the files, or in the names of their folders alone. */
async function parquetFiles(
  session: SqlSession,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const local = paths.map((path) => decodeURIComponent(path.replace(/^file:\/\//, '')));
  const files = `[${local.map(quote).join(', ')}]`;
  const inside = await session.rows(
    `describe select * from read_parquet(${files}, hive_partitioning = false)`,
    signal,
  );
  return inside.some((column) => column['column_name'] === 'week')
    ? `read_parquet(${files}, hive_partitioning = false)`
    : `read_parquet(${files}, hive_partitioning = true, hive_types = {'week': integer})`;
}

/** One pass over the table, into a local file: the columns are then read from there. */
async function pullTable(
  session: SqlSession,
  { server }: Database,
  { table }: Targets,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await session.useExtension('postgres_scanner', signal);
  const { port, user, password, database } = server;
  await session.run(
    `create or replace secret bench (type postgres, host '127.0.0.1', port ${port},
       database ${quote(database)}, user ${quote(user)}, password ${quote(password)})`,
    signal,
  );
  await session.run(`attach '' as bench (type postgres, secret bench, read_only)`, signal);
  await session.run(`copy (from bench.${table}) to ${quote(path)} (format parquet)`, signal);
  await session.run('detach bench', signal);
}

async function aggregatesOf(
  session: SqlSession,
  relation: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const [row = {}] = await session.rows(
    `select count(*) as rows, sum(product_id) as product_id, sum(store_id) as store_id,
       sum(week) as week, sum(promo_score) as promo_score,
       count(*) filter (where on_display) as on_display, count(department) as department,
       min(promo_id) as first, max(promo_id) as last from ${relation}`,
    signal,
  );
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));
}

function unlike(
  who: string,
  found: Readonly<Record<string, string | number>>,
  expected: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(expected).flatMap(([name, value]) =>
    String(found[name]) === value
      ? []
      : [`${who}: ${name} is ${String(found[name])}, expected ${value}`],
  );
}
