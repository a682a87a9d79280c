import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Storage } from '../../../core/storage.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { fileClaimStore } from '../../../strategies/writers/file-claims.ts';
import { configure, versions } from './files.ts';
import {
  claimOf,
  compute,
  deltaRs,
  entryOf,
  load,
  never,
  openEngine,
  openSink,
  rowsOfWeek,
  type SinkOptions,
  stage,
} from './harness.ts';

jest.setTimeout(120_000);

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

function newPath(): string {
  return join(folder, `table-${String(++tables)}`);
}

async function count(path: string, options: SinkOptions = {}): Promise<Record<string, number>> {
  await using sink = openSink(session, path, options);
  return Object.fromEntries(await sink.count(never));
}

const lost = { code: 'LEASE_LOST', exitCode: 5 };
const day = (n: number) => ({
  startDate: `2017-06-0${String(n)}`,
  endDate: `2017-06-0${String(n + 1)}`,
});

describe('the fence', () => {
  it('refuses a commit after a higher attempt has claimed', async () => {
    const path = newPath();
    const result = await compute(session, rowsOfWeek(24, 3));
    await using first = openSink(session, path, { runId: 'r', attempt: 1 });
    await using claim = await claimOf(first);
    const staged = await stage(first, result, claim);
    await using second = openSink(session, path, { runId: 'r', attempt: 2 });
    await using higher = await claimOf(second);
    expect(higher.number).toBeGreaterThan(claim.number);
    await expect(first.commit(staged, entryOf(result, claim), claim, never)).rejects.toMatchObject(
      lost,
    );
    expect(await count(path)).toEqual({});
  });

  it('refuses a commit that was overtaken after its last look at the claims', async () => {
    const path = newPath();
    const result = await compute(session, rowsOfWeek(24, 3));
    await using second = openSink(session, path, { runId: 'r', attempt: 2 });
    const overtake = async (name: string) => {
      if (name === 'delta:commit:before') await claimOf(second);
    };
    await using first = openSink(session, path, { runId: 'r', attempt: 1, reach: overtake });
    await using claim = await claimOf(first);
    const staged = await stage(first, result, claim);
    await expect(first.commit(staged, entryOf(result, claim), claim, never)).rejects.toMatchObject(
      lost,
    );
    expect(await count(path)).toEqual({});
  });

  it('refuses the earlier claim when a later one has decided its partition already', async () => {
    const path = newPath();
    const result = await compute(session, rowsOfWeek(24, 3));
    const monday = { window: day(5), covers: ['24'] };
    const tuesday = { window: day(6), covers: ['24'] };
    await using first = openSink(session, path, monday);
    await using claim = await claimOf(first);
    const staged = await stage(first, result, claim);
    await load(session, path, rowsOfWeek(24, 5), tuesday);
    await expect(
      first.commit(staged, entryOf(result, claim, monday), claim, never),
    ).rejects.toMatchObject({ code: 'TARGET_CONFLICT', retryable: true });
    expect(await count(path)).toEqual({ 24: 5 });
  });
});

it('takes away no file of a claim that is superseded but not revoked yet, once it commits', async () => {
  const path = newPath();
  const result = await compute(session, rowsOfWeek(24, 3));
  const storage = openFileStorage(path);
  const between = async (name: string) => {
    if (name !== 'delta:commit:before') return;
    const record = { number: 2, runId: 'b', attempt: 1, startedAt: '2017', released: false };
    await fileClaimStore(storage, '_dray', () => Promise.resolve()).create(
      { ...record, window: day(5) },
      never,
    );
    await using third = openSink(session, path, { window: day(8) });
    await using other = await claimOf(third);
    expect(other.number).toBe(3);
  };
  await using first = openSink(session, path, { window: day(5), reach: between });
  await using claim = await claimOf(first);
  const staged = await stage(first, result, claim);
  await expect(first.commit(staged, entryOf(result, claim), claim, never)).rejects.toMatchObject(
    lost,
  );
  expect(await count(path)).toEqual({});
});

