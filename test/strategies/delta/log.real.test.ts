import { mkdtemp, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { quote, type SqlSession } from '../../../core/engine.ts';
import { load, never, openEngine, openSink, rowsOfWeek } from './harness.ts';

jest.setTimeout(120_000);

let session: SqlSession;
let folder: string;

beforeAll(async () => {
  session = await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-log-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

it('refuses to start from a v2 checkpoint', async () => {
  const path = join(folder, 'v2');
  await load(session, path, rowsOfWeek(24, 1));
  const log = join(path, '_delta_log');
  const uuid = '00000000-0000-4000-8000-000000000000';
  await rename(
    join(log, '00000000000000000000.json'),
    join(log, `00000000000000000000.checkpoint.${uuid}.json`),
  );
  await using sink = openSink(session, path);
  await expect(sink.check(never)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  const sidecar = join(log, '00000000000000000000.checkpoint.parquet');
  await session.run(
    `copy (select {path: 'x'} as sidecar) to ${quote(sidecar)} (format parquet)`,
    never,
  );
  await expect(sink.check(never)).rejects.toThrow('v2Checkpoint');
});

it('does without a damaged checkpoint where the commits are there, and says so', async () => {
  const path = join(folder, 'damaged');
  for (let i = 0; i < 12; i++) {
    await load(session, path, rowsOfWeek(24, 1, i), { mode: 'append' });
  }
  const log = join(path, '_delta_log');
  const checkpoint = join(log, '00000000000000000010.checkpoint.parquet');
  await truncate(checkpoint, 1_000);
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  expect([...(await load(session, path, rowsOfWeek(24, 1, 50), { mode: 'append', warn }))]).toEqual(
    [['24', 13]],
  );
  expect(warnings).toEqual([
    `the checkpoint ${checkpoint} is damaged: the table was read without it`,
  ]);
  await rm(join(log, '00000000000000000000.json'));
  await using sink = openSink(session, path);
  await expect(sink.check(never)).rejects.toMatchObject({
    code: 'TARGET_FAILED',
    message: expect.stringContaining(`${checkpoint} is damaged`),
  });
});
