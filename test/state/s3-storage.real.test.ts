import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import { type Fault, startFaultyS3 } from '../aws/faulty-s3.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { describeStorage } from '../conformance/storage/suite.ts';

const signal = new AbortController().signal;
const IF_ABSENT = { ifAbsent: true };
const NO_FAULT = (): undefined => undefined;

(withoutMoto === '' ? describe : describe.skip)(`S3${withoutMoto}`, () => {
  let s3: TestS3;

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  function fresh() {
    return s3.openStorage(`s3://${BUCKET}/${randomUUID()}/folder`);
  }

  /** A storage behind faults, and a good one of the same place. */
  async function behind(fault: (request: IncomingMessage) => Fault | undefined) {
    const proxy = await startFaultyS3(s3.endpoint, fault);
    const place = `s3://${BUCKET}/${randomUUID()}`;
    return {
      seen: proxy.seen,
      endpoint: proxy.endpoint,
      faulty: storageOpener({ endpoint: proxy.endpoint }, systemClock)(place),
      good: s3.openStorage(place),
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  }

  describeStorage('a bucket', () => {
    const storage = fresh();
    return Promise.resolve({
      storage,
      async names() {
        const entries = await storage.list('', signal);
        return entries.map(({ key }) => key.slice(key.lastIndexOf('/') + 1));
      },
      close: () => Promise.resolve(),
    });
  });

  describe('locations', () => {
    it('takes s3 and s3a, with or without a slash at the end', () => {
      for (const location of [`s3://${BUCKET}/a/b`, `s3a://${BUCKET}/a/b/`, `S3://${BUCKET}/a/b`]) {
        const storage = s3.openStorage(location);
        expect(storage.root).toBe(`s3://${BUCKET}/a/b`);
        expect(storage.enginePath('c')).toBe(`s3://${BUCKET}/a/b/c`);
        expect(storage.enginePath('')).toBe(`s3://${BUCKET}/a/b`);
      }
      expect(s3.openStorage(`s3://${BUCKET}`).enginePath('')).toBe(`s3://${BUCKET}`);
      expect(s3.openStorage(`s3://${BUCKET}/`).enginePath('a')).toBe(`s3://${BUCKET}/a`);
    });

    it.each(['s3://', 's3:///x', 's3:lake/x', 's3://Lake/x', 's3://lake/a//b', 's3://lake/../b'])(
      'refuses "%s"',
      (location) => {
        expect(() => s3.openStorage(location)).toThrow(
          expect.objectContaining({
            code: 'CONFIG_INVALID',
            message: expect.stringContaining(location),
          }),
        );
      },
    );
  });

  it('lists more than one page', async () => {
    const storage = fresh();
    const keys = Array.from({ length: 1_050 }, (_, n) => `a/${String(n).padStart(4, '0')}`);
    for (let start = 0; start < keys.length; start += 50) {
      await Promise.all(keys.slice(start, start + 50).map((key) => storage.write(key, '', signal)));
    }
    expect((await storage.list('a', signal)).map(({ key }) => key)).toEqual(keys);
    await storage.removeAll('a', signal);
    expect(await storage.list('', signal)).toEqual([]);
  });

  it('uploads in parts, of which copies are still duplicates', async () => {
    const local = await mkdtemp(join(tmpdir(), 'dray-parts-'));
    const content = Buffer.alloc(40 * 2 ** 20, 'promotions');
    await writeFile(join(local, 'big'), content);
    await using proxied = await behind(NO_FAULT);
    const storage = storageOpener(
      { endpoint: proxied.endpoint },
      systemClock,
    )(`s3://${BUCKET}/parts`);
    await storage.upload(join(local, 'big'), 'stage/big', signal);
    expect(proxied.seen.filter((line) => line.includes('partNumber='))).toHaveLength(3);
    await storage.duplicate('stage/big', 'files/big', signal);
    await storage.publish('stage/big', 'big', { ifAbsent: false }, signal);
    expect(await storage.isDuplicate('big', 'files/big', signal)).toBe(true);
    const read = await storage.read('big', signal);
    expect(read?.length).toBe(content.length);
    expect(Buffer.compare(read ?? new Uint8Array(), content)).toBe(0);
    await rm(local, { recursive: true });
  });

  it('passes over the empty objects that stand for folders', async () => {
    const storage = fresh();
    const Key = `${storage.root.slice(`s3://${BUCKET}/`.length)}/week=1/`;
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, ContentLength: 0 }));
    expect(await storage.list('', signal)).toEqual([]);
  });

  describe('faults', () => {
    it('takes an object for its own when only the answer to its creation was lost', async () => {
      let lost = 0;
      await using proxied = await behind(({ method, headers }) =>
        method === 'PUT' && headers['if-none-match'] === '*' && ++lost % 2 === 1
          ? 'lose the answer'
          : undefined,
      );
      const { faulty, good } = proxied;
      expect(await faulty.create('claims/1', 'mine', signal)).toBe(true);
      expect(await good.create('claims/1', 'theirs', signal)).toBe(false);
      await faulty.write('stage/1', 'commit', signal);
      expect(await faulty.publish('stage/1', 'log/1', IF_ABSENT, signal)).toBe('published');
      expect(lost).toBeGreaterThanOrEqual(4);
      await good.write('stage/2', 'commit', signal);
      expect(await good.publish('stage/2', 'log/1', IF_ABSENT, signal)).toBe('exists');
    });

    it.each([
      [503, 'SlowDown'],
      [500, 'InternalError'],
    ])('outlasts %d %s', async (status, code) => {
      let left = 3;
      await using proxied = await behind(() => (left-- > 0 ? { status, code } : undefined));
      const { faulty } = proxied;
      await faulty.write('a', 'x', signal);
      expect(await faulty.list('', signal)).toHaveLength(1);
      expect(proxied.seen).toHaveLength(5);
    });

    it.each([
      [403, 'AccessDenied', 'TARGET_DENIED', 'no permission: "a" in'],
      [403, 'InvalidAccessKeyId', 'TARGET_DENIED', 'does not accept the credentials'],
      [400, 'ExpiredToken', 'TARGET_DENIED', 'does not accept the credentials'],
      [301, 'PermanentRedirect', 'TARGET_FAILED', 'the bucket is in another region'],
      [403, 'RequestTimeTooSkewed', 'TARGET_FAILED', "this machine's clock is wrong"],
      [507, 'XMinioStorageFull', 'DISK_FULL', 'no space left'],
      [418, 'Teapot', 'TARGET_FAILED', 'S3 failed for "a" in'],
    ])('says what %d %s means', async (status, code, expected, message) => {
      const headers = { 'x-amz-bucket-region': 'eu-west-3' };
      await using proxied = await behind(() => ({ status, code, headers }));
      const { faulty } = proxied;
      await expect(faulty.write('a', 'x', signal)).rejects.toMatchObject({
        code: expected,
        message: expect.stringContaining(message),
        hint: expect.stringContaining(status === 301 ? 'eu-west-3' : ''),
      });
    });

    it('knows a bucket that is missing from an object that is', async () => {
      const storage = s3.openStorage('s3://no-such-bucket/x');
      for (const work of [
        () => storage.read('a', signal),
        () => storage.list('', signal),
        () => storage.write('a', 'x', signal),
        () => storage.publish('a', 'b', { ifAbsent: false }, signal),
        () => storage.now(signal),
      ]) {
        await expect(work()).rejects.toMatchObject({
          code: 'TARGET_FAILED',
          message: expect.stringContaining('there is no bucket'),
          hint: expect.stringContaining('create the bucket'),
        });
      }
    });

    it('refuses a storage that ignores If-None-Match', async () => {
      await using proxied = await behind(() => 'drop the condition');
      const { faulty } = proxied;
      await expect(faulty.create('claims/1', 'mine', signal)).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringContaining('ignores If-None-Match'),
      });
    });
  });
});
