import { join } from 'node:path';
import {
  asSpark,
  type SparkSqlSession,
  type SparkView,
  type SqlSession,
} from '../../core/engine.ts';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import { sparkName } from '../../plan/spark/names.ts';
import type { Endpoint } from '../postgres/endpoint.ts';
import { sparkOptions } from '../postgres/spark-options.ts';
import { qualified } from '../postgres/table-name.ts';
import { cursorSource } from './jdbc-cursor.ts';
import { asTable, isRedshift, type JdbcConfig, named, placeOf, unversioned } from './jdbc-place.ts';
import { inOneSnapshot, type KeyRanges, keyRanges } from './jdbc-ranges.ts';
import { openRedshift } from './jdbc-redshift.ts';
import { sparkRows } from './jdbc-spark-rows.ts';

/** Rows that the driver asks the server for at once; without it, it takes all into memory. */
const FETCH_ROWS = '10000';

/**
 * Spark reads through JDBC: over one connection, or over one for each range, whose sessions join a
 * snapshot that is exported here. No row comes here.
 */
export async function openOnSpark(
  session: SqlSession,
  given: JdbcConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  if (isRedshift(given)) return await openRedshift(session, given, context, signal);
  const spark = asSpark(session);
  await spark.useExtension('postgres', signal);
  const { endpoint, table } = await placeOf(given, context, signal);
  const ranges = keyRanges(given);
  const sourceOf = (query: string) => openQuery(spark, endpoint, query, ranges, signal);
  const source = await sourceOf(
    table === undefined ? (given.query ?? '') : `select * from ${qualified(table)}`,
  );
  const incremental = cursorSource(given, { endpoint, table }, { query: sourceOf }, context);
  return incremental === undefined ? source : { ...source, incremental };
}

async function openQuery(
  spark: SparkSqlSession,
  endpoint: Endpoint,
  query: string,
  ranges: KeyRanges | undefined,
  signal: AbortSignal,
): Promise<Source> {
  const from = asTable(query);
  const options = { ...sparkOptions(endpoint), dbtable: from, fetchsize: FETCH_ROWS };
  const view = await named(endpoint, () =>
    spark.openSource({ format: 'jdbc', paths: [], options }, signal),
  );
  const { columns } = view;
  const names = columns.map(({ name }) => sparkName(name)).join(', ');
  const base = { ...unversioned(endpoint), columns };
  return {
    ...base,
    ...sparkRows(view.name, base),
    async materialize(copying) {
      const path = join(spark.scratchDir, view.name);
      const copyOf = async ({ name }: SparkView) => {
        const rows = `select ${names} from ${name}`;
        await spark.write(rows, { format: 'parquet', mode: 'error', path }, copying);
      };
      await named(endpoint, async () => {
        if (ranges === undefined) {
          await copyOf(view);
          return;
        }
        await inOneSnapshot(
          endpoint,
          from,
          ranges,
          async ({ isolation, snapshot, conditions: predicates }) => {
            // Spark runs it in the transaction of the task's query.
            const sessionInitStatement = `${isolation}; ${snapshot}`;
            const joined = { ...options, sessionInitStatement };
            const source = { format: 'jdbc', paths: [], options: joined, predicates } as const;
            await copyOf(await spark.openSource(source, copying));
          },
          copying,
        );
      });
      const copy = await spark.openSource({ format: 'parquet', paths: [path] }, copying);
      return { ...base, ...sparkRows(copy.name, base) };
    },
  };
}
