import { randomUUID } from 'node:crypto';
import type { SqlSession } from '../../../core/engine.ts';
import type { LoadEntry, PartitionContent } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import { contentOf } from '../../../plan/content-hash.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { HASHED } from './contract.ts';
import { claimOf, compute, entryOf, never, openSink, type SinkOptions, stage } from './harness.ts';

/** `count` rows of one week, ids from `first`; `note` tells loads apart. */
export function rows(week: number, count: number, first: number, note: string): string {
  return `select (${String(first)} + i)::bigint as id, ${String(week)}::integer as week,
    case when i % 3 = 0 then null else '${note} ' || i end as name,
    (i + 0.000000000000000001)::decimal(38, 18) as price,
    timestamptz '2017-06-05 10:00:00.123456+00' + to_microseconds(i) as seen,
    date '2017-06-05' + i::integer as day from range(${String(count)}) t(i)`;
}

/** Rows and hash per partition of a query of DuckDB's, as the ledger has them. */
export async function contentsOf(
  session: SqlSession,
  query: string,
  contract: OutputContract = HASHED,
): Promise<readonly PartitionContent[]> {
  const name = `content_${randomUUID()}`;
  await session.run(`create view "${name}" as ${query}`, never);
  const found = await session.rows(printDuckDb(contentOf(contract, { name }).node), never);
  return found
    .map((row) => ({
      value: String(row['partition']),
      rows: Number(row['rows']),
      hash: String(row['hash']),
    }))
    .sort((a, b) => a.value.localeCompare(b.value));
}

export interface LoadedTable {
  readonly entry: LoadEntry;
  /** What a merge counts after its commit. */
  readonly counted: number | undefined;
}

/**
 * A whole load as the template does it, by DuckDB or Spark.
 *
 * @param duckdb - computes the rows and their hashes, whoever writes them.
 */
export async function loadInto(
  session: SqlSession,
  path: string,
  query: string,
  options: SinkOptions & { readonly loadId?: string } = {},
  duckdb: SqlSession = session,
): Promise<LoadedTable> {
  const given = { mode: 'merge' as const, contract: HASHED, ...options };
  const result = await compute(duckdb, query, given.contract);
  await using sink = openSink(session, path, given);
  await sink.check(never);
  await using claim = await claimOf(sink);
  try {
    const staged = await stage(sink, result, claim);
    const partitions = await contentsOf(duckdb, query, given.contract);
    const made = { ...entryOf(result, claim, given), partitions };
    const entry = await sink.commit(staged, made, claim, never);
    const counted = given.mode === 'merge' ? await sink.countMerged?.(staged, never) : undefined;
    return { entry, counted };
  } finally {
    await sink.discard(never);
  }
}

/** What Delta's kernel reads from the table, per partition. */
export async function tableContents(
  duckdb: SqlSession,
  path: string,
  contract: OutputContract = HASHED,
): Promise<readonly PartitionContent[]> {
  await using sink = openSink(duckdb, path, { contract });
  return await contentsOf(duckdb, (await sink.content?.(never)) ?? '', contract);
}
