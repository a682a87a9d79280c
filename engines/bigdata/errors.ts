import { Code } from '@connectrpc/connect';
import { type ErrorCode, JobError } from '../../core/errors.ts';
import type { Failure } from './failure.ts';

const OUT_OF_MEMORY =
  /java heap space|OutOfMemoryError|GC overhead limit|exit(?:ed with)? (?:code|status):? 137|exceeding (?:physical )?memory limits|OOMKilled|UNABLE_TO_ACQUIRE_MEMORY/i;
const DELTA_MISSING =
  /(?:ClassNotFoundException|DATA_SOURCE_NOT_FOUND|Failed to find (?:the )?data source)[^\n]*(?:io\.delta|\bdelta\b)|DELTA_CONFIGURE_SPARK_SESSION_WITH_EXTENSION_AND_CATALOG/i;
const DRIVER_MISSING = /ClassNotFoundException: org\.postgresql\.Driver|No suitable driver/i;
const NO_SPACE = /no space left on device/i;
/** The session or the operation is not the one that was started. */
const LOST =
  /^(?:INVALID_HANDLE\.(?:SESSION|OPERATION)_(?:NOT_FOUND|CLOSED|CHANGED|ABANDONED)|INVALID_CURSOR\.)/;
/** The driver is on its way down while its endpoint still answers. */
const STOPPING = /stopped SparkContext|SparkContext (?:was|has been) shut ?down/i;
/** What a connection that breaks looks like; streams that end with it are CANCELED, by nobody. */
const BROKEN: readonly Code[] = [
  Code.Unavailable,
  Code.Aborted,
  Code.Internal,
  Code.DataLoss,
  Code.Canceled,
];
const REFUSED: readonly Code[] = [Code.Unauthenticated, Code.PermissionDenied];

const HINTS: Partial<Record<ErrorCode, string>> = {
  SPARK_UNREACHABLE:
    'check that the Spark server runs and that SPARK_REMOTE names its host and port',
  SPARK_REFUSED: 'check the token in SPARK_REMOTE',
  SPARK_SESSION_LOST: 'the Spark server was restarted or dropped the session: run again',
  ENGINE_OUT_OF_MEMORY:
    'give Spark more memory (spark.driver.memory, spark.executor.memory) or more partitions',
  DISK_FULL: 'free some space on the disks of the Spark cluster',
};

/** The Maven coordinates of what Spark has to load by itself; the versions go with Spark's. */
const SPARK_JARS = {
  delta: {
    '3.5': 'io.delta:delta-spark_2.12:3.3.2',
    '4': 'io.delta:delta-spark_4.2_2.13:4.4.0',
  },
  postgres: 'org.postgresql:postgresql:42.7.14',
  s3: {
    '3.5': 'org.apache.hadoop:hadoop-aws:3.3.4',
    '4': 'org.apache.hadoop:hadoop-aws:3.5.0',
  },
} as const;

/**
 * A failed call as a JobError. The message is Spark's first line with the error condition and the
 * SQL state; the whole text, with the causes that Spark told and `what` was asked, is in the cause.
 *
 * @param baseUrl - the server, for the message when it does not answer.
 * @param what - the statement, or a word for the call.
 */
export function sparkError(
  failure: Failure,
  baseUrl: string,
  what: string,
  thrown: unknown,
): JobError {
  const cause = new Error(`${failure.text}\nin: ${what.slice(0, 4000)}`, { cause: thrown });
  if (!failure.fromSpark && !isOutOfMemory(failure)) return transportError(failure, baseUrl, cause);
  const code = codeOf(failure);
  const hint = hintOf(code, failure);
  return new JobError(code, described(failure), { hint, cause });
}

/** Whether a call that failed so may succeed when it is made again. */
export function isTransient({ code, fromSpark, condition }: Failure): boolean {
  if (condition === 'INVALID_CURSOR.DISCONNECTED') return true;
  if (fromSpark) return false;
  return BROKEN.includes(code);
}

/** A session that the server cannot find, or finds changed: everything in it is gone. */
export function isLost({ condition }: Failure): boolean {
  return condition !== undefined && LOST.test(condition);
}

function transportError(failure: Failure, baseUrl: string, cause: Error): JobError {
  if (REFUSED.includes(failure.code)) {
    return new JobError('SPARK_REFUSED', `the Spark server at "${baseUrl}" refuses the token`, {
      hint: HINTS.SPARK_REFUSED ?? '',
      cause,
    });
  }
  if (failure.code === Code.DeadlineExceeded || isTransient(failure)) {
    const why = lowerFirst(failure.message);
    return new JobError(
      'SPARK_UNREACHABLE',
      `the Spark server at "${baseUrl}" does not answer: ${why}`,
      { hint: HINTS.SPARK_UNREACHABLE ?? '', cause },
    );
  }
  return new JobError('ENGINE_FAILED', described(failure), {
    hint: 'run again with --verbose for the call that failed',
    cause,
  });
}

function isOutOfMemory(failure: Failure): boolean {
  return OUT_OF_MEMORY.test(`${failure.condition ?? ''} ${failure.text}`);
}

function codeOf(failure: Failure): ErrorCode {
  if (isLost(failure) || STOPPING.test(failure.text)) return 'SPARK_SESSION_LOST';
  if (isOutOfMemory(failure)) return 'ENGINE_OUT_OF_MEMORY';
  if (NO_SPACE.test(failure.text)) return 'DISK_FULL';
  const missing = `${failure.condition ?? ''} ${failure.text}`;
  if (DELTA_MISSING.test(missing) || DRIVER_MISSING.test(missing)) return 'EXTENSION_MISSING';
  return 'ENGINE_FAILED';
}

function hintOf(code: ErrorCode, failure: Failure): string {
  if (code === 'EXTENSION_MISSING') {
    return DRIVER_MISSING.test(failure.text) ? driverHint() : deltaHint();
  }
  if (/^OPERATION_CANCELL?ED/.test(failure.condition ?? '')) {
    return 'somebody interrupted it on the Spark server: run it again if that was not meant';
  }
  return HINTS[code] ?? 'run again with --verbose for the statement that failed';
}

export function deltaHint(): string {
  const { delta } = SPARK_JARS;
  return `start Spark with ${delta['4']} (Spark 3.5: ${delta['3.5']}) in spark.jars.packages, spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension and Delta's catalog`;
}

export function driverHint(): string {
  return `start Spark with ${SPARK_JARS.postgres} in spark.jars.packages`;
}

/** The jars have to be of the very Hadoop that Spark was built with. */
export function s3Hint(): string {
  const { s3 } = SPARK_JARS;
  return `start Spark with ${s3['4']} (Spark 3.5: ${s3['3.5']}) in spark.jars.packages, or set "strategy_type" to "bulk"`;
}

function described({ message, condition, sqlState }: Failure): string {
  const marks = [condition, sqlState === undefined ? undefined : `SQL state ${sqlState}`];
  const known = marks.filter((mark) => mark !== undefined);
  const text = lowerFirst(message);
  return known.length === 0 ? text : `${text} (${known.join(', ')})`;
}

/** Lower case first letter, unless the first word is a name or an abbreviation. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]*(?:[\s,]|$)/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
