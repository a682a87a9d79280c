import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type SparkServer, startSparkServer } from '../../entry/spark-server.ts';

interface PreparedSpark {
  /** Interpreter of an environment with this version of pyspark. */
  readonly python: string;
  /** Folder of the jars of Delta and Postgres, and of Connect on 3.5. */
  readonly jars: string;
}

const FOLDER = join(import.meta.dirname, '../../.dray/spark');

/** What `npm test` found, by version; a single test run by hand takes what is prepared. */
const preparedSparks = (
  process.env['DRAY_TEST_SPARK'] === undefined
    ? inFolder()
    : JSON.parse(process.env['DRAY_TEST_SPARK'])
) as Readonly<Record<string, PreparedSpark>>;

function inFolder(): Readonly<Record<string, PreparedSpark>> {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).sort().reverse() : [];
  return Object.fromEntries(
    names
      .map((name) => ({ name, home: join(FOLDER, name) }))
      .filter(({ home }) => existsSync(join(home, 'stamp.sha256')))
      .map(({ name, home }) => [
        name,
        { python: join(home, 'venv/bin/python'), jars: join(home, 'jars') },
      ]),
  );
}

/** The versions of Spark that can be started here, newest first. */
export const sparkVersions: readonly string[] = Object.keys(preparedSparks);

/** What a suite that needs Spark appends to its title. */
export const withoutSpark =
  sparkVersions.length > 0 ? '' : ' (skipped: no Spark: Java 17+ and Python are needed)';

/** Settings that keep a test's Spark small: about 1 GB, up in 3 to 6 s. */
export const SMALL_SPARK: Readonly<Record<string, string>> = {
  'spark.master': 'local[2]',
  'spark.driver.memory': '2g',
  'spark.sql.shuffle.partitions': '4',
  'spark.ui.enabled': 'false',
  // Delta's 50 tasks per look at a log are most of the time of a small test.
  'spark.databricks.delta.snapshotPartitions': '2',
  // Java's second compiler and its parallel collector pay off after minutes: half of the processor's
  // time of a suite was theirs.
  'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
};

/** What was prepared for a version. @throws when nothing was. */
export function preparedSpark(version: string): PreparedSpark {
  const prepared = preparedSparks[version];
  if (prepared === undefined) throw new Error(`Spark ${version} is not prepared`);
  return prepared;
}

/**
 * Starts a Spark Connect server of its own, with Delta and the Postgres driver. Dispose of it; it
 * ends, with its temporary files, also when the process of the tests dies.
 *
 * @param version - one of {@link sparkVersions}.
 */
export async function startSpark(
  version: string,
  options: {
    readonly conf?: Readonly<Record<string, string>>;
    readonly port?: number;
    /** Default: that of this process. */
    readonly env?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<SparkServer> {
  return await startSparkServer(
    {
      ...preparedSpark(version),
      ...(options.port === undefined ? {} : { port: options.port }),
      conf: { ...SMALL_SPARK, ...options.conf },
      env: options.env ?? process.env,
    },
    new AbortController().signal,
  );
}

/** What a suite needs of a Spark that it neither configures nor ends. */
export interface UsedSpark extends AsyncDisposable {
  readonly remote: string;
}

/**
 * A Spark that other suites use at the same time, where `npm test` shares some; else one of its own.
 * Tables are to have names or paths of the suite's own.
 *
 * @param version - one of {@link sparkVersions}.
 */
export async function useSpark(version: string): Promise<UsedSpark> {
  const shared = process.env['DRAY_TEST_SHARED_SPARKS'];
  if (shared === undefined) return await startSpark(version);
  const response = await fetch(`${shared}/${version}`);
  const remote = await response.text();
  if (!response.ok) throw new Error(remote);
  return { remote, [Symbol.asyncDispose]: () => Promise.resolve() };
}
