import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import type { Storage } from '../../../core/storage.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { configure, dataFiles, logFileOf } from './files.ts';
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

const day = (n: number) => ({
  startDate: `2017-06-0${String(n)}`,
  endDate: `2017-06-0${String(n + 1)}`,
});

describe('staging', () => {
  it('shows no reader anything, counts what arrived, and is undone by discard', async () => {
    const path = newPath();
    await load(session, path, rowsOfWeek(24, 3));
    const [short] = (await compute(session, rowsOfWeek(24, 2))).files;
    const real = openFileStorage(path);
    const storage: Storage = {
      ...real,
      upload: (from, to, signal) => real.upload(short?.path ?? from, to, signal),
    };
    const result = await compute(session, rowsOfWeek(24, 7));
    await using sink = openSink(session, path, { storage });
    await using claim = await claimOf(sink);
    const staged = await stage(sink, result, claim);
    expect(staged.rows).toBe(2);
    expect(await dataFiles(path)).toHaveLength(2);
    expect((await deltaRs('read', path)).rows).toHaveLength(3);
    await sink.discard(never);
    expect(await dataFiles(path)).toHaveLength(1);
  });

  it('refuses rows of a partition that the window does not replace', async () => {
    await expect(
      load(session, newPath(), rowsOfWeek(24, 1), { covers: ['25'] }),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('leaves waste only until the next claim, and never touches living or committed files', async () => {
    const path = newPath();
    await load(session, path, rowsOfWeek(24, 3), { loadId: 'L' });
    await configure(path, {
      'delta.checkpointInterval': '2',
      'delta.deletedFileRetentionDuration': 'interval 0 days',
    });
    await load(session, path, rowsOfWeek(24, 4), { loadId: 'L' });
    const [oldVersion, current] = [await dataFiles(path), 2];
    expect(oldVersion).toHaveLength(current);

    const result = await compute(session, rowsOfWeek(30, 1));
    await using living = openSink(session, path, { window: day(7), covers: ['30'] });
    await using claim = await claimOf(living);
    const staged = await stage(living, result, claim);
    const crash = (name: string) =>
      name === 'delta:commit:before' ? Promise.reject(new Error('crash')) : Promise.resolve();
    const other = { window: day(5), covers: ['25'] };
    await expect(
      load(session, path, rowsOfWeek(25, 1), { ...other, reach: crash }),
    ).rejects.toThrow('crash');
    expect(await dataFiles(path)).toHaveLength(current + 2);
    expect(await readdir(join(path, '_dray/stage'))).toEqual(['4']);

    await load(session, path, rowsOfWeek(25, 2), other);
    const files = await dataFiles(path);
    expect(files).toHaveLength(current + 2);
    expect(files.filter((name) => name.includes('-c4.'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining([...oldVersion]));
    expect(await readdir(join(path, '_dray/ledger'))).toHaveLength(3);
    await living.commit(staged, entryOf(result, claim, { covers: ['30'] }), claim, never);
    expect(await count(path)).toEqual({ 24: 4, 25: 2, 30: 1 });
  });

  it('keeps the files of the table when the ledger is gone', async () => {
    const path = newPath();
    await load(session, path, rowsOfWeek(24, 3));
    await rm(join(path, '_dray/ledger'), { recursive: true });
    await load(session, path, rowsOfWeek(25, 1), { covers: ['25'] });
    expect(await count(path)).toEqual({ 24: 3, 25: 1 });
  });
});

describe('check', () => {
  it('names every column that does not fit, and writes nothing', async () => {
    const path = newPath();
    await deltaRs('create', path, {
      columns: [
        ['id', 'int64'],
        ['week', 'int64'],
        ['name', 'string'],
      ],
      partitionBy: ['name'],
    });
    const before = await readdir(path, { recursive: true });
    await using sink = openSink(session, path);
    const failed = sink.check(never);
    await expect(failed).rejects.toMatchObject({ code: 'TARGET_SCHEMA', exitCode: 4 });
    await expect(failed).rejects.toThrow(
      /week: expected integer, found long; price: expected decimal\(38,18\), found no such column;.*partition columns: expected week, found name/,
    );
    expect(await readdir(path, { recursive: true })).toEqual(before);
  });

  it('refuses a table of delta-rs with a change data feed', async () => {
    const path = newPath();
    await deltaRs('create', path, {
      columns: [
        ['id', 'int64'],
        ['week', 'int32'],
      ],
      partitionBy: ['week'],
      configuration: { 'delta.enableChangeDataFeed': 'true' },
    });
    await using sink = openSink(session, path);
    await expect(sink.check(never)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('names the version that is missing from the log', async () => {
    const path = newPath();
    for (let i = 0; i < 3; i++) await load(session, path, rowsOfWeek(24, 1));
    await rm(logFileOf(path, 1));
    await using sink = openSink(session, path);
    await expect(sink.check(never)).rejects.toThrow('version 1 is missing');
    await rm(logFileOf(path, 0));
    await using another = openSink(session, path);
    await expect(another.check(never)).rejects.toThrow('version 0 is missing');
  });
});