describe('a commit', () => {
  it('removes also what another writer committed to its partitions between two tries', async () => {
    const path = newPath();
    await load(session, path, rowsOfWeek(24, 3));
    let raced = false;
    const race = async (name: string) => {
      if (name !== 'delta:commit:before' || raced) return;
      raced = true;
      const row = { id: 1, week: 24, price: '1', seen: '2017-06-05T00:00:00Z', day: '2017-06-05' };
      await deltaRs('append', path, [row]);
    };
    await load(session, path, rowsOfWeek(24, 5), { covers: ['24'], reach: race });
    expect(raced).toBe(true);
    expect((await versions(path)).length).toBe(3);
    expect((await deltaRs('read', path)).rows).toHaveLength(5);
  });

  it('checks the schema again when it was changed between two tries', async () => {
    const path = newPath();
    await load(session, path, rowsOfWeek(24, 3));
    const change = async (name: string) => {
      if (name === 'delta:commit:before') await configure(path, { 'delta.appendOnly': 'true' });
    };
    await expect(load(session, path, rowsOfWeek(24, 5), { reach: change })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    });
    expect(await count(path)).toEqual({ 24: 3 });
  });

  it('gives up with a conflict after a thousand lost races', async () => {
    const path = newPath();
    let tries = 0;
    const storage: Storage = {
      ...openFileStorage(path),
      publish: () => Promise.resolve(++tries > 0 ? 'exists' : 'missing'),
    };
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms < 5_000 ? 0 : ms, signal),
    };
    await expect(load(session, path, rowsOfWeek(24, 1), { storage, clock })).rejects.toMatchObject({
      code: 'TARGET_CONFLICT',
    });
    expect(tries).toBe(1_000);
  });

  it('is made once although its answer was lost, and its files survive the discard', async () => {
    const path = newPath();
    const real = openFileStorage(path);
    const storage: Storage = {
      ...real,
      async publish(...args) {
        await real.publish(...args);
        throw new JobError('TARGET_UNAVAILABLE', 'the answer was lost');
      },
    };
    const result = await compute(session, rowsOfWeek(24, 3));
    await using sink = openSink(session, path, { storage });
    await using claim = await claimOf(sink);
    const staged = await stage(sink, result, claim);
    const entry = entryOf(result, claim, { loadId: 'L' });
    await expect(sink.commit(staged, entry, claim, never)).rejects.toThrow('the answer was lost');
    await sink.commit(staged, entry, claim, never);
    await sink.discard(never);
    expect(await versions(path)).toEqual(['0']);
    expect((await sink.loads(never)).map((each) => each.loadId)).toEqual(['L']);
    expect(await count(path)).toEqual({ 24: 3 });

    await claim[Symbol.asyncDispose]();
    await using again = openSink(session, path, { storage });
    await using next = await claimOf(again);
    const more = await stage(again, result, next);
    await expect(again.commit(more, entryOf(result, next), next, never)).rejects.toThrow('lost');
    await again.discard(never);
    expect(await count(path)).toEqual({ 24: 3 });
  });

  it('records the load only together with its rows', async () => {
    const path = newPath();
    await load(session, path, rowsOfWeek(24, 3), { loadId: 'one' });
    const crash = (name: string) =>
      name === 'delta:commit:before' ? Promise.reject(new Error('crash')) : Promise.resolve();
    await expect(
      load(session, path, rowsOfWeek(24, 4), { loadId: 'two', reach: crash }),
    ).rejects.toThrow('crash');
    await using sink = openSink(session, path);
    expect((await sink.loads(never)).map((entry) => entry.loadId)).toEqual(['one']);
    await load(session, path, rowsOfWeek(24, 4), { loadId: 'two' });
    expect((await sink.loads(never)).map((entry) => [entry.loadId, entry.claim])).toEqual([
      ['one', 1],
      ['two', 3],
    ]);
  });

  it('stands although its checkpoint fails', async () => {
    const path = newPath();
    const warnings: string[] = [];
    await load(session, path, rowsOfWeek(24, 1));
    await configure(path, { 'delta.checkpointInterval': '1' });
    const crash = (name: string) =>
      name === 'delta:checkpoint:before'
        ? Promise.reject(new Error('no space'))
        : Promise.resolve();
    const counted = await load(session, path, rowsOfWeek(24, 2), {
      reach: crash,
      warn: (message) => warnings.push(message),
    });
    expect([...counted]).toEqual([['24', 2]]);
    expect(warnings).toEqual([expect.stringContaining('no checkpoint')]);
    await load(session, path, rowsOfWeek(24, 3));
    expect(await readdir(join(path, '_delta_log'))).toContain(
      '00000000000000000003.checkpoint.parquet',
    );
  });
});
