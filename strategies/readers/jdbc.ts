import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { quote, type SqlSession } from '../../core/engine.ts';
import { defineReader, type Source, type StrategyContext } from '../../core/strategy.ts';
import { attach } from '../postgres/attach.ts';
import { chooseEndpoint, type Endpoint } from '../postgres/endpoint.ts';
import { connectionSettings } from '../postgres/settings.ts';
import { displayName, parseTableName, qualified, type TableName } from '../postgres/table-name.ts';
import { readFailure } from './jdbc-errors.ts';

const config = z
  .strictObject({
    strategy: z.literal('JDBC'),
    jdbcUrl: z.string().min(1),
    /** Connection properties as the JDBC driver names them; `password` may be a `secret://`. */
    properties: z.record(z.string(), z.string()).default({}),
    /** A table or view, with its schema. */
    sourceTable: z.string().min(1).optional(),
    /** A query in its place, in the server's SQL. */
    query: z.string().min(1).optional(),
  })
  .refine(
    ({ sourceTable, query }) => (sourceTable === undefined) !== (query === undefined),
    'give either "source_table" or "query"',
  );
type JdbcConfig = z.output<typeof config>;

/** A table, view or query of Postgres. */
export const jdbcReader = defineReader({
  config,
  on: { row: openOnDuckDb, bulk: openOnDuckDb },
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
      ? `select * from postgres_query(${quote(name)}, ${quote(given.query ?? '')})`
      : `select * from ${name}.${qualified(table)}`;
  const described = await named(endpoint, async () => {
    await attach(session, endpoint, { name, schema, access: 'read_only' }, signal);
    return await session.rows(`describe ${live}`, signal);
  });
  const base = {
    location,
    columns: described.map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    })),
    // Nobody knows what has changed since, so that no load of it makes another superfluous.
    snapshot: [{ name: 'jdbc', version: randomUUID() }],
    assertUnchanged: () => Promise.resolve(),
  };
  const origin = (rows: string) => `select *, ${quote(location)} as __file, ${rows} as __row`;
  return {
    ...base,
    relation: live,
    relationWithOrigin: `${origin('row_number() over () - 1')} from (${live})`,
    async materialize(copying) {
      const file = join(session.scratchDir, `${name}.parquet`);
      await named(endpoint, () =>
        session.run(
          `copy (${live}) to ${quote(file)} (format parquet, compression zstd, compression_level 1)`,
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
  };
}

/** The server, and the table there; undefined for a query. */
async function placeOf(
  { jdbcUrl, properties, sourceTable, query }: JdbcConfig,
  { clock, resolveSecret }: StrategyContext,
  signal: AbortSignal,
): Promise<{ readonly endpoint: Endpoint; readonly table: TableName | undefined }> {
  const settings = connectionSettings(jdbcUrl, properties, 'dray');
  const defaultSchema = settings.searchPath?.split(',')[0]?.trim();
  const table = sourceTable === undefined ? undefined : parseTableName(sourceTable, defaultSchema);
  const password = settings.password && (await resolveSecret(settings.password));
  const what = table === undefined ? `query ${shortened(query ?? '')}` : displayName(table);
  try {
    return { endpoint: await chooseEndpoint(settings, password, what, clock, signal), table };
  } catch (error) {
    throw readFailure(error);
  }
}

function shortened(query: string): string {
  const line = query.replaceAll(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}...` : line;
}

/** Says of a failure that it is the source's. */
async function named<T>({ party }: Endpoint, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw readFailure(error, party);
  }
}
