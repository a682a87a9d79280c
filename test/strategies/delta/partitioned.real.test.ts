import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { quote, type SqlSession } from '../../../core/engine.ts';
import {
  claimOf,
  compute,
  deltaRs,
  load as loadAs,
  type LoadOptions,
  never,
  openEngine,
  openSink,
  stage,
} from './harness.ts';
import { contentsOf, loadInto } from './merging.ts';
import { BY_ALL, BY_STORE, filesOf, PARTITIONED, storeRows } from './partitioned.ts';

jest.setTimeout(120_000);

let session: SqlSession;
let folder: string;
let tables = 0;

beforeAll(async () => {
  session = await openEngine();
  await session.useExtension('delta', never);
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-parts-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const newPath = () => join(folder, `table-${String(++tables)}`);

const load = (path: string, query: string, options: LoadOptions = {}) =>
  loadAs(session, path, query, { ...BY_STORE, ...options });

const merge = (path: string, query: string, options: LoadOptions = {}) =>
  loadInto(session, path, query, { ...BY_STORE, mode: 'merge', ...options });

/** Rows and hash per week, of a query or of what Delta's kernel reads. */
const contents = (query: string) => contentsOf(session, query, PARTITIONED);
const kernelReads = (path: string) =>
  contents(`select * from delta_scan(${quote(path)}) order by id`);

const rowsByDeltaRs = async (path: string) => {
  const { rows } = await deltaRs('read', path);
  return [...rows].sort((a, b) => Number(a['id']) - Number(b['id']));
};

const partitions = async (path: string) =>
  (await filesOf(path))
    .map(({ partitionValues: of }) => `${of['week'] ?? ''}/${of['store'] ?? ''}`)
    .sort();

describe('a table that is partitioned by more than the week', () => {
  it('holds values of every type as the log writes them, read alike by delta-rs and the kernel', async () => {
    const path = newPath();
    const whole = newPath();
    const query = `${storeRows(24, 60, 0, 'one')} union all ${storeRows(25, 60, 100, 'one')}`;
    const counts = await load(path, query, BY_ALL);
    expect([...counts].sort()).toEqual([
      ['24', 60],
      ['25', 60],
    ]);
    await loadAs(session, whole, query, { contract: PARTITIONED });
    const read = await deltaRs('read', path);
    expect(read).toMatchObject({ records: 120, partitionColumns: BY_ALL.partitionBy });
    expect(await rowsByDeltaRs(path)).toEqual(await rowsByDeltaRs(whole));
    expect(await kernelReads(path)).toEqual(await contents(query));
    const values = (await filesOf(path)).map(({ partitionValues }) => partitionValues);
    // i = 0 to 59: the partitions are those of i modulo 60.
    expect(values).toHaveLength(120);
    expect(values).toContainEqual({
      week: '24',
      store: '1',
      place: 'a/b=c',
      price: '0.000000000000000001',
      seen: '2017-06-05T10:00:00.123456Z',
      day: '2017-06-05',
      flag: 'true',
    });
    expect(values).toContainEqual({
      ...{ week: '25', store: '2', place: "ü '1%'", price: '1.000000000000000001' },
      ...{ seen: '1969-12-31T23:59:59.900000Z', day: '0001-01-01', flag: 'false' },
    });
    expect(values).toContainEqual({
      ...{ week: '24', store: '3', place: null, price: '2.000000000000000001' },
      ...{ seen: null, day: null, flag: null },
    });
  });

  it('holds negative decimals, which the kernel reads', async () => {
    // delta-rs reads the log, but hands "-1.0000000000000000-1" to pyarrow.
    const path = newPath();
    const query = `select * replace (-price as price) from (${storeRows(24, 12, 0, 'a')})`;
    await load(path, query, { partitionBy: ['week', 'price'] });
    const prices = (await filesOf(path)).map(({ partitionValues: { price } }) => price);
    expect(prices).toContain('-1.000000000000000001');
    expect(await kernelReads(path)).toEqual(await contents(query));
  });

  it('lets delta-rs and the kernel leave files out by any of the columns', async () => {
    const path = newPath();
    await load(path, `${storeRows(24, 30, 0, 'a')} union all ${storeRows(25, 30, 50, 'a')}`);
    expect(await partitions(path)).toEqual(['24/1', '24/2', '24/3', '25/1', '25/2', '25/3']);
    expect(await deltaRs('files', path, [['store', '=', '2']])).toMatchObject({ files: 2 });
    const [plan] = await session.rows(
      `explain analyze select count(note) from delta_scan(${quote(path)}) where store = 2 and week = 24`,
      never,
    );
    expect(Object.values(plan ?? {}).join()).toMatch(/Total Files Read: 1\b/);
  });

  it('has folders by all columns, files cut to size within, and statistics of the others', async () => {
    const path = newPath();
    await load(path, storeRows(24, 30_000, 0, 'a'), { fileBytes: 8_000 });
    const adds = await filesOf(path);
    for (const store of ['1', '2', '3']) {
      const own = adds.filter(({ partitionValues }) => partitionValues['store'] === store);
      expect(own.length).toBeGreaterThan(1);
      for (const { path: at, stats } of own) {
        expect(at).toMatch(new RegExp(`^week=24/store=${store}/part-`));
        const { minValues } = JSON.parse(stats) as { minValues: object };
        expect(Object.keys(minValues)).not.toContain('store');
        expect(Object.keys(minValues)).toContain('id');
      }
    }
    expect((await deltaRs('read', path)).records).toBe(30_000);
  });

  it('replaces whole weeks by a window, whichever stores they have', async () => {
    const path = newPath();
    await load(path, `${storeRows(24, 9, 0, 'a')} union all ${storeRows(25, 9, 50, 'a')}`);
    const again = `select * from (${storeRows(24, 9, 0, 'b')}) where store = 2`;
    const counted = await load(path, again, { covers: ['24'] });
    expect([...counted]).toEqual([['24', 3]]);
    expect(await partitions(path)).toEqual(['24/2', '25/1', '25/2', '25/3']);
  });

  it('refuses texts that Delta takes for null', async () => {
    const partitionBy = ['week', 'place'];
    for (const text of ['', '__HIVE_DEFAULT_PARTITION__']) {
      const path = newPath();
      const query = `select * replace ('${text}' as place) from (${storeRows(24, 2, 0, 'a')})`;
      await expect(load(path, query, { partitionBy })).rejects.toMatchObject({
        code: 'VALUE_INVALID',
        message: `place has the text "${text}", which Delta takes for null in a partition column`,
      });
    }
  });

  it.each([
    ['day', `date 'infinity'`],
    ['day', `date '10000-01-01'`],
    ['seen', `timestamptz '-infinity'`],
    ['seen', `timestamptz '10000-01-01 00:00:00+00'`],
  ])('refuses a %s of %s, and leaves nothing', async (column, value) => {
    const path = newPath();
    const good = storeRows(23, 3, 50, 'a');
    const query = `${good} union all select * replace (${value} as ${column}) from (${storeRows(24, 1, 0, 'a')})`;
    const options = { contract: PARTITIONED, partitionBy: ['week', column] };
    const result = await compute(session, query, PARTITIONED);
    await using sink = openSink(session, path, options);
    await using claim = await claimOf(sink);
    await expect(stage(sink, result, claim)).rejects.toMatchObject({ code: 'VALUE_INVALID' });
    await sink.discard(never);
    const left = await readdir(path, { recursive: true });
    expect(left.filter((name) => name.endsWith('.parquet'))).toEqual([]);
  });
});

describe('an existing table', () => {
  it('is followed where config leaves the columns out, and keeps to them in a merge', async () => {
    const path = newPath();
    await load(path, storeRows(24, 9, 0, 'a'));
    const followed = { contract: PARTITIONED };
    await loadAs(session, path, storeRows(25, 9, 50, 'b'), { ...followed, covers: ['25'] });
    await loadInto(session, path, storeRows(26, 9, 90, 'b'), { ...followed, mode: 'merge' });
    expect(await partitions(path)).toEqual(
      ['24', '25', '26'].flatMap((week) => ['1', '2', '3'].map((store) => `${week}/${store}`)),
    );
  });

  it('is refused where it has other partitions than config says', async () => {
    const path = newPath();
    await load(path, storeRows(24, 9, 0, 'a'));
    for (const partitionBy of [['week'], ['week', 'place'], ['week', 'store', 'place']]) {
      await using sink = openSink(session, path, { contract: PARTITIONED, partitionBy });
      await expect(sink.check(never)).rejects.toMatchObject({
        code: 'TARGET_SCHEMA',
        message: expect.stringContaining(
          `partition columns: expected ${partitionBy.join(', ')}, found week, store`,
        ),
      });
    }
  });

  it('is refused when it came to be in between, with other partitions', async () => {
    const path = newPath();
    let isMade = false;
    const loading = load(path, storeRows(24, 9, 0, 'a'), {
      async reach(name) {
        if (name !== 'delta:commit:before' || isMade) return;
        isMade = true;
        await loadAs(session, path, storeRows(25, 3, 50, 'b'), {
          ...{ contract: PARTITIONED, covers: ['25'], mode: 'append' as const },
          window: { startDate: '2017-06-12', endDate: '2017-06-19' },
        });
      },
      ...{ covers: ['24'], window: { startDate: '2017-06-05', endDate: '2017-06-12' } },
    });
    await expect(loading).rejects.toMatchObject({
      code: 'TARGET_SCHEMA',
      message: expect.stringContaining('expected week, store, found week'),
    });
  });
});

describe('a merge', () => {
  it('leaves the rest of a partition in it, and takes a row out of the one that it was in', async () => {
    const path = newPath();
    await load(path, storeRows(24, 30, 0, 'old'));
    const moved = `select * replace (id + 1 as id, 'new' as note) from (${storeRows(24, 6, 0, 'x')})`;
    const { entry, counted } = await merge(path, moved);
    expect(counted).toBe(6);
    expect(entry.merged?.replaced).toBe(6);
    const expected = `select * from (${storeRows(24, 30, 0, 'old')}) where id not between 1 and 6 union all ${moved}`;
    expect(await kernelReads(path)).toEqual(await contents(expected));
    expect(entry.merged?.after).toEqual(await contents(expected));
    expect(await rowsByDeltaRs(path)).toHaveLength(30);
    // Of each store the rest of what was there, and what came.
    expect(await partitions(path)).toEqual(['24/1', '24/1', '24/2', '24/2', '24/3', '24/3']);
    const [row] = await session.rows(
      `select store, note from delta_scan(${quote(path)}) where id = 1`,
      never,
    );
    expect(row).toEqual({ store: 1n, note: 'new' });
  });

  it('rewrites files of other writers, which do not have the columns', async () => {
    const path = newPath();
    await load(path, storeRows(24, 3, 0, 'old'), BY_ALL);
    const seen = '2017-06-05T10:00:00.5Z';
    const own = {
      week: 24,
      store: 7,
      place: 'q',
      price: '1.5',
      seen,
      day: '2017-06-06',
      flag: true,
    };
    await deltaRs('append', path, [
      { ...own, id: 70, note: 'theirs' },
      { ...own, id: 71, note: 'theirs' },
    ]);
    const { entry } = await merge(path, storeRows(24, 1, 70, 'mine'), BY_ALL);
    const rows = await rowsByDeltaRs(path);
    expect(rows.map(({ id, note, store }) => [id, note, store])).toEqual([
      ...[0, 1, 2].map((id) => [id, 'old', 1 + id]),
      [70, 'mine', 1],
      [71, 'theirs', 7],
    ]);
    expect(rows.at(-1)).toMatchObject({
      ...{ place: 'q', price: '1.500000000000000000', seen: '2017-06-05 10:00:00.500000+00:00' },
      ...{ day: '2017-06-06', flag: true },
    });
    expect(entry.merged?.after).toEqual(await kernelReads(path));
  });
});

describe('upkeep', () => {
  it('writes the small files of each partition together, and keeps what they hold', async () => {
    const path = newPath();
    const loads = [0, 1, 2].map((each) => storeRows(24, 9, each * 100, 'a'));
    for (const query of loads) await load(path, query, { mode: 'append' });
    expect(await filesOf(path)).toHaveLength(9);
    await using sink = openSink(session, path, { contract: PARTITIONED });
    const done = await sink.upkeep?.optimize({ onFiles: () => undefined }, never);
    expect(done).toMatchObject({ filesBefore: 9, filesAfter: 3, written: 3 });
    expect(await partitions(path)).toEqual(['24/1', '24/2', '24/3']);
    for (const { path: at } of await filesOf(path)) expect(at).toMatch(/^week=24\/store=[123]\//);
    expect(await kernelReads(path)).toEqual(await contents(loads.join(' union all ')));
    const vacuumed = await sink.upkeep?.vacuum(
      { retentionMs: 0, force: true, dryRun: false },
      never,
    );
    expect(vacuumed).toMatchObject({ files: 9 });
    expect(await kernelReads(path)).toEqual(await contents(loads.join(' union all ')));
    expect(await sink.sample(1, never)).toMatchObject([
      { week: '24', store: expect.stringMatching(/^[123]$/) },
    ]);
  });
});
