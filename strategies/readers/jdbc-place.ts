import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import { chooseEndpoint, type Endpoint } from '../postgres/endpoint.ts';
import { postgres } from '../postgres/dialect.ts';
import { connectionSettings } from '../postgres/settings.ts';
import { displayName, parseTableName, type TableName } from '../postgres/table-name.ts';
import { redshift } from '../redshift/dialect.ts';
import { redshiftSettings } from '../redshift/settings.ts';
import { redshiftTable } from '../redshift/table-name.ts';
import { readFailure } from './jdbc-errors.ts';

const incrementalByCursor = z.strictObject({
  cursorColumn: z.string().min(1),
  /** Rows from so far before the state on are read again: an interval such as `1 day`, or a number. */
  lookBack: z.union([z.number().min(0), z.string().min(1)]).optional(),
  /** What the ledgers know the source by, in place of its address. */
  name: z.string().min(1).optional(),
});

/** Integers beyond 2^53, dates and such as text. */
const bound = z.union([z.number(), z.string().min(1)]);

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
    /** A column by whose ranges the source is read over several connections, in one snapshot. */
    partitionColumn: z.string().min(1).optional(),
    /** How many ranges. */
    numPartitions: z.int().min(1).max(200).optional(),
    /** Between them the ranges are cut, of equal width; they leave no row out. */
    lowerBound: bound.optional(),
    upperBound: bound.optional(),
    /** Redshift: `s3://bucket/prefix`, where UNLOAD writes to; absent: rows come over the connection. */
    stagingPath: z.string().min(1).optional(),
    /** Redshift: the role that the cluster writes there with; its ARN, or `default`. */
    iamRole: z.string().min(1).optional(),
  })
  .refine(
    ({ sourceTable, query }) => (sourceTable === undefined) !== (query === undefined),
    'give either "source_table" or "query"',
  )
  .refine(
    ({ partitionColumn, numPartitions }) =>
      (partitionColumn === undefined) === (numPartitions === undefined),
    'give "partition_column" and "num_partitions" together',
  )
  .refine(
    ({ partitionColumn, lowerBound, upperBound }) =>
      (lowerBound === undefined) === (upperBound === undefined) &&
      (lowerBound === undefined || partitionColumn !== undefined),
    'give "lower_bound" and "upper_bound" together, and a "partition_column" that they are of',
  )
  .refine(
    ({ jdbcUrl, stagingPath, iamRole }) =>
      isRedshift({ jdbcUrl }) || (stagingPath === undefined && iamRole === undefined),
    '"staging_path" and "iam_role" are for Redshift: Postgres sends its rows itself',
  );
export type JdbcConfig = z.output<typeof jdbcConfig>;

/** Of the servers that speak the protocol of Postgres, the URL tells which it is. */
export function isRedshift({ jdbcUrl }: { readonly jdbcUrl: string }): boolean {
  return jdbcUrl.startsWith('jdbc:redshift:');
}

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
  given: JdbcConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<{ readonly endpoint: Endpoint; readonly table: TableName | undefined }> {
  const { jdbcUrl, properties, sourceTable, query } = given;
  const onRedshift = isRedshift(given);
  const settings = (onRedshift ? redshiftSettings : connectionSettings)(
    jdbcUrl,
    properties,
    'dray',
  );
  const defaultSchema = settings.searchPath?.split(',')[0]?.trim();
  const tableOf = onRedshift ? redshiftTable : parseTableName;
  const table = sourceTable === undefined ? undefined : tableOf(sourceTable, defaultSchema);
  const password = settings.password && (await context.resolveSecret(settings.password));
  const what = table === undefined ? `query ${shortened(query ?? '')}` : displayName(table);
  try {
    const dialect = onRedshift ? redshift : postgres;
    const endpoint = await chooseEndpoint(settings, password, what, context, signal, dialect);
    return { endpoint, table };
  } catch (error) {
    throw readFailure(error);
  }
}

/** A query where SQL has a table. */
export function asTable(query = ''): string {
  return `(${query.replace(/[;\s]+$/, '')}\n) as source_rows`;
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
