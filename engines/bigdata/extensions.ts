import { JobError, messageOf } from '../../core/errors.ts';
import type { SparkClient } from './client.ts';
import { deltaHint, driverHint } from './errors.ts';
import { type Relation, readRelation } from './relations.ts';

interface Extension {
  /** Analyses to an error that tells whether the classes are there, without touching anything. */
  readonly probe: Relation;
  readonly missing: RegExp;
  readonly hint: () => string;
  /** A setting and a value of it that it must have. */
  readonly setting?: readonly [name: string, part: string];
}

const EXTENSIONS: Readonly<Record<string, Extension>> = {
  delta: {
    probe: readRelation('delta', ['file:/dray-probe-that-does-not-exist']),
    missing: /ClassNotFound|NoClassDefFound|DATA_SOURCE_NOT_FOUND|Failed to find/i,
    hint: deltaHint,
    setting: ['spark.sql.extensions', 'io.delta.sql.DeltaSparkSessionExtension'],
  },
  postgres: {
    probe: readRelation('jdbc', [], {
      // Port 9 discards: nothing answers, which is told apart from a driver that is not there.
      url: 'jdbc:postgresql://127.0.0.1:9/probe?connectTimeout=1',
      driver: 'org.postgresql.Driver',
      dbtable: 'probe',
    }),
    missing: /ClassNotFound|No suitable driver/i,
    hint: driverHint,
  },
};

/**
 * Checks that Spark has what a format needs: Spark cannot load jars into a running session, so that
 * only its start can mend it.
 *
 * @throws JobError `EXTENSION_MISSING` naming the jar to start Spark with.
 */
export async function checkExtension(
  client: SparkClient,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const extension = EXTENSIONS[name];
  if (extension === undefined) {
    throw new JobError('EXTENSION_MISSING', `the bigdata engine has no extension "${name}"`, {
      hint: `its extensions are: ${Object.keys(EXTENSIONS).join(', ')}`,
    });
  }
  const problem = await problemOf(client, extension, signal);
  if (problem === undefined) return;
  throw new JobError('EXTENSION_MISSING', `Spark has no "${name}": ${problem.message}`, {
    hint: extension.hint(),
    cause: problem.cause,
  });
}

async function problemOf(
  client: SparkClient,
  { probe, missing, setting }: Extension,
  signal: AbortSignal,
): Promise<{ readonly message: string; readonly cause?: unknown } | undefined> {
  try {
    await client.schema(probe, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof JobError)) throw error;
    if (error.retryable) throw error;
    const text = `${error.code} ${error.message} ${messageOf(error.cause)}`;
    if (missing.test(text)) return { message: error.message, cause: error };
  }
  if (setting === undefined) return undefined;
  const [name, part] = setting;
  const value = (await client.get([name], signal))[name] ?? '';
  return value.includes(part) ? undefined : { message: `"${name}" does not hold "${part}"` };
}
