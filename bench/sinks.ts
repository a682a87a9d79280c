import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { quote, type SqlSession } from '../core/engine.ts';
import type { EmbeddedPostgres } from '../entry/start/embedded-postgres.ts';
import { compare, type Fingerprint, fingerprint } from './equality.ts';

const aggregates = z.record(z.string(), z.union([z.string(), z.number()]));
const judged = z.object({
  delta: aggregates,
  delta_version: z.int(),
  delta_files: z.array(z.string()),
  parquet: aggregates,
  parquet_files: z.array(z.string()),
});

const MAX_OUTPUT_BYTES = 16_000_000;

export interface Targets {
  readonly delta: string;
  readonly parquet: string;
  readonly table: string;
  readonly server: EmbeddedPostgres;
}

export interface Verdict {
  readonly rows: Readonly<Record<string, number>>;
  /** Empty when every sink is equal to what it must hold. */
  readonly differences: readonly string[];
  readonly columns: number;
}

/**
 * Compares each sink with the expected rows: all columns by DuckDB, on the files that delta-rs names
 * as the table and pyarrow finds in the folder, and some aggregates by those two themselves.
 *
 * @param python - interpreter with the packages of test/python/requirements.txt.
 */
export async function judgeSinks(
  session: SqlSession,
  targets: Targets,
  truthFiles: string,
  python: string,
  folder: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const script = join(import.meta.dirname, 'read_sinks.py');
  const { stdout } = await promisify(execFile)(python, [script, targets.delta, targets.parquet], {
    signal,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const judge = judged.parse(JSON.parse(stdout));
  const truth = `read_parquet(${quote(truthFiles)})`;
  const expected = await fingerprint(session, truth, signal);
  const relations = {
    delta: parquetFiles(judge.delta_files),
    parquet: parquetFiles(judge.parquet_files),
    postgres: await pullTable(session, targets, folder, signal),
  };
  const prints: Record<string, Fingerprint> = {};
  const differences: string[] = [];
  for (const [sink, relation] of Object.entries(relations)) {
    const print = await fingerprint(session, relation, signal);
    prints[sink] = print;
    differences.push(...compare(sink, print, expected));
  }
  const own = await aggregatesOf(session, truth, signal);
  differences.push(
    ...unlike('delta-rs', judge.delta, own),
    ...unlike('pyarrow', judge.parquet, own),
  );
  return {
    rows: Object.fromEntries(Object.entries(prints).map(([sink, { rows }]) => [sink, rows])),
    differences,
    columns: expected.columns.size,
  };
}

function parquetFiles(paths: readonly string[]): string {
  const local = paths.map((path) => decodeURIComponent(path.replace(/^file:\/\//, '')));
  return `read_parquet([${local.map(quote).join(', ')}], hive_partitioning = false)`;
}

/** One pass over the table, into a local file: the columns are then read from there. */
async function pullTable(
  session: SqlSession,
  { server, table }: Targets,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  await session.useExtension('postgres_scanner', signal);
  const { port, user, password, database } = server;
  await session.run(
    `create or replace secret bench (type postgres, host '127.0.0.1', port ${port},
       database ${quote(database)}, user ${quote(user)}, password ${quote(password)})`,
    signal,
  );
  await session.run(`attach '' as bench (type postgres, secret bench, read_only)`, signal);
  const path = join(folder, 'postgres.parquet');
  await session.run(`copy (from bench.${table}) to ${quote(path)} (format parquet)`, signal);
  await session.run('detach bench', signal);
  return `read_parquet(${quote(path)})`;
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
