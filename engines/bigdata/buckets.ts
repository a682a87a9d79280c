import { JobError, messageOf, type ErrorCode } from '../../core/errors.ts';
import type { Storage, StorageAccess } from '../../core/storage.ts';
import type { SparkClient } from './client.ts';
import { s3Hint } from './errors.ts';
import { readRelation } from './relations.ts';
import { setEach } from './settings.ts';

type Client = Pick<SparkClient, 'get' | 'set' | 'schema'>;
type Bucket = Pick<Storage, 'root'> & { readonly access: StorageAccess };

/** What Hadoop's own file system for S3 is called; platforms have `s3://` by one of theirs. */
const S3A = { 'fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem' };

/** What Hadoop and the two AWS SDKs say, and what it means to a run. */
const KNOWN: readonly (readonly [RegExp, ErrorCode, string, string])[] = [
  [
    /No ?FileSystem for scheme|ClassNotFound|NoClassDefFound/i,
    'EXTENSION_MISSING',
    'Spark has no file system for',
    s3Hint(),
  ],
  [
    /NoSuchBucket|UnknownStoreException|Bucket \S+ does not exist/,
    'TARGET_FAILED',
    'there is no bucket for',
    'create the bucket, or correct its name; Spark looks where its own settings for S3 point to',
  ],
  [
    /NoAwsCredentials|NoAuthWithAWS|No AWS Credentials|Unable to load (?:AWS )?credentials/i,
    'TARGET_DENIED',
    'Spark has no AWS credentials for',
    "give Spark's own machines a role, or its server AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: those of this process are not handed on",
  ],
  [
    /AccessDenied|Forbidden|Status ?Code: 403|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken/,
    'TARGET_DENIED',
    'Spark may not read',
    'allow s3:ListBucket on the bucket and s3:GetObject on its objects to the role of Spark, too',
  ],
  [
    /UnknownHost|ConnectException|Connection refused|timed out|Unable to execute HTTP request/i,
    'TARGET_UNAVAILABLE',
    'Spark does not reach',
    'check the network of the Spark cluster, and spark.hadoop.fs.s3a.endpoint if the storage is not AWS',
  ],
];

/**
 * Makes buckets usable in the statements of a session, each location once. Spark reads with
 * credentials of its own.
 *
 * @returns fails with JobError `EXTENSION_MISSING` where Spark has no file system for S3,
 *   `TARGET_DENIED`, `TARGET_FAILED` or `TARGET_UNAVAILABLE` where it has, and cannot look there.
 */
export function openSparkBuckets(
  client: Client,
): (bucket: Bucket, signal: AbortSignal) => Promise<void> {
  const usable = new Set<string>();
  return async (bucket, signal) => {
    if (usable.has(bucket.root)) return;
    await pointTo(client, bucket.access, signal);
    let failure = await look(client, bucket.root, signal);
    if (failure !== undefined && /No ?FileSystem for scheme/i.test(failure.text)) {
      await setEach(client, S3A, signal);
      failure = await look(client, bucket.root, signal);
    }
    if (failure !== undefined) throw refusal(bucket.root, failure);
    usable.add(bucket.root);
  };
}

/**
 * Hadoop takes its settings from the session, too, and keeps those that a bucket was first opened
 * with. What the server was started with goes first: it may see the storage under another name.
 *
 * Hadoop 3.5 reads through AWS's analytics accelerator, which keeps what it has learned of an object
 * for as long as the bucket is open: of one that was replaced since, it cannot read the footer.
 */
async function pointTo(client: Client, access: StorageAccess, signal: AbortSignal): Promise<void> {
  const { bucket, endpoint } = access;
  const own = `fs.s3a.bucket.${bucket}`;
  await setEach(client, { [`${own}.input.stream.type`]: 'classic' }, signal);
  if (endpoint === undefined) return;
  const started = [`spark.hadoop.${own}.endpoint`, 'spark.hadoop.fs.s3a.endpoint'];
  if (Object.keys(await client.get(started, signal)).length > 0) return;
  const elsewhere = {
    [`${own}.endpoint`]: endpoint,
    [`${own}.endpoint.region`]: await access.region(signal),
    [`${own}.path.style.access`]: 'true',
  };
  await setEach(client, elsewhere, signal);
}

interface Failure {
  /** All that Spark told. */
  readonly text: string;
  readonly error: JobError;
}

/** Asks for an object that is not there: Spark looks for it and, below it, for others. */
async function look(
  client: Client,
  root: string,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  try {
    await client.schema(readRelation('text', [`${root}/_dray/probe`]), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof JobError) || error.retryable) throw error;
    const text = `${error.message} ${messageOf(error.cause)}`;
    if (!text.includes('PATH_NOT_FOUND')) return { text, error };
  }
  return undefined;
}

function refusal(root: string, { text, error }: Failure): JobError {
  const [, code, what, hint] = KNOWN.find(([pattern]) => pattern.test(text)) ?? [];
  if (code === undefined) return error;
  return new JobError(code, `${what ?? ''} "${root}": ${error.message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
