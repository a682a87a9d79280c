import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { toJobError } from '../../../core/errors.ts';
import type { StorageCredentials } from '../../../core/storage.ts';
import type { HttpPatience } from '../../../engines/bulk/http-patience.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { storageOpener } from '../../../state/artifacts/open.ts';
import { type Fault, startFaultyS3 } from '../../aws/faulty-s3.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import { ROOT } from '../../e2e/world.ts';

const signal = new AbortController().signal;
const FILE = `s3://${BUCKET}/source/week-24.parquet`;
const COUNT = `select count(*)::int as n from read_parquet('${FILE}')`;

async function open(
  clock: Clock = systemClock,
  options: { readonly httpPatience?: HttpPatience } = {},
): Promise<SqlSession> {
  const extensionDirs = [process.env['DRAY_EXTENSIONS'] ?? `${ROOT}/.dray/extensions`];
  return await openBulkEngine({ threads: 1, extensionDirs, ...options }, clock, signal);
}
const impatient = { httpPatience: { retries: 1, waitMs: 10, backoff: 1 } };

(withoutMoto === '' ? describe : describe.skip)(`DuckDB and buckets${withoutMoto}`, () => {
  let s3: TestS3;

  beforeAll(async () => {
    s3 = await startS3();
    const week = `${ROOT}/data/sample/promotions/week-24.parquet`;
    await s3.openStorage(`s3://${BUCKET}`).upload(week, 'source/week-24.parquet', signal);
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  it('reads what the storage reaches, and nothing before it is told how', async () => {
    await using session = await open();
    await expect(session.rows(COUNT, signal)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await session.useStorage(s3.openStorage(`s3://${BUCKET}/source`), signal);
    expect(await session.rows(COUNT, signal)).toEqual([{ n: 134053 }]);
    expect(await session.rows(`from glob('s3://${BUCKET}/source/*')`, signal)).toHaveLength(1);
  });

  it.each<readonly [Fault, string, string]>([
    [{ status: 403, code: 'AccessDenied' }, 'SOURCE_DENIED', FILE.slice(5)],
    [{ status: 400, code: 'ExpiredToken' }, 'SOURCE_DENIED', FILE.slice(5)],
    [{ status: 503, code: 'SlowDown' }, 'SOURCE_UNAVAILABLE', FILE.slice(5)],
    [{ status: 404, code: 'NoSuchKey' }, 'SOURCE_NOT_FOUND', FILE.slice(5)],
  ])('says what %j means', async (fault, code, says) => {
    await using proxy = await startFaultyS3(s3.endpoint, () => fault);
    const storage = storageOpener({ endpoint: proxy.endpoint }, systemClock)(FILE);
    await using session = await open(systemClock, impatient);
    await session.useStorage(storage, signal);
    const error = toJobError(await session.rows(COUNT, signal).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) });
    await session.useExtension('delta', signal);
    await expect(
      session.rows(`from delta_scan('s3://${BUCKET}/table', version = 0)`, signal),
    ).rejects.toMatchObject({ code: code === 'SOURCE_NOT_FOUND' ? expect.anything() : code });
  });

  it('outlasts seconds of refusals', async () => {
    let left = 5;
    await using proxy = await startFaultyS3(s3.endpoint, () =>
      left-- > 0 ? { status: 503, code: 'SlowDown' } : undefined,
    );
    const storage = storageOpener({ endpoint: proxy.endpoint }, systemClock)(FILE);
    await using session = await open();
    await session.useStorage(storage, signal);
    expect(await session.rows(COUNT, signal)).toEqual([{ n: 134053 }]);
  });

  it('says when nobody is there', async () => {
    const proxy = await startFaultyS3(s3.endpoint, () => undefined);
    const storage = storageOpener({ endpoint: proxy.endpoint }, systemClock)(FILE);
    await using session = await open(systemClock, impatient);
    await session.useStorage(storage, signal);
    await proxy[Symbol.asyncDispose]();
    await expect(session.rows(COUNT, signal)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
  });

  it('goes on with new credentials before the old ones expire, and never shows any', async () => {
    const used = new Set<string>();
    const note = ({ headers }: IncomingMessage): undefined => {
      used.add(/Credential=(\w+)/.exec(String(headers.authorization))?.[1] ?? 'none');
    };
    await using proxy = await startFaultyS3(s3.endpoint, note);
    let given = 0;
    const credentials = (): Promise<StorageCredentials> =>
      Promise.resolve({
        accessKeyId: `KEY${String(++given)}`,
        secretAccessKey: `it's/secret${String(given)}`,
        sessionToken: 'token',
        expiresAt: new Date(systemClock.now().getTime() + 3_600_000),
      });
    const storage = storageOpener({ endpoint: proxy.endpoint }, systemClock)(FILE);
    const region = () => Promise.resolve(s3.region);
    const access = { bucket: BUCKET, endpoint: proxy.endpoint, region, credentials };
    const waits: { readonly ms: number; readonly end: () => void }[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, stop) =>
        new Promise((resolve, reject) => {
          waits.push({ ms, end: resolve });
          stop.addEventListener('abort', () => {
            reject(toJobError(stop.reason));
          });
        }),
    };
    await using session = await open(clock);
    await session.useStorage({ ...storage, access }, signal);
    await session.rows(COUNT, signal);
    expect([...used]).toEqual(['KEY1']);
    expect(waits).toEqual([expect.objectContaining({ ms: expect.closeTo(3_360_000, -5) })]);
    waits[0]?.end();
    while (waits.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await session.rows(`from read_parquet('${FILE}') limit 1`, signal);
    expect([...used]).toEqual(['KEY1', 'KEY2']);
    const [shown] = await session.rows('select * from duckdb_secrets()', signal);
    expect(JSON.stringify(shown)).toContain('KEY2');
    expect(JSON.stringify(shown)).not.toContain("it's/secret");
  });

  it('shows no secret when DuckDB refuses one', async () => {
    await using session = await open();
    const storage = s3.openStorage(FILE);
    const access = {
      bucket: BUCKET,
      region: () => Promise.resolve('x\0y'),
      credentials: () =>
        Promise.resolve({
          accessKeyId: 'key',
          secretAccessKey: 'very secret',
          sessionToken: 'too',
        }),
    };
    const thrown: unknown = await session
      .useStorage({ ...storage, access }, signal)
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Error);
    expect(String(thrown) + String(toJobError(thrown).cause)).not.toContain('very secret');
  });
});
