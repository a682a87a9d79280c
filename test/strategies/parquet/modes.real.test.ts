import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startOfRun } from '../../../core/claims.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import { systemClock } from '../../../core/clock.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { parquetWriter } from '../../../strategies/writers/parquet/writer.ts';
import {
  CONTRACT,
  claimOf,
  load,
  noPython,
  openSession,
  openSink,
  ownFiles,
  pyarrow,
  signal,
} from './harness.ts';

let session: SqlSession;
let path: string;

beforeAll(async () => {
  session = await openSession();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'dray parquet-'));
});
afterEach(async () => {
  await rm(path, { recursive: true });
});

const week = (rows: number, ...by: string[]) => ({ rows, by });
const describeJudged = noPython === '' ? describe : describe.skip;

describeJudged(`what pyarrow reads${noPython}`, () => {
  it('is what was loaded, typed as the contract says', async () => {
    const staged = await load(session, path, { by: 'a', rows: { 24: 5, 25: 7 } });
    expect(staged).toBe(12);
    expect(await pyarrow(path)).toEqual({
      folder: { 24: week(5, 'a'), 25: week(7, 'a') },
      manifest: { 24: week(5, 'a'), 25: week(7, 'a') },
      parts: ['week=24/part-0.parquet', 'week=25/part-0.parquet'],
      loads: ['load-a'],
      rows: { 24: 5, 25: 7 },
      schema: [
        'id int64',
        'week int32',
        'score decimal128(5, 2)',
        'brand string',
        'created_by string',
        'loaded_at timestamp[us, tz=UTC]',
      ],
    });
  });

  it('after overwrite_window: covered weeks are new or gone, others as before', async () => {
    await load(session, path, { by: 'a', rows: { 24: 5, 25: 5, 26: 5 } });
    await load(session, path, { by: 'b', rows: { 24: 2 }, weeks: [24, 25] });
    const seen = await pyarrow(path);
    expect(seen.folder).toEqual({ 24: week(2, 'b'), 26: week(5, 'a') });
    expect(seen.manifest).toEqual(seen.folder);
    expect(seen.loads).toEqual(['load-a', 'load-b']);
  });

  it('after an overwrite_window without dates: nothing else is left', async () => {
    await load(session, path, { by: 'a', rows: { 24: 5, 25: 5 } });
    await load(session, path, { by: 'b', rows: { 25: 3 } });
    const seen = await pyarrow(path);
    expect(seen.folder).toEqual({ 25: week(3, 'b') });
    expect(seen.manifest).toEqual(seen.folder);
  });

  it('after overwrite: only the rows of the last load', async () => {
    await load(session, path, { by: 'a', rows: { 24: 5, 25: 5, 26: 5 } });
    await load(session, path, { by: 'b', rows: { 24: 2 }, weeks: [24], mode: 'overwrite' });
    const seen = await pyarrow(path);
    expect(seen.folder).toEqual({ 24: week(2, 'b') });
    expect(seen.manifest).toEqual(seen.folder);
    expect(seen.parts).toEqual(['week=24/part-0.parquet']);
  });

  it('after append: old and new rows, and the old weeks untouched', async () => {
    await load(session, path, { by: 'a', rows: { 24: 5, 25: 5 } });
    const staged = await load(session, path, {
      by: 'b',
      rows: { 25: 2, 26: 3 },
      weeks: [25, 26],
      mode: 'append',
    });
    expect(staged).toBe(5);
    const seen = await pyarrow(path);
    expect(seen.folder).toEqual({ 24: week(5, 'a'), 25: week(7, 'a', 'b'), 26: week(3, 'b') });
    expect(seen.manifest).toEqual(seen.folder);
    expect(seen.rows).toEqual({ 24: 5, 25: 7, 26: 3 });
  });

  it('after an append to files that others have written: theirs too', async () => {
    await load(session, path, { by: 'a', rows: { 24: 5 } });
    await rm(join(path, '_dray'), { recursive: true });
    await load(session, path, { by: 'b', rows: { 24: 1 }, weeks: [24], mode: 'append' });
    expect((await pyarrow(path)).folder).toEqual({ 24: week(6, 'a', 'b') });
  });

  it('after an empty load: an empty target', async () => {
    await load(session, path, { by: 'a', rows: { 24: 5 } });
    await load(session, path, { by: 'b', rows: {}, weeks: [24] });
    const seen = await pyarrow(path);
    expect(seen).toMatchObject({ folder: {}, manifest: {}, parts: [] });
  });
});

it('keeps second names for two manifests, and nothing else', async () => {
  for (const by of ['a', 'b', 'c', 'd']) await load(session, path, { by, rows: { 24: 1 } });
  expect(await ownFiles(path)).toEqual([
    '_dray/files/load-c-3',
    '_dray/files/load-c-3/week=24.data',
    '_dray/files/load-d-4',
    '_dray/files/load-d-4/week=24.data',
  ]);
});

it('counts the rows of covered weeks in the files that readers see', async () => {
  await load(session, path, { by: 'a', rows: { 24: 5, 25: 6 } });
  await using all = openSink(session, path, { by: 'x', rows: {} });
  expect([...(await all.count(signal))]).toEqual([
    ['24', 5],
    ['25', 6],
  ]);
  await using some = openSink(session, path, { by: 'x', rows: {}, weeks: [25, 26] });
  expect([...(await some.count(signal))]).toEqual([['25', 6]]);
  await rename(join(path, 'week=25'), join(path, 'week=24/_away'));
  expect([...(await some.count(signal))]).toEqual([]);
});

