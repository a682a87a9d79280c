import { identifier, quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Query } from '../postgres/connection.ts';
import type { Endpoint } from '../postgres/endpoint.ts';
import type { JdbcConfig } from './jdbc-place.ts';

/** How a source is cut into parts that are read at the same time. */
export interface KeyRanges {
  readonly column: string;
  readonly parts: number;
  /** Absent: the least and the highest value that there are. */
  readonly bounds?: { readonly lower: string; readonly upper: string };
}

/** A snapshot of the server that other sessions can read in, as long as `work` runs. */
export interface RangedRead {
  /** What a new transaction begins with, unless it reads repeatably anyway. */
  readonly isolation: string;
  /** What follows, so that it sees the snapshot. */
  readonly snapshot: string;
  /** Conditions of which every row meets exactly one. */
  readonly conditions: readonly string[];
}

const WHOLE = new Set(['smallint', 'integer', 'bigint']);
const BROKEN = new Set(['numeric', 'real', 'double precision']);
const INSTANTS = new Set(['timestamp without time zone', 'timestamp with time zone']);
const ISOLATION = 'set transaction isolation level repeatable read, read only';
const ENDLESS = /^-?infinity$|^nan$/i;

export function keyRanges(config: JdbcConfig): KeyRanges | undefined {
  const { partitionColumn: column, numPartitions: parts, lowerBound, upperBound } = config;
  if (column === undefined || parts === undefined) return undefined;
  if (lowerBound === undefined || upperBound === undefined) return { column, parts };
  return { column, parts, bounds: { lower: String(lowerBound), upper: String(upperBound) } };
}

/**
 * Exports one snapshot, cuts what it holds into ranges, and lets `work` read them.
 *
 * @param from - a table, or a query in brackets with a name, in the server's SQL.
 */
export async function inOneSnapshot<T>(
  endpoint: Endpoint,
  from: string,
  ranges: KeyRanges,
  work: (read: RangedRead) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  await using connection = endpoint.connect();
  return await connection.transaction(async (query) => {
    await query(ISOLATION, [], signal);
    // The snapshot ends with this transaction, which has nothing to do while others read.
    await query('set local idle_in_transaction_session_timeout to 0', [], signal);
    const [exported] = await query('select pg_export_snapshot() as id', [], signal);
    const conditions = await conditionsOf(query, from, ranges, endpoint, signal);
    const snapshot = `set transaction snapshot ${quote(exported?.['id'] ?? '')}`;
    return await work({ isolation: ISOLATION, snapshot, conditions });
  }, signal);
}

async function conditionsOf(
  query: Query,
  from: string,
  { column, parts, bounds }: KeyRanges,
  { party }: Endpoint,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const name = identifier(column);
  const [typed] = await query(
    `select pg_typeof(max(${name}))::text as type from ${from} where false`,
    [],
    signal,
  );
  const type = typed?.['type'] ?? '';
  const boundary = boundaryOf(type, parts);
  if (boundary === undefined) {
    throw new JobError(
      'SOURCE_SCHEMA',
      `${party.target}: "${column}" is of type ${type}, by which no ranges are made`,
      { hint: 'name a column of numbers, dates or timestamps in "partition_column"' },
    );
  }
  const found = bounds ?? (await boundsOf(query, from, name, signal));
  if (found === undefined) return ['true'];
  const endless = [found.lower, found.upper].find((value) => ENDLESS.test(value));
  if (endless !== undefined) {
    throw new JobError(
      'SOURCE_UNREADABLE',
      `${party.target}: "${column}" has ${endless}, between which and other values no ranges are made`,
      { hint: 'give "lower_bound" and "upper_bound": values outside of them are read, too' },
    );
  }
  const rows = await query(
    `select ($2::text::${type} < $1::text::${type})::text as is_reversed, at::text as at from (
       select distinct (${boundary})::${type} as at
       from generate_series(1, ${String(parts - 1)}) as steps(step)) as boundaries
     right join (select 1) as one on true order by boundaries.at`,
    [found.lower, found.upper],
    signal,
  );
  if (rows[0]?.['is_reversed'] === 'true') {
    throw new JobError(
      'CONFIG_INVALID',
      `"upper_bound" ${found.upper} is below "lower_bound" ${found.lower}`,
      { hint: 'give the lower one first; values outside of them are read, too' },
    );
  }
  const points = rows.flatMap(({ at }) => (at == null ? [] : [`${quote(at)}::${type}`]));
  return rangesBetween(name, points);
}

async function boundsOf(
  query: Query,
  from: string,
  name: string,
  signal: AbortSignal,
): Promise<KeyRanges['bounds']> {
  const sql = `select min(${name})::text as lower, max(${name})::text as upper from ${from}`;
  const [row] = await query(sql, [], signal);
  const { lower, upper } = row ?? {};
  return lower == null || upper == null ? undefined : { lower, upper };
}

/** In SQL, the value after `step` of so many parts; a range of numbers can be wider than its type. */
function boundaryOf(type: string, parts: number): string | undefined {
  const between = (as: string, step: string) =>
    `$1::text::${as} + ($2::text::${as} - $1::text::${as}) * ${step} / ${String(parts)}`;
  if (WHOLE.has(type)) return `floor(${between('numeric', 'step')})`;
  if (BROKEN.has(type)) return between('numeric', 'step');
  if (type === 'date') return between('date', 'step');
  if (INSTANTS.has(type)) return between(type, 'step::double precision');
  return undefined;
}

/** Nulls are in the first; the first and the last have no end. */
function rangesBetween(name: string, points: readonly string[]): readonly string[] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return ['true'];
  return [
    `(${name} < ${first} or ${name} is null)`,
    ...points
      .slice(1)
      .map((point, index) => `${name} >= ${points[index] ?? ''} and ${name} < ${point}`),
    `${name} >= ${last}`,
  ];
}
