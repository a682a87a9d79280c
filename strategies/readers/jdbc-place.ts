import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import { chooseEndpoint, type Endpoint } from '../postgres/endpoint.ts';
import { connectionSettings } from '../postgres/settings.ts';
import { displayName, parseTableName, type TableName } from '../postgres/table-name.ts';
import { readFailure } from './jdbc-errors.ts';

const incrementalByCursor = z.strictObject({
  cursorColumn: z.string().min(1),
  /** Rows from so far before the state on are read again: an interval such as `1 day`, or a number. */
  lookBack: z.union([z.number().min(0), z.string().min(1)]).optional(),
  /** What the ledgers know the source by, in place of its address. */
  name: z.string().min(1).optional(),
});

export const jdbcConfig = z
  .strictObject({
    strategy: z.literal('JDBC'),
    jdbcUrl: z.string().min(1),
    /** Connection properties as the JDBC driver names them; `password` may be a `secret://`. */
    properties: z.record(z.string(), z.string()).default({}),
    /** A table or view, with its schema. */
    sourceTable: z.string().min(1).optional(),
    /** Reads what came since, by a column whose values only grow. */
    incremental: incrementalByCursor.optional(),
    /** A query in its place, in the server's SQL. */
    query: z.string().min(1).optional(),
  })
  .refine(
    ({ sourceTable, query }) => (sourceTable === undefined) !== (query === undefined),
    'give either "source_table" or "query"',
  );
export type JdbcConfig = z.output<typeof jdbcConfig>;

/** What a source says of itself that nobody knows the version of: no load of it makes another superfluous. */
export function unversioned({
  party,
}: Endpoint): Pick<Source, 'location' | 'snapshot' | 'assertUnchanged'> {
  return {
    location: party.target,
    snapshot: [{ name: 'jdbc', version: randomUUID() }],
    assertUnchanged: () => Promise.resolve(),
  };
}

/** The server, and the table there; undefined for a query. */
export async function placeOf(
  { jdbcUrl, properties, sourceTable, query }: JdbcConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<{ readonly endpoint: Endpoint; readonly table: TableName | undefined }> {
  const settings = connectionSettings(jdbcUrl, properties, 'dray');
  const defaultSchema = settings.searchPath?.split(',')[0]?.trim();
  const table = sourceTable === undefined ? undefined : parseTableName(sourceTable, defaultSchema);
  const password = settings.password && (await context.resolveSecret(settings.password));
  const what = table === undefined ? `query ${shortened(query ?? '')}` : displayName(table);
  try {
    return { endpoint: await chooseEndpoint(settings, password, what, context, signal), table };
  } catch (error) {
    throw readFailure(error);
  }
}

function shortened(query: string): string {
  const line = query.replaceAll(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}...` : line;
}

/** Says of a failure that it is the source's. */
export async function named<T>({ party }: Endpoint, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw readFailure(error, party);
  }
}
