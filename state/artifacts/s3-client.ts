import type * as Sdk from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';

export interface S3Settings {
  /** URL of a storage that is not AWS's own: MinIO and its like. */
  readonly endpoint?: string;
}

/** A client, and the time that S3 last told. */
export interface S3 {
  readonly client: S3Client;
  readonly sdk: typeof Sdk;
  /** By the `Date` of the latest answer, to the second; undefined before the first. */
  serverTime(): Date | undefined;
}

/** Tries of one request; the waits between them, doubled up to 20 s, come to about half a minute. */
const MAX_ATTEMPTS = 8;
const CONNECT_MS = 5_000;
/** Without a byte: the copy of an object of 5 GB takes S3 a while. */
const SILENT_MS = 120_000;
const SOCKETS = 64;
/** What the SDK would print is for its own users. */
const silent = (): void => undefined;
const SILENT = { debug: silent, info: silent, warn: silent, error: silent };

/**
 * One client for all buckets, made when it is first needed: the SDK takes a quarter of a second to
 * load. Credentials, region and profile are what the SDK finds.
 */
export function lazyS3({ endpoint }: S3Settings): () => Promise<S3> {
  let opened: Promise<S3> | undefined;
  return () => (opened ??= open(endpoint));
}

async function open(endpoint: string | undefined): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENT_MS,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    },
    logger: SILENT,
    ...(endpoint === undefined ? {} : elsewhere(endpoint)),
  });
  let latest: Date | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = dateOf(result.response);
      if (date !== undefined) latest = date;
      return result;
    },
    { step: 'deserialize', name: 'serverTime' },
  );
  return { sdk, client, serverTime: () => latest };
}

/** Of storages that are not AWS's, many have neither a bucket's host name nor the newer checksums. */
function elsewhere(endpoint: string) {
  return {
    endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
}

function dateOf(response: unknown): Date | undefined {
  const { headers } = response as { readonly headers?: Readonly<Record<string, string>> };
  const date = new Date(headers?.['date'] ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
