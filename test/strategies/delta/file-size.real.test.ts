import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import { targetFileBytes } from '../../../strategies/writers/delta/file-size.ts';
import { configure, dataFiles } from './files.ts';
import {
  deltaRs,
  load,
  never,
  openEngine,
  openSink,
  rowsOfWeek,
  type SinkOptions,
} from './harness.ts';
import { addsOf } from './log-adds.ts';
import { loadInto, rows, tableContents } from './merging.ts';

jest.setTimeout(120_000);

const SIZE = 60_000;
/** Some 400 kB, and some that is in one file anyway. */
const ROWS = `${rowsOfWeek(24, 20_000)} union all ${rowsOfWeek(25, 100, 50_000)}`;
let session: SqlSession;
let folder: string;
let tables = 0;

beforeAll(async () => {
  session = await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-size-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const newPath = () => join(folder, `table-${String(++tables)}`);

async function optimized(path: string, options: SinkOptions) {
  await using sink = openSink(session, path, options);
  return await sink.upkeep?.optimize({ onFiles: () => undefined }, never);
}

describe('the files of a load', () => {
  it('are about as large as config says, with the same rows and statistics of their own', async () => {
    const path = newPath();
    const whole = newPath();
    await load(session, whole, ROWS);
    const [expected] = await addsOf(whole, '24');
    expect(expected?.size).toBeGreaterThan(4 * SIZE);
    const counts = await load(session, path, ROWS, { fileBytes: SIZE });
    expect(counts).toEqual(
      new Map([
        ['24', 20_000],
        ['25', 100],
      ]),
    );

    const adds = await addsOf(path, '24');
    expect(adds.length).toBe(Math.ceil((expected?.size ?? 0) / SIZE));
    for (const { size } of adds) expect(size / SIZE).toBeLessThan(1.3);
    expect(adds.reduce((sum, add) => sum + add.rows, 0)).toBe(20_000);
    const spread = adds.map((add) => add.rows);
    expect(Math.max(...spread) - Math.min(...spread)).toBeLessThanOrEqual(1);
    const lows = adds.map(({ least }) => least);
    expect(Math.min(...lows)).toBe(0);
    expect(new Set(lows).size).toBeGreaterThan(1);
    expect((await addsOf(path, '25')).length).toBe(1);
    const [found, alike] = [await deltaRs('read', path), await deltaRs('read', whole)];
    const ids = (read: typeof found) =>
      read.rows.map((row) => Number(row['id'])).sort((a, b) => a - b);
    expect(found).toMatchObject({ records: 20_100, columns: alike.columns });
    expect(ids(found)).toEqual(ids(alike));
  });

  it('are replaced and appended to as any', async () => {
    const path = newPath();
    const sized = { fileBytes: SIZE };
    await load(session, path, ROWS, sized);
    const first = await dataFiles(path);
    await load(session, path, rowsOfWeek(24, 20_000), { ...sized, covers: ['24'] });
    expect((await addsOf(path, '25')).length).toBe(1);
    await load(session, path, rowsOfWeek(24, 20_000, 20_000), { ...sized, mode: 'append' });
    expect((await addsOf(path, '24')).length).toBeGreaterThan(first.length);
  });

  it('are about as large where they are merged, too', async () => {
    const path = newPath();
    const sized = { fileBytes: SIZE };
    await loadInto(session, path, rows(24, 20_000, 0, 'old'), { ...sized, mode: 'overwrite' });
    const { entry, counted } = await loadInto(session, path, rows(24, 20_000, 9_000, 'new'), sized);
    expect([entry.merged?.replaced, counted]).toEqual([11_000, 20_000]);
    expect(await tableContents(session, path)).toMatchObject([{ value: '24', rows: 29_000 }]);
    const added = (await addsOf(path, '24')).filter(({ least }) => least >= 9_000);
    expect(added.length).toBeGreaterThan(2);
  });

  it('are what the property of the table says, where config says nothing', async () => {
    const path = newPath();
    await load(session, path, ROWS);
    await configure(path, { 'delta.targetFileSize': '64kb' });
    await load(session, path, ROWS);
    expect((await addsOf(path, '24')).length).toBeGreaterThan(4);
    const made = newPath();
    await load(session, made, ROWS, { properties: { 'delta.targetFileSize': '65536' } });
    expect((await addsOf(made, '24')).length).toBe((await addsOf(path, '24')).length);
    await load(session, path, ROWS, { fileBytes: 10_000_000 });
    expect((await addsOf(path, '24')).length).toBe(1);
  });

  it('stay as they are when the table is optimized, and small ones come up to that size', async () => {
    const path = newPath();
    await load(session, path, ROWS, { fileBytes: SIZE });
    const before = await addsOf(path, '24');
    expect(await optimized(path, { fileBytes: SIZE })).toMatchObject({ written: 0 });
    await optimized(path, {});
    expect((await addsOf(path, '24')).length).toBe(1);
    expect(before.length).toBeGreaterThan(1);
  });

  it.each([
    ['104857600', 104_857_600],
    ['100mb', 104_857_600],
    ['1g', 1_073_741_824],
    ['64 KB', 65_536],
    ['large', undefined],
    ['0', undefined],
  ])('of %s are %s bytes', (text, bytes) => {
    const properties = { 'delta.targetFileSize': text };
    expect(targetFileBytes({ properties }, undefined)).toBe(bytes);
    expect(targetFileBytes({ properties, fileBytes: 5 }, undefined)).toBe(5);
  });
});
