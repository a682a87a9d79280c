import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '../../core/clock.ts';
import type { OpenStorage } from '../../core/storage.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import { type Aws, CREDENTIALS, startMoto } from './moto.ts';

export const BUCKET = 'dray-lake';

/** An S3 of this test's own with one bucket; the process finds its credentials in the environment. */
export interface TestS3 extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly client: S3Client;
  /** What a process needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly openStorage: OpenStorage;
}

/**
 * @param running - endpoint of an S3 server that is there already, in place of moto; it knows moto's
 *   credentials for its own.
 */
export async function startS3(running?: string): Promise<TestS3> {
  const aws = running === undefined ? await startMoto() : runningAws(running);
  const { endpoint, region } = aws;
  const before = { ...process.env };
  // Other programs (delta-rs) find it here, too.
  const elsewhere = { AWS_ENDPOINT_URL: endpoint, AWS_ALLOW_HTTP: 'true' };
  Object.assign(process.env, CREDENTIALS, { AWS_REGION: region }, elsewhere);
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  try {
    await client.send(
      new CreateBucketCommand({
        Bucket: BUCKET,
        CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
      }),
    );
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
  return {
    endpoint,
    region,
    client,
    env: { ...CREDENTIALS, AWS_REGION: region, AWS_ENDPOINT_URL_S3: endpoint },
    openStorage: storageOpener({ endpoint }, systemClock),
    async [Symbol.asyncDispose]() {
      client.destroy();
      process.env = before;
      await aws[Symbol.asyncDispose]();
    },
  };
}

const credentials = {
  accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
  secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
};

function runningAws(endpoint: string): Aws {
  return { endpoint, region: 'eu-central-1', [Symbol.asyncDispose]: () => Promise.resolve() };
}
