import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { identifier, quote, type SqlSession } from '../../core/engine.ts';
import { inLanes } from '../../core/concurrent.ts';
import { defineReader, type Source, type StrategyContext } from '../../core/strategy.ts';
import { attach } from '../postgres/attach.ts';
import { qualified } from '../postgres/table-name.ts';
import { cursorSource, type ServerRows } from './jdbc-cursor.ts';
import { copiedSource, copyRows, withOrigin } from './jdbc-copy.ts';
import {
  asTable,
  isRedshift,
  type JdbcConfig,
  jdbcConfig,
  named,
  placeOf,
  unversioned,
} from './jdbc-place.ts';
import { inOneSnapshot, keyRanges } from './jdbc-ranges.ts';
import { openRedshift } from './jdbc-redshift.ts';
import { openOnSpark } from './jdbc-spark.ts';

/** Types of which DuckDB and Postgres have the same order and the same texts. */
const ORDERED_ALIKE: ReadonlySet<string> = new Set([
  ...['SMALLINT', 'INTEGER', 'BIGINT'],
  ...['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
]);

/** Ranges that are read at the same time, whatever their number. */
const LANES = 8;

/** A table, view or query of Postgres or Redshift. */
export const jdbcReader = defineReader({
  config: jdbcConfig,
  on: { row: openOnDuckDb, bulk: openOnDuckDb, bigdata: openOnSpark },
  /** A query tells nothing of its size, and a view is not stored; Redshift's figure is for superusers. */
  async bytes(given, context, signal) {
    if (isRedshift(given)) return undefined;
    const { endpoint, table } = await placeOf(given, context, signal);
    if (table === undefined) return undefined;
    await using connection = endpoint.connect();
    const [row] = await named(endpoint, () =>
      connection.query(
        'select pg_table_size(to_regclass($1))::text as bytes',
        [qualified(table)],
        signal,
      ),
    );
    const bytes = Number(row?.['bytes'] ?? 0);
    return bytes === 0 ? undefined : bytes;
  },
});

async function openOnDuckDb(
  session: SqlSession,
  given: JdbcConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  if (isRedshift(given)) return await openRedshift(session, given, context, signal);
  const { endpoint, table } = await placeOf(given, context, signal);
  const { target: location, user } = endpoint.party;
  const digest = createHash('sha256')
    .update(`${user} ${location} ${given.query ?? ''} ${given.partitionColumn ?? ''}`)
    .digest('hex');
  const name = `source_${digest.slice(0, 8)}`;
  const schema = table?.schema ?? 'public';
  const ranges = keyRanges(given);
  const live =
    table === undefined
      ? onServer(name, given.query ?? '')
      : ranges === undefined
        ? `select * from ${name}.${qualified(table)}`
        : onServer(name, `select * from ${qualified(table)}`);
  const described = await named(endpoint, async () => {
    await attach(session, endpoint, { name, schema, access: 'read_only' }, signal);
    return await session.rows(`describe ${live}`, signal);
  });
  const base = {
    ...unversioned(endpoint),
    columns: described.map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    })),
  };
  /** @param query - the rows in the server's SQL, where they are read by ranges. */
  const sourceOf = (rows: string, query?: string): Source => ({
    ...base,
    relation: rows,
    relationWithOrigin: withOrigin(base, rows),
    async materialize(copying) {
      const part = (index: number) => join(session.scratchDir, `${name}-${String(index)}.parquet`);
      if (ranges === undefined || query === undefined) {
        await named(endpoint, () => copyRows(session, rows, part(0), copying));
        return copiedSource(base, [part(0)]);
      }
      const from = asTable(query);
      const files = await named(endpoint, () =>
        inOneSnapshot(
          endpoint,
          from,
          ranges,
          async ({ snapshot, conditions }) =>
            await inLanes(
              LANES,
              conditions.map((condition, index) => async (each: AbortSignal) => {
                const some = onServer(name, `select * from ${from} where ${condition}`);
                await copyRows(session, some, part(index), each, [
                  `call postgres_execute(${quote(name)}, ${quote(snapshot)})`,
                ]);
                return part(index);
              }),
              copying,
            ),
          copying,
        ),
      );
      return copiedSource(base, files);
    },
  });
  const server: ServerRows = {
    query: (query) => Promise.resolve(sourceOf(onServer(name, query), query)),
    upTo(column, value) {
      const type = base.columns.find((each) => each.name === column)?.type ?? '';
      if (table === undefined || ranges !== undefined || !ORDERED_ALIKE.has(type)) return undefined;
      return sourceOf(`${live} where ${identifier(column)} <= cast(${quote(value)} as ${type})`);
    },
  };
  const incremental = cursorSource(given, { endpoint, table }, server, context);
  const query = table === undefined ? given.query : `select * from ${qualified(table)}`;
  return { ...sourceOf(live, query), ...(incremental === undefined ? {} : { incremental }) };
}

/** What a query selects, the server selects. */
function onServer(name: string, query: string): string {
  return `select * from postgres_query(${quote(name)}, ${quote(query)})`;
}
