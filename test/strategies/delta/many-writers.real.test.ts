import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import { deltaRs, load, never, openEngine, openSink, rowsOfWeek } from './harness.ts';

const run = promisify(execFile);

const WRITERS = 20;
/** A hundred commits of each of twenty writers take minutes: DRAY_SOAK_COMMITS=100. */
const SOAK = process.env['DRAY_SOAK_COMMITS'];
/** An S3 server that is faster than moto. */
const ENDPOINT = process.env['DRAY_SOAK_S3_ENDPOINT'];
const COMMITS = { disk: Number(SOAK ?? '4'), s3: Number(SOAK ?? '1') };
const SECONDS = 1_000;
const PROCESSES = 4;
const ROWS = 3;

const withoutS3 = ENDPOINT === undefined ? withoutMoto : '';

let folder: string;
let s3: TestS3 | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-'));
  if (withoutS3 === '') s3 = await startS3(ENDPOINT);
});
afterAll(async () => {
  await s3?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Lets the writers at the table, in several processes, and says how long they took. */
async function append(
  path: string,
  each: number,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const began = systemClock.monotonicMs();
  const writers = WRITERS / PROCESSES;
  await Promise.all(
    Array.from({ length: PROCESSES }, (_, index) =>
      run(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          join(import.meta.dirname, 'appender.ts'),
          ...[path, String(index * writers), String(writers), String(each)],
        ],
        { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env } },
      ),
    ),
  );
  return (systemClock.monotonicMs() - began) / 1000;
}

/** Versions without a gap, each load once, and every row, as delta-rs reads them. */
async function expectAll(path: string, each: number): Promise<void> {
  const names = await readdir(join(path, '_delta_log'));
  const versions = names
    .filter((name) => /^\d{20}\.json$/.test(name))
    .map((name) => parseInt(name, 10));
  const commits = WRITERS * each + 1;
  expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: commits }, (_, i) => i));
  const ids = (await deltaRs('read', path)).rows.map(({ id }) => Number(id));
  const expected = Array.from({ length: WRITERS * each * ROWS }, (_, i) => i);
  expect(ids.sort((a, b) => a - b)).toEqual([-1, ...expected]);

  await using session = await openEngine();
  await using sink = openSink(session, path);
  const loads = (await sink.loads(never)).map((entry) => entry.loadId);
  expect(new Set(loads).size).toBe(commits);
  expect(loads).toHaveLength(commits);
  // Every checkpoint that a writer left says what the commits before it say.
  const checkpoints = names.filter((name) => name.endsWith('.checkpoint.parquet'));
  expect(checkpoints.length).toBeGreaterThan(0);
  for (const name of checkpoints) {
    const [row] = await session.rows(
      `select count("add".path) as adds, count(txn.appId) as txns
       from read_parquet('${join(path, '_delta_log', name)}')`,
      never,
    );
    const version = parseInt(name, 10);
    expect([Number(row?.['adds']), Number(row?.['txns'])]).toEqual([version + 1, version + 1]);
  }
}

async function create(path: string, options: Parameters<typeof load>[3]): Promise<void> {
  await using session = await openEngine();
  if (options?.storage !== undefined) await session.useStorage(options.storage, never);
  await load(session, path, rowsOfWeek(24, 1, -1), { mode: 'append', loadId: 'first', ...options });
}

function say(where: string, each: number, seconds: number): void {
  const rate = (WRITERS * each) / seconds;
  process.stdout.write(
    `${String(WRITERS)} writers x ${String(each)} commits on ${where}: ${seconds.toFixed(1)} s, ${rate.toFixed(1)} commits/s\n`,
  );
}

describe('twenty writers in four processes that append to one Delta table', () => {
  it(
    'lose nothing and double nothing on disk',
    async () => {
      const path = join(folder, 'table');
      await create(path, {});
      say('disk', COMMITS.disk, await append(path, COMMITS.disk, {}));
      await expectAll(path, COMMITS.disk);
    },
    (300 + 20 * COMMITS.disk) * SECONDS,
  );

  (withoutS3 === '' ? it : it.skip)(
    `lose nothing and double nothing on S3${withoutS3}`,
    async () => {
      if (s3 === undefined) throw new Error('no Python with moto');
      const { client, env, openStorage } = s3;
      const table = `table-${randomUUID()}`;
      const path = `s3://${BUCKET}/${table}`;
      await create(path, { storage: openStorage(path) });
      say('S3', COMMITS.s3, await append(path, COMMITS.s3, env));
      const copy = join(folder, 'copy');
      const list = { Bucket: BUCKET, Prefix: `${table}/` };
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, list)) {
        for (const { Key = '' } of Contents) {
          const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
          const file = join(copy, Key);
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, (await got.Body?.transformToByteArray()) ?? '');
        }
      }
      await expectAll(join(copy, table), COMMITS.s3);
    },
    (300 + 60 * COMMITS.s3) * SECONDS,
  );
});
