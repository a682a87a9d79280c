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
    const writtenAheadMs = new Map<string, number>();
    // Nothing can make an object older: the server's clock goes on instead, and stamps what is written.
    const storage: Storage = {
      ...bucket,
      now: async (each) => new Date((await bucket.now(each)).getTime() + aheadMs),
      async create(key, content, each) {
        const isOurs = await bucket.create(key, content, each);
        if (isOurs) writtenAheadMs.set(key, aheadMs);
        return isOurs;
      },
      async write(key, content, each) {
        await bucket.write(key, content, each);
        writtenAheadMs.set(key, aheadMs);
      },
      list: async (prefix, each) =>
        (await bucket.list(prefix, each)).map((entry) => ({
          ...entry,
          modifiedAt: new Date(entry.modifiedAt.getTime() + (writtenAheadMs.get(entry.key) ?? 0)),
        })),
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
