import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import { HASHED } from './contract.ts';
import { configure } from './files.ts';
import { deltaRs, never, openEngine, openSink } from './harness.ts';
import { contentsOf, loadInto, rows, tableContents } from './merging.ts';

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

const old = (week: number, count = 10) => rows(week, count, week * 100, 'old');
const fresh = (week: number, count: number, first = week * 100) => rows(week, count, first, 'new');

/** The table holds just the rows of the query, for dray, for Delta's kernel and for delta-rs. */
async function expectRows(path: string, query: string): Promise<void> {
  expect(await tableContents(session, path)).toEqual(await contentsOf(session, query));
  const { rows: read } = await deltaRs('read', path);
  const [expected] = await session.rows(
    `select count(*) as n, sum(id) as ids, count(*) filter (name like 'new%') as fresh from (${query})`,
    never,
  );
  const names = read.map((row) => String(row['name']));
  expect([
    read.length,
    read.reduce((sum, row) => sum + Number(row['id']), 0),
    names.filter((name) => name.startsWith('new')).length,
  ]).toEqual(Object.values(expected ?? {}).map(Number));
  expect(new Set(read.map((row) => row['id'])).size).toBe(read.length);
}

describe('a merge into a Delta table', () => {
  it('makes the table when there is none', async () => {
    const path = newPath();
    const { entry, counted } = await loadInto(session, path, fresh(24, 5));
    expect(counted).toBe(5);
    expect(entry.merged).toEqual({ replaced: 0, after: entry.partitions });
    await expectRows(path, fresh(24, 5));
  });

  it('replaces the rows of its keys, adds the others, and leaves every other row', async () => {
    const path = newPath();
    await loadInto(session, path, `${old(24)} union all ${old(25)} union all ${old(26)}`, {
      mode: 'overwrite',
    });
    const load = `${fresh(24, 4, 2408)} union all ${fresh(25, 10)}`;
    const { entry, counted } = await loadInto(session, path, load, { covers: ['24', '25', '26'] });
    expect(counted).toBe(14);
    const expected = `select * from (${old(24)}) where id < 2408 union all ${load} union all ${old(26)}`;
    await expectRows(path, expected);
    expect(entry.merged?.replaced).toBe(12);
    const inLoad = `select * from (${expected}) where week in (24, 25)`;
    expect(entry.merged?.after).toEqual(await contentsOf(session, inLoad));
    await using sink = openSink(session, path, { contract: HASHED });
    expect((await sink.loads(never)).at(-1)).toEqual(entry);
  });

  it('ends in the same content when it comes twice', async () => {
    const path = newPath();
    await loadInto(session, path, old(24), { mode: 'overwrite' });
    const load = fresh(24, 6, 2405);
    const first = await loadInto(session, path, load);
    const second = await loadInto(session, path, load);
    expect(second.entry.merged).toEqual({ replaced: 6, after: first.entry.merged?.after });
    await expectRows(path, `select * from (${old(24)}) where id < 2405 union all ${load}`);
  });

  it('changes nothing when it is empty', async () => {
    const path = newPath();
    await loadInto(session, path, old(24), { mode: 'overwrite' });
    const { entry, counted } = await loadInto(session, path, fresh(24, 0), { covers: ['24'] });
    expect([entry.merged, counted]).toEqual([{ replaced: 0, after: [] }, 0]);
    await expectRows(path, old(24));
  });

  it('writes only those files anew that hold one of its keys', async () => {
    const path = newPath();
    await loadInto(session, path, old(24), { mode: 'overwrite' });
    await loadInto(session, path, rows(24, 5, 5000, 'more'), { mode: 'append' });
    await loadInto(session, path, rows(24, 5, 6000, 'more'), { mode: 'append' });
    const before = await filesNow(path);
    await loadInto(session, path, fresh(24, 1, 6002));
    const after = await filesNow(path);
    // The file of 6000 to 6004 gave way to its other four rows, and the load's own came.
    expect(before.filter((file) => after.includes(file))).toHaveLength(2);
    expect(after).toHaveLength(4);
  });

  it('takes the place of all copies of a key that the table has more than once', async () => {
    const path = newPath();
    await loadInto(session, path, old(24), { mode: 'overwrite' });
    await deltaRs('double', path, ['id', 2403]);
    const { entry, counted } = await loadInto(session, path, fresh(24, 5));
    expect([entry.merged?.replaced, counted]).toEqual([6, 5]);
    await expectRows(path, `select * from (${old(24)}) where id > 2404 union all ${fresh(24, 5)}`);
  });

  it('merges into files of another writer, and keeps the columns that only the table has', async () => {
    const path = newPath();
    await loadInto(session, path, fresh(24, 0), { mode: 'overwrite' });
    await deltaRs('widen', path, 'extra');
    const row = { week: 24, price: '1', seen: '2017-06-05T00:00:00.000001Z', day: '2017-06-05' };
    await deltaRs('append', path, [
      { ...row, id: 1, extra: 'one' },
      { ...row, id: 2, extra: 'two' },
    ]);
    const { entry } = await loadInto(session, path, fresh(24, 3, 2));
    expect(entry.merged?.replaced).toBe(1);
    const found = (await deltaRs('read', path)).rows.map(({ id, extra, seen }) => ({
      ...{ id, extra, seen },
    }));
    expect(found.find(({ id }) => id === 1)).toEqual({
      ...{ id: 1, extra: 'one' },
      seen: '2017-06-05 00:00:00.000001+00:00',
    });
    expect(found.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4]);
    expect(await tableContents(session, path)).toEqual(entry.merged?.after);
  });

  it('is not the owner of a week that it has no row of', async () => {
    const path = newPath();
    const both = await loadInto(session, path, `${old(24)} union all ${old(25)}`, {
      mode: 'overwrite',
    });
    const { entry } = await loadInto(session, path, fresh(24, 3), { covers: ['24', '25'] });
    expect(entry.merged?.after.map(({ value }) => value)).toEqual(['24']);
    expect(both.entry.partitions).toHaveLength(2);
  });

  it.each([
    [
      'twice',
      `${fresh(24, 3)} union all ${fresh(24, 1)}`,
      /2 rows to merge have the same key: id "2400"/,
    ],
    ['null', `select * replace (null::bigint as id) from (${fresh(24, 1)})`, /has no key: id null/],
  ])('refuses a load with a key that is there %s', async (_, load, message) => {
    const path = newPath();
    await loadInto(session, path, old(24), { mode: 'overwrite' });
    const before = await readdir(path, { recursive: true });
    await expect(loadInto(session, path, load)).rejects.toMatchObject({
      code: 'MERGE_KEY_INVALID',
      message: expect.stringMatching(message),
    });
    const after = await readdir(path, { recursive: true });
    expect(after.filter((file) => !file.includes('_dray/'))).toEqual(
      before.filter((file) => !file.includes('_dray/')),
    );
    await expectRows(path, old(24));
  });

  it('refuses an append-only table', async () => {
    const path = newPath();
    await loadInto(session, path, old(24), { mode: 'overwrite' });
    await configure(path, { 'delta.appendOnly': 'true' });
    await expect(loadInto(session, path, fresh(24, 3))).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    });
  });
});

/** Data files of the newest version. */
async function filesNow(path: string): Promise<readonly string[]> {
  await using sink = openSink(session, path, { contract: HASHED });
  await sink.content?.(never);
  const found = await session.rows(
    `select distinct filename as file from delta_scan('${path}', filename = true)`,
    never,
  );
  return found.map((row) => String(row['file']));
}
