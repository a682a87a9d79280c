import { join } from 'node:path';
import { asSpark, type SparkSqlSession, type SqlSession } from '../../core/engine.ts';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import { sparkName, sparkText } from '../../plan/spark/names.ts';
import type { Endpoint } from '../postgres/endpoint.ts';
import { sparkOptions } from '../postgres/spark-options.ts';
import { qualified } from '../postgres/table-name.ts';
import { cursorSource } from './jdbc-cursor.ts';
import { type JdbcConfig, named, placeOf, unversioned } from './jdbc-place.ts';

/** Rows that the driver asks the server for at once; without it, it takes all into memory. */
const FETCH_ROWS = '10000';

/**
 * Spark reads through JDBC, over one connection: more of them would not see the same snapshot. No
 * row comes here.
 */
export async function openOnSpark(
  session: SqlSession,
  given: JdbcConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const spark = asSpark(session);
  await spark.useExtension('postgres', signal);
  const { endpoint, table } = await placeOf(given, context, signal);
  const whole = table === undefined ? { query: given.query ?? '' } : { dbtable: qualified(table) };
  const sourceOf = (what: Readonly<Record<string, string>>) =>
    openQuery(spark, endpoint, what, signal);
  const source = await sourceOf(whole);
  const incremental = cursorSource(
    given,
    { endpoint, table },
    { query: (query) => sourceOf({ query }) },
    context,
  );
  return incremental === undefined ? source : { ...source, incremental };
}

async function openQuery(
  spark: SparkSqlSession,
  endpoint: Endpoint,
  what: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Source> {
  const { target: location } = endpoint.party;
  const options = { ...sparkOptions(endpoint), ...what, fetchsize: FETCH_ROWS };
  const view = await named(endpoint, () =>
    spark.openSource({ format: 'jdbc', paths: [], options }, signal),
  );
  const { columns } = view;
  const names = columns.map(({ name }) => sparkName(name)).join(', ');
  const base = { ...unversioned(endpoint), columns };
  const from = (name: string): Pick<Source, 'relation' | 'relationWithOrigin'> => ({
    relation: `select ${names} from ${name}`,
    relationWithOrigin: `select ${names}, ${sparkText(location)} as __file, __row from ${name}`,
  });
  return {
    ...base,
    ...from(view.name),
    async materialize(copying) {
      const path = join(spark.scratchDir, view.name);
      await named(endpoint, () =>
        spark.write(
          `select ${names} from ${view.name}`,
          { format: 'parquet', mode: 'error', path },
          copying,
        ),
      );
      const copy = await spark.openSource({ format: 'parquet', paths: [path] }, copying);
      return { ...base, ...from(copy.name) };
    },
  };
}
