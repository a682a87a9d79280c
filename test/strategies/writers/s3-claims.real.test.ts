import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Storage } from '../../../core/storage.ts';
import { fileClaimStore } from '../../../strategies/writers/file-claims.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import { describeClaimStore } from '../../conformance/claims/suite.ts';

const signal = new AbortController().signal;

(withoutMoto === '' ? describe : describe.skip)(`S3${withoutMoto}`, () => {
  let s3: TestS3;

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  describeClaimStore('a bucket', () => {
    const bucket = s3.openStorage(`s3://${BUCKET}/${randomUUID()}`);
    let aheadMs = 0;
    // Nothing can make an object older: the server's clock goes on instead.
    const storage: Storage = {
      ...bucket,
      now: async (each) => new Date((await bucket.now(each)).getTime() + aheadMs),
    };
    return Promise.resolve({
      store: fileClaimStore(storage, '_dray', () => Promise.resolve()),
      advance(ms: number) {
        aheadMs += ms;
      },
      forget: (number: number) =>
        bucket.remove(`_dray/claims/${String(number).padStart(8, '0')}.json`, signal),
      close: () => Promise.resolve(),
    });
  });
});
