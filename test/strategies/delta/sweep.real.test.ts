import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import type { Storage } from '../../../core/storage.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import {
  claimOf,
  compute,
  load,
  never,
  openEngine,
  openSink,
  rowsOfWeek,
  stage,
} from './harness.ts';

let session: SqlSession;
let folder: string;
let tables = 0;

beforeAll(async () => {
  session = await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A table, how often all of it was listed, and a clock of the storage that can be put forward. */
function table() {
  const path = join(folder, `table-${String(++tables)}`);
  const files = openFileStorage(path);
  let aheadMs = 0;
  let looks = 0;
  const storage: Storage = {
    ...files,
    now: async (signal) => new Date((await files.now(signal)).getTime() + aheadMs),
    async list(prefix, signal) {
      if (prefix === '') looks++;
      return await files.list(prefix, signal);
    },
  };
  return {
    path,
    storage,
    wait: (ms: number): void => {
      aheadMs += ms;
    },
    looks: () => looks,
    data: async () => (await files.list('', never)).filter(({ key }) => key.startsWith('week=')),
    append: (loadId: string) =>
      load(session, path, rowsOfWeek(24, 1), { mode: 'append', loadId, storage }),
  };
}

it('looks for leftovers of nobody who says that there are none', async () => {
  const { append, looks, data } = table();
  for (const loadId of ['a', 'b', 'c']) await append(loadId);
  expect(looks()).toBe(0);
  expect(await data()).toHaveLength(3);
});

it('looks for none after a load that was there already, nor after one that failed before its commit', async () => {
  const { path, storage, append, looks } = table();
  await append('a');
  const result = await compute(session, rowsOfWeek(24, 3));
  for (const isStaged of [false, true]) {
    await using sink = openSink(session, path, { storage });
    await using claim = await claimOf(sink);
    if (isStaged) await stage(sink, result, claim);
    await sink.discard(never);
  }
  await append('b');
  expect(looks()).toBe(0);
});

it('removes what a killed process left, and what it leaves when it was only stopped', async () => {
  const { path, storage, append, looks, data, wait } = table();
  await append('a');
  const result = await compute(session, rowsOfWeek(24, 3));
  await using killed = openSink(session, path, { storage });
  const claim = await claimOf(killed);
  await stage(killed, result, claim);
  expect(await data()).toHaveLength(2);
  wait(15_000);
  await append('b');
  expect(await data()).toHaveLength(2);
  expect(looks()).toBe(1);

  await stage(killed, result, claim);
  expect(await data()).toHaveLength(3);
  await append('c');
  expect(await data()).toHaveLength(3);
  expect(looks()).toBe(2);

  wait(600_000);
  await append('d');
  expect(looks()).toBe(3);
  await append('e');
  expect(looks()).toBe(3);
  await claim[Symbol.asyncDispose]();
});