it('shows some rows as text', async () => {
  await load(session, path, { by: 'a', rows: { 24: 5 } });
  await using sink = openSink(session, path, { by: 'x', rows: {}, weeks: [24] });
  const rows = await sink.sample(2, signal);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({ week: '24', score: '1.50', brand: '', created_by: 'a' });
  await using none = openSink(session, path, { by: 'x', rows: {}, weeks: [25] });
  expect(await none.sample(2, signal)).toEqual([]);
});

it('claims all time for an overwrite, whatever its window, and keeps the start with that', async () => {
  const options = { by: 'a', rows: { 24: 1 }, weeks: [24], mode: 'overwrite' } as const;
  await load(session, path, options);
  await using sink = openSink(session, path, options);
  expect(startOfRun(await sink.claims(signal), 'a', undefined)).toBe('2017-01-02T00:00:00Z');
});

describe('a target that does not fit', () => {
  const check = async (contract = CONTRACT) => {
    await using sink = openSink(session, path, { by: 'x', rows: {}, contract });
    await sink.check(signal);
  };

  it('is refused with all differences', async () => {
    await load(session, path, { by: 'a', rows: { 24: 1, 25: 1 } });
    await expect(check()).resolves.toBeUndefined();
    const columns = CONTRACT.columns
      .filter(({ name }) => name !== 'brand')
      .map((each) => (each.name === 'id' ? { ...each, type: { kind: 'int32' } as const } : each));
    const added = {
      name: 'color',
      type: { kind: 'string', maxLength: 3 },
      nullable: true,
    } as const;
    await expect(check({ ...CONTRACT, columns: [...columns, added] })).rejects.toMatchObject({
      code: 'TARGET_SCHEMA',
      message:
        `"${path}" holds other columns: column "id" is BIGINT instead of int32; ` +
        'no column "color" (string(3)); a column "brand" (VARCHAR) too many',
    });
  });

  it('is refused when one file among many differs', async () => {
    await load(session, path, { by: 'a', rows: { 24: 1, 25: 1 } });
    const odd = join(path, 'week=25/part-0.parquet');
    await session.run(`copy (select 1 as id) to '${odd}' (format parquet)`, signal);
    await expect(check()).rejects.toMatchObject({ code: 'TARGET_SCHEMA' });
  });

  it('is refused when its files are partitioned in another way', async () => {
    await mkdir(join(path, 'day=1'));
    await writeFile(join(path, 'day=1/x.parquet'), '');
    await expect(check()).rejects.toMatchObject({
      code: 'TARGET_SCHEMA',
      message: `"${path}" is not partitioned by "week": it holds "day=1/x.parquet"`,
    });
  });

  it('is refused when a file is broken', async () => {
    await mkdir(join(path, 'week=1'));
    await writeFile(join(path, 'week=1/part-0.parquet'), 'not Parquet at all');
    await expect(check()).rejects.toMatchObject({ code: 'TARGET_FAILED' });
  });

  it('is refused when it is a file', async () => {
    await writeFile(join(path, 'file'), '');
    await using sink = openSink(session, join(path, 'file'), { by: 'x', rows: {} });
    await expect(sink.check(signal)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    await expect(claimOf(sink)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
  });

  it('is refused when its manifest is from a newer version', async () => {
    await load(session, path, { by: 'a', rows: { 24: 1 } });
    const newer = JSON.stringify({ schema: 'dray.manifest/2', generation: 9 });
    await writeFile(join(path, '_dray/manifests/00000009.json'), newer);
    await using sink = openSink(session, path, { by: 'x', rows: {} });
    await expect(sink.loads(signal)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
  });
});

describe('the config', () => {
  const open = async (more: object, mode: 'merge' | 'append' = 'append') => {
    const config = parquetWriter.config.parse({ strategy: 'PARQUET', path, ...more });
    const request = { job: 'j', runId: 'r', attempt: 1, mode, contract: CONTRACT };
    const context = {
      clock: systemClock,
      openStorage: openFileStorage,
      failpoints: noFailpoints,
      resolveSecret: () => Promise.reject(new Error('none')),
      warn: () => undefined,
    };
    return await parquetWriter.on.bulk?.(session, config, request, context, signal);
  };

  it('takes the contract’s partition column, and no options', async () => {
    await expect(open({ partitionBy: 'week', options: {} })).resolves.toMatchObject({
      target: path,
    });
  });

  it('refuses what is not built yet', async () => {
    const notSupported = expect.objectContaining({ code: 'NOT_SUPPORTED' });
    await expect(async () => await open({ partitionBy: 'store_id' })).rejects.toEqual(notSupported);
    await expect(async () => await open({ options: { codec: 'lz4' } })).rejects.toEqual(
      notSupported,
    );
    await expect(async () => await open({}, 'merge')).rejects.toEqual(notSupported);
    await expect(async () => await open({ targetFileSizeMb: 1 })).rejects.toEqual(notSupported);
  });
});
