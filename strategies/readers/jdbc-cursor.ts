import { createHash } from 'node:crypto';
import { identifier, quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { type CursorRange, nextPoints, type SourceRange } from '../../core/source-range.ts';
import type { IncrementalSource, Source, StrategyContext } from '../../core/strategy.ts';
import type { Connection, Query } from '../postgres/connection.ts';
import { postgres } from '../postgres/dialect.ts';
import type { Endpoint } from '../postgres/endpoint.ts';
import { displayUrl } from '../postgres/jdbc-url.ts';
import { displayName, qualified, type TableName } from '../postgres/table-name.ts';
import { redshift } from '../redshift/dialect.ts';
import { postgresCursor, redshiftCursor } from './jdbc-cursor-sql.ts';
import { asTable, isRedshift, type JdbcConfig, named } from './jdbc-place.ts';

/** Values above everything that will ever come: with one of them as state, nothing is new any more. */
const ENDLESS = new Set(['infinity', 'NaN', 'Infinity']);

/** How an engine reads from the server. */
export interface ServerRows {
  /** What a query in the server's SQL selects. */
  query(sql: string): Promise<Source>;
  /** Rows of the table up to a value; undefined where the engine may compare it in another way. */
  upTo?(column: string, value: string): Source | undefined;
}

interface Place {
  readonly endpoint: Endpoint;
  readonly table: TableName | undefined;
}

/**
 * Reads by a column whose values only grow. Values are compared by the server and kept as it prints
 * them, so that a type means the same here as there.
 */
export function cursorSource(
  config: JdbcConfig,
  { endpoint, table }: Place,
  rows: ServerRows,
  context: StrategyContext,
): IncrementalSource | undefined {
  const { incremental } = config;
  if (incremental === undefined) return undefined;
  const { cursorColumn: column, lookBack } = incremental;
  const from = table === undefined ? asTable(config.query) : qualified(table);
  const cursor = identifier(column);

  const sql = isRedshift(config) ? redshiftCursor : postgresCursor;

  async function ask<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    await using connection = endpoint.connect();
    return await named(endpoint, () => work(connection));
  }

  async function inOrder(
    query: Query,
    points: readonly string[],
    type: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (points.length < 2) return points;
    const values = points.map(
      (point, index) => `select ${String(index)} as place, ${sql.value(point, type)} as point`,
    );
    const rows = await query(`${values.join(' union all ')} order by point`, [], signal);
    return rows.flatMap((row) => points[Number(row['place'])] ?? []);
  }

  async function warnOfNulls(query: Query, signal: AbortSignal): Promise<void> {
    const nulls = `select count(*) as rows from ${from} where ${cursor} is null`;
    const rows = Number((await query(nulls, [], signal))[0]?.['rows'] ?? 0);
    if (rows === 0) return;
    context.warn(
      `${endpoint.party.target}: rows with null in "${column}" are not read: ${String(rows)}`,
    );
  }

  return {
    name: incremental.name ?? `${placeName(config, endpoint, table)}#${column}`,
    rereads: lookBack !== undefined,
    async next(states, { fromStart }, signal) {
      return await ask(async (connection) => {
        const { query } = connection;
        const type = await sql.typeOf(connection, from, column, signal);
        const points = states.map((ranges) => pointOf(ranges));
        const known = [...new Set(points.flatMap((point) => point ?? []))];
        const ascending = await inOrder(query, known, type, signal);
        const newest = async (after: string | undefined): Promise<string | undefined> => {
          // What was read before stays the least, should the newest rows be gone.
          const least = fromStart ? ascending.at(-1) : after;
          const above = least === undefined ? '' : ` where ${cursor} > ${sql.value(least, type)}`;
          const [row] = await query(
            `select max(${cursor}) as newest from ${from}${above}`,
            [],
            signal,
          );
          const value =
            row?.['newest'] ?? (fromStart || lookBack !== undefined ? least : undefined);
          if (value === undefined || !ENDLESS.has(value)) return value;
          throw new JobError(
            'SOURCE_UNREADABLE',
            `${endpoint.party.target}: the newest "${column}" is ${value}, after which nothing is new`,
            { hint: 'use a column without such values, or a query that leaves these rows out' },
          );
        };
        await warnOfNulls(query, signal);
        const next = fromStart
          ? await nextPoints(
              points.map(() => undefined),
              [],
              newest,
            )
          : await nextPoints(points, ascending, newest);
        if (next === undefined) return undefined;
        const { after, upTo, lacking } = next;
        const again = after === undefined || lookBack === undefined ? {} : { lookBack };
        const start = after === undefined ? {} : { after };
        return { range: { by: 'cursor', column, ...start, upTo, ...again }, lacking };
      });
    },
    async read(range, signal) {
      if (range.by !== 'cursor') throw new JobError('INTERNAL', 'not a range of a cursor');
      // The first read is of the whole table: an engine has faster ways for that than a query.
      const whole = range.after === undefined ? rows.upTo?.(column, range.upTo) : undefined;
      if (whole !== undefined) return whole;
      const type = await ask((connection) => sql.typeOf(connection, from, column, signal));
      const value = (text: string) => sql.value(text, type);
      return await rows.query(`select * from ${from} where ${condition(cursor, range, value)}`);
    },
  };
}

function pointOf(ranges: readonly SourceRange[]): string | undefined {
  return ranges.findLast((range) => range.by === 'cursor')?.upTo;
}

function condition(
  cursor: string,
  { after, upTo, lookBack }: CursorRange,
  value: (text: string) => string,
): string {
  const end = `${cursor} <= ${value(upTo)}`;
  if (after === undefined) return end;
  if (lookBack === undefined) return `${cursor} > ${value(after)} and ${end}`;
  const back = typeof lookBack === 'number' ? String(lookBack) : `interval ${quote(lookBack)}`;
  // Rows that have come since with the very value of the state are among those.
  return `${cursor} >= ${value(after)} - ${back} and ${end}`;
}

function placeName(config: JdbcConfig, { at, settings }: Endpoint, table?: TableName): string {
  const { query } = config;
  const scheme = isRedshift(config) ? redshift.scheme : postgres.scheme;
  const digest = createHash('sha256')
    .update(query ?? '')
    .digest('hex');
  const what = table === undefined ? `query-${digest.slice(0, 12)}` : displayName(table);
  // Whichever of several hosts answered.
  return `${displayUrl(settings.hosts[0] ?? at, settings.database, scheme)}/${what}`;
}
