import { createHash } from 'node:crypto';
import { identifier, quote, type SqlSession } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import type { Source, SourcePart, StrategyContext } from '../core/strategy.ts';
import { readers } from '../strategies/registry.ts';
import { incrementalOf } from './increment.ts';
import type { RunInfo } from './job.ts';

/** Quarantined rows, as they are in their files now, in the place of the source's. */
export interface Corrections {
  /** Files of quarantines, oldest first: a row of a later one wins. */
  readonly places: readonly string[];
  /** What the source was when the first of them was written, by {@link digestOf}. */
  readonly source: string;
}

/** Columns that the quarantine adds to the source's. */
export const ADDED = ['rules', 'source_file', 'source_row_number', 'run_id', 'attempt'] as const;

/** The state of a source as a short text. */
export function digestOf(snapshot: readonly SourcePart[]): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('hex').slice(0, 32);
}

/**
 * The source as if its rows had been what the quarantine's files say. Every other row is the source's
 * own, so that a load of it is what a load of the repaired source would be.
 *
 * A text that is no value of its column's type ends the run with `VALUE_INVALID` when it is read.
 *
 * @throws JobError `REPLAY_REFUSED` where rows cannot be found again: the source has changed, is a
 *   table without row numbers, or a file names a row twice or one that the source does not have.
 */
export async function correctedSource(
  source: Source,
  { places, source: digest }: Corrections,
  session: SqlSession,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const open = session.engine === 'bigdata' ? undefined : readers.PARQUET.on[session.engine];
  if (open === undefined) {
    throw new JobError('ENGINE_UNSUPPORTED', `"${session.engine}" does not replay a quarantine`, {
      hint: 'set "strategy_type" to "bulk": the same rows come out',
    });
  }
  if (source.materialize !== undefined) {
    throw refused(
      `${source.location} has no rows that could be found again`,
      'correct the rows in the table itself, and run the job again',
    );
  }
  if (digestOf(source.snapshot) !== digest) {
    throw refused(
      `${source.location} has changed since the rows were quarantined`,
      'run the job again: it reads what is there now',
    );
  }
  let corrected = source;
  for (const place of places) {
    const config = { strategy: 'PARQUET', sourceTable: place } as const;
    const kept = await open(session, config, context, signal);
    corrected = await overlaid(corrected, kept, session, signal);
  }
  return corrected;
}

/** @throws JobError `REPLAY_REFUSED` for a run whose rows belong to a range that is loaded already. */
export function assertReplayable(source: Source, run: Pick<RunInfo, 'window'>): void {
  if (incrementalOf(source, run) === undefined) return;
  throw refused(
    `${source.location} was read incrementally, and what is loaded is not read again`,
    'correct the rows in the source, so that they are read as new ones, or load their window with --from and --to',
  );
}

async function overlaid(
  source: Source,
  kept: Source,
  session: SqlSession,
  signal: AbortSignal,
): Promise<Source> {
  const names = new Set(kept.columns.map(({ name }) => name));
  const lacking = [...source.columns.map(({ name }) => name), ...ADDED.slice(1, 3)].filter(
    (name) => !names.has(name),
  );
  if (lacking.length > 0) {
    throw refused(
      `${kept.location} has no column ${lacking.map((name) => `"${name}"`).join(', ')}`,
      'keep all columns when correcting rows; a source that has one of those names cannot be replayed',
    );
  }
  const own = source.columns.map(({ name, type }) => {
    const column = identifier(name);
    return `cast(${column} as ${type}) as ${column}`;
  });
  const rows = `select ${own.join(', ')}, source_file as __file, cast(source_row_number as bigint) as __row from (${kept.relation})`;
  const before = source.relationWithOrigin;
  const found = `select count(*) from (${before}) s semi join (${rows}) q using (__file, __row)`;
  const [figures] = await session.rows(
    `select (select count(*) from (${rows})) as kept, (select count(*) from (select distinct __file, __row from (${rows}))) as places, (${found}) as found`,
    signal,
  );
  if (figures?.['kept'] !== figures?.['places'] || figures?.['kept'] !== figures?.['found']) {
    throw refused(
      `${kept.location} has ${String(figures?.['kept'])} rows, for ${String(figures?.['places'])} places of which the source has ${String(figures?.['found'])}`,
      'correct values only: source_file and source_row_number say which row is meant, each once',
    );
  }
  const relationWithOrigin = `select * from (select * from (${before}) anti join (${rows}) using (__file, __row)) union all by name ${rows}`;
  return {
    ...source,
    location: `${source.location}, corrected by ${kept.location}`,
    snapshot: [...source.snapshot, ...kept.snapshot],
    relationWithOrigin,
    relation: `select * exclude (__file, __row) from (${relationWithOrigin})`,
    async assertUnchanged(each) {
      await source.assertUnchanged(each);
      await kept.assertUnchanged(each);
    },
  };
}

function refused(message: string, hint: string): JobError {
  return new JobError('REPLAY_REFUSED', message, { hint });
}

/** A query of quarantined rows, in DuckDB's SQL. */
export function keptRows(relation: string, rule: string | undefined): string {
  const where = rule === undefined ? '' : `where list_contains(rules, ${quote(rule)})`;
  return `select * from (${relation}) ${where} order by source_file, source_row_number`;
}
