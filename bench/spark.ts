import { type SparkServer, startSparkServer } from '../entry/spark-server.ts';
import type { BenchContext, PreparedSpark } from './context.ts';

/** What every Spark here gets: dray's, PySpark's, and the one that both share. */
export const SPARK_MEMORY = '3g';

export const SPARK_SETTINGS: Readonly<Record<string, string>> = {
  'spark.master': 'local[2]',
  'spark.driver.memory': SPARK_MEMORY,
  'spark.ui.enabled': 'false',
  // 200 tasks for two cores only cost time.
  'spark.sql.shuffle.partitions': '16',
};

/** @throws Error when there is none. */
export function sparkOf({ pythons }: BenchContext): PreparedSpark {
  if (pythons.spark === undefined) throw new Error('there is no Spark: install Java 17 or newer');
  return pythons.spark;
}

/** Starts the Spark that `strategy_type` `bigdata` steers. The caller disposes it. */
export async function startSpark(
  { python, jars }: PreparedSpark,
  signal: AbortSignal,
): Promise<SparkServer> {
  return await startSparkServer({ python, jars, conf: SPARK_SETTINGS, env: process.env }, signal);
}
