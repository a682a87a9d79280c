import { JobError } from '../../core/errors.ts';
import type { SparkClient } from './client.ts';

/** What decides the meaning of an expression: a server that refuses one of these cannot be used. */
const MEANING = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.session.timeZone': 'UTC',
} as const;

/**
 * What `docs/semantics.md` fixes on Spark, for 3.5 as for 4.x; a server takes a setting that it does
 * not know without a word, or refuses it (Databricks serverless), and both are fine.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  ...MEANING,
  'spark.sql.storeAssignmentPolicy': 'ANSI',
  'spark.sql.timestampType': 'TIMESTAMP_NTZ',
  'spark.sql.caseSensitive': 'false',
  'spark.sql.decimalOperations.allowPrecisionLoss': 'false',
  'spark.sql.parser.escapedStringLiterals': 'false',
  'spark.sql.ansi.doubleQuotedIdentifiers': 'false',
  // Spark would replace ${name} before it parses, in the middle of a string too.
  'spark.sql.variable.substitute': 'false',
  'spark.sql.chunkBase64String.enabled': 'false',
  // A file that is gone ends a statement: what a load has lost (its fence) must not read as no rows.
  'spark.sql.files.ignoreMissingFiles': 'false',
  'spark.sql.files.ignoreCorruptFiles': 'false',
  'spark.sql.legacy.timeParserPolicy': 'CORRECTED',
  'spark.sql.parquet.datetimeRebaseModeInRead': 'CORRECTED',
  'spark.sql.parquet.datetimeRebaseModeInWrite': 'CORRECTED',
  'spark.sql.parquet.int96RebaseModeInRead': 'CORRECTED',
  'spark.sql.parquet.int96RebaseModeInWrite': 'CORRECTED',
  // The default INT96 is read as a timestamp without zone by DuckDB.
  'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
  // How often 4.x reports progress; 2 s is its default.
  'spark.connect.progress.reportInterval': '500ms',
};

/**
 * Sets what fixes the meaning of SQL, and `more`.
 *
 * @returns every one of them as the server has it now; those that it does not have are missing.
 * @throws JobError `ENGINE_UNSUPPORTED` when the server keeps another meaning.
 */
export async function applySettings(
  client: SparkClient,
  more: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const wanted = { ...SETTINGS, ...more };
  const had = await client.get(Object.keys(wanted), signal);
  // Spark warns about some of them whenever they are set, be it to what they are.
  const changed = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => had[name] !== value),
  );
  try {
    await client.set(changed, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isRefusal(error)) throw error;
    // One that is refused refuses all, so each is tried on its own; what matters is read back.
    await setEach(client, changed, signal);
  }
  const inForce = await client.get(Object.keys(wanted), signal);
  for (const [name, value] of Object.entries(MEANING)) {
    if (inForce[name]?.toLowerCase() === value.toLowerCase()) continue;
    const kept = inForce[name] ?? 'nothing';
    throw new JobError('ENGINE_UNSUPPORTED', `the Spark server keeps "${name}" at "${kept}"`, {
      hint: `start Spark so that a session may set ${name}=${value}`,
    });
  }
  return inForce;
}

/** Sets what the server lets a session set; what it refuses stays as it is. */
export async function setEach(
  client: Pick<SparkClient, 'set'>,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    try {
      await client.set({ [name]: value }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof JobError && error.code === 'ENGINE_FAILED';
}
