import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import { describeParquetCommits } from './commit-suite.ts';
import { signal } from './harness.ts';

(withoutMoto === '' ? describe : describe.skip)(`commits on S3${withoutMoto}`, () => {
  let s3: TestS3;

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  describeParquetCommits('a bucket', () => {
    const location = `s3://${BUCKET}/${randomUUID()}`;
    const { openStorage } = s3;
    const storage = openStorage(location);
    return Promise.resolve({
      location,
      openStorage,
      storage,
      async ownFiles() {
        const keys = (await storage.list('_dray', signal)).map(({ key }) => key);
        return keys.filter((key) => !/^_dray\/(claims|manifests|manifest\.json)/.test(key));
      },
      close: () => Promise.resolve(),
    });
  });
});
