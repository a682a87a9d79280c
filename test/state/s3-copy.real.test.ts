import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { s3Storages } from '../../state/artifacts/s3.ts';
import { type Fault, startFaultyS3 } from '../aws/faulty-s3.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';

const signal = new AbortController().signal;
const MIB = 2 ** 20;
/** The least that S3 takes for a part. */
const LIMITS = { mostBytes: 5 * MIB, partBytes: 5 * MIB };
const STAGED = 'stage/7/week=24.data';

/** What S3 answers to the end of an upload that was aborted; moto breaks down. */
const NO_UPLOAD = { status: 404, code: 'NoSuchUpload' };

type FaultOf = (request: IncomingMessage) => Fault | undefined;
const isPart = ({ method, url = '' }: IncomingMessage) =>
  method === 'PUT' && url.includes('partNumber=');
const isEnd = ({ method, url = '' }: IncomingMessage) =>
  method === 'POST' && url.includes('uploadId=');

(withoutMoto === '' ? describe : describe.skip)(`a copy in parts on S3${withoutMoto}`, () => {
  let s3: TestS3;
  let local: string;
  const content = Buffer.concat([Buffer.alloc(11 * MIB, 'promotions'), Buffer.from('the end')]);

  beforeAll(async () => {
    s3 = await startS3();
    local = await mkdtemp(join(tmpdir(), 'dray-copy-'));
    await writeFile(join(local, 'large'), content);
  });
  afterAll(async () => {
    await rm(local, { recursive: true });
    await s3[Symbol.asyncDispose]();
  });

  /** A storage of which copies above 5 MiB are made in parts, with something large staged in it. */
  async function staged(fault: FaultOf = () => undefined) {
    const proxy = await startFaultyS3(s3.endpoint, fault);
    const location = `s3://${BUCKET}/${randomUUID()}`;
    const storage = s3Storages({ endpoint: proxy.endpoint }, systemClock, LIMITS)(location);
    const other = s3Storages({ endpoint: s3.endpoint }, systemClock)(location);
    await other.upload(join(local, 'large'), STAGED, signal);
    return {
      storage,
      other,
      seen: proxy.seen,
      publish: () => storage.publish(STAGED, 'week=24/x', { ifAbsent: false }, signal),
      keys: async () => (await other.list('', signal)).map(({ key }) => key),
      async uploads() {
        const prefix = location.slice(`s3://${BUCKET}/`.length);
        const list = new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: prefix });
        return (await s3.client.send(list)).Uploads ?? [];
      },
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  }

  it('has the content, and is a duplicate of what was copied', async () => {
    await using place = await staged();
    const { storage } = place;
    await storage.duplicate(STAGED, 'files/large', signal);
    expect(place.seen.filter((line) => line.includes('partNumber='))).toHaveLength(3);
    await storage.write('week=24/x', 'the load before', signal);
    expect(await place.publish()).toBe('published');
    expect(await storage.isDuplicate('week=24/x', 'files/large', signal)).toBe(true);
    const read = await storage.read('week=24/x', signal);
    expect(Buffer.compare(read ?? new Uint8Array(), content)).toBe(0);
    expect(await place.keys()).toEqual(['files/large', 'week=24/x']);
  });

  it.each([
    ['a part', isPart, {}],
    ['its end', isEnd, { then: NO_UPLOAD }],
  ])('that waits for %s while it is revoked comes to nothing', async (_, which, then) => {
    const arrived = Promise.withResolvers<undefined>();
    const letGo = Promise.withResolvers<undefined>();
    await using place = await staged((request) => {
      if (!which(request)) return undefined;
      arrived.resolve(undefined);
      return { until: letGo.promise, ...then };
    });
    await place.other.write('week=24/x', 'the load before', signal);
    const published = place.publish();
    await arrived.promise;
    await place.other.revoke('stage/7', signal);
    expect(await place.uploads()).toEqual([]);
    letGo.resolve(undefined);
    expect(await published).toBe('missing');
    const read = await place.other.read('week=24/x', signal);
    expect(new TextDecoder().decode(read)).toBe('the load before');
    expect(await place.keys()).toEqual(['week=24/x']);
  });

  it('is revoked even if the revoker has looked before it began', async () => {
    const listed = Promise.withResolvers<undefined>();
    const ended = Promise.withResolvers<undefined>();
    const letGo = Promise.withResolvers<undefined>();
    await using place = await staged((request) => {
      if (!isEnd(request)) return undefined;
      ended.resolve(undefined);
      return { until: letGo.promise, then: NO_UPLOAD };
    });
    // Between the revoker's first look and its first removal the whole copy is made, but for its end.
    await using revoker = await startFaultyS3(s3.endpoint, ({ method, url = '' }) => {
      if (method !== 'POST' || !url.includes('delete')) return undefined;
      listed.resolve(undefined);
      return { until: ended.promise };
    });
    const { root } = place.other;
    const slow = s3Storages({ endpoint: revoker.endpoint }, systemClock)(root);
    const revoked = slow.revoke('stage/7', signal);
    await listed.promise;
    const published = place.publish();
    await revoked;
    expect(await place.uploads()).toEqual([]);
    letGo.resolve(undefined);
    expect(await published).toBe('missing');
    expect(await place.keys()).toEqual([]);
  });

  it('is there when only the answer to its end was lost', async () => {
    let isLost = false;
    await using place = await staged((request) => {
      if (!isEnd(request) || isLost) return undefined;
      isLost = true;
      return 'lose the answer';
    });
    expect(await place.publish()).toBe('published');
    expect(await place.keys()).toEqual(['week=24/x']);
  });

  it('of something that is not there says so', async () => {
    await using place = await staged();
    await place.other.revoke('stage/7', signal);
    expect(await place.publish()).toBe('missing');
  });
});
