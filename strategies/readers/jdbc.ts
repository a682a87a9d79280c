import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { identifier, quote, type SqlSession } from '../../core/engine.ts';
import { defineReader, type Source, type StrategyContext } from '../../core/strategy.ts';
import { attach } from '../postgres/attach.ts';
import { qualified } from '../postgres/table-name.ts';
import { cursorSource, type ServerRows } from './jdbc-cursor.ts';
import { type JdbcConfig, jdbcConfig, named, placeOf, unversioned } from './jdbc-place.ts';
import { openOnSpark } from './jdbc-spark.ts';

/** Types of which DuckDB and Postgres have the same order and the same texts. */
const ORDERED_ALIKE: ReadonlySet<string> = new Set([
  ...['SMALLINT', 'INTEGER', 'BIGINT'],
  ...['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
]);

/** A table, view or query of Postgres. */
export const jdbcReader = defineReader({
  config: jdbcConfig,
  on: { row: openOnDuckDb, bulk: openOnDuckDb, bigdata: openOnSpark },
  /** A query tells nothing of its size, and a view is not stored. */
  async bytes(given, context, signal) {
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
  const { endpoint, table } = await placeOf(given, context, signal);
  const { target: location, user } = endpoint.party;
  const digest = createHash('sha256')
    .update(`${user} ${location} ${given.query ?? ''}`)
    .digest('hex');
  const name = `source_${digest.slice(0, 8)}`;
  const schema = table?.schema ?? 'public';
  const live =
    table === undefined
      ? onServer(name, given.query ?? '')
      : `select * from ${name}.${qualified(table)}`;
  const origin = (rows: string) => `select *, ${quote(location)} as __file, ${rows} as __row`;
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
  const sourceOf = (rows: string): Source => ({
    ...base,
    relation: rows,
    relationWithOrigin: `${origin('row_number() over () - 1')} from (${rows})`,
    async materialize(copying) {
      const file = join(session.scratchDir, `${name}.parquet`);
      await named(endpoint, () =>
        session.run(
          `copy (${rows}) to ${quote(file)} (format parquet, compression zstd, compression_level 1)`,
          copying,
        ),
      );
      const copy = `read_parquet(${quote(file)})`;
      return {
        ...base,
        relation: `select * from ${copy}`,
        relationWithOrigin: `${origin('file_row_number')} from ${copy}`,
      };
    },
  });
  const server: ServerRows = {
    query: (query) => Promise.resolve(sourceOf(onServer(name, query))),
    upTo(column, value) {
      const type = base.columns.find((each) => each.name === column)?.type ?? '';
      if (table === undefined || !ORDERED_ALIKE.has(type)) return undefined;
      return sourceOf(`${live} where ${identifier(column)} <= cast(${quote(value)} as ${type})`);
    },
  };
  const incremental = cursorSource(given, { endpoint, table }, server, context);
  return { ...sourceOf(live), ...(incremental === undefined ? {} : { incremental }) };
}

/** What a query selects, the server selects. */
function onServer(name: string, query: string): string {
  return `select * from postgres_query(${quote(name)}, ${quote(query)})`;
}
