import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { quote, type SqlSession } from '../../../core/engine.ts';
import type { OutputContract } from '../../../core/schema.ts';
import { CONTRACT } from './contract.ts';
import { deltaRs, load, never, openEngine, openSink, rowsOfWeek } from './harness.ts';

jest.setTimeout(120_000);

let session: SqlSession;
let folder: string;

beforeAll(async () => {
  session = await openEngine();
  await session.useExtension('delta', never);
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function scan(path: string): Promise<string> {
  const rows = await session.rows(
    `select week::varchar as week, count(*) as n from delta_scan(${quote(path)}) group by all order by week`,
    never,
  );
  return rows.map((row) => `${String(row['week'])}:${String(row['n'])}`).join(' ');
}

function weeks(rows: readonly Readonly<Record<string, unknown>>[], column = 'week'): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = String(row[column]);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .sort()
    .map(([week, n]) => `${week}:${String(n)}`)
    .join(' ');
}

it('creates a table that delta-rs and DuckDB read with every value unchanged', async () => {
  const path = join(folder, 'create');
  const counted = await load(
    session,
    path,
    `${rowsOfWeek(24, 4)} union all ${rowsOfWeek(25, 2, 9)}`,
  );
  expect([...counted].sort()).toEqual([
    ['24', 4],
    ['25', 2],
  ]);
  const read = await deltaRs('read', path);
  expect(read).toMatchObject({
    version: 0,
    records: 6,
    partitionColumns: ['week'],
    notNull: ['id', 'week', 'price', 'seen', 'day'],
    columns: {
      id: 'long',
      week: 'integer',
      price: 'decimal(38,18)',
      seen: 'timestamp',
      day: 'date',
    },
  });
  expect(read.rows.find((row) => row['id'] === 1)).toEqual({
    id: 1,
    week: 24,
    name: 'name 1',
    price: '1.000000000000000001',
    seen: '2017-06-05 10:00:00.123457+00:00',
    day: '2017-06-06',
    flag: false,
    ratio: '0.14285714285714285',
  });
  expect(await scan(path)).toBe('24:4 25:2');
});

it('gives a new table its properties and comments, and an old one keeps its own', async () => {
  const path = join(folder, 'properties');
  const [first, ...others] = CONTRACT.columns;
  if (first === undefined) throw new Error('no column');
  const contract = {
    ...CONTRACT,
    comment: "it's",
    columns: [{ ...first, comment: 'é' }, ...others],
  };
  const properties = { 'delta.checkpointInterval': '2', team: 'promos' };
  await load(session, path, rowsOfWeek(24, 4), { contract, properties });
  const log = await readFile(join(path, '_delta_log/00000000000000000000.json'), 'utf8');
  expect(log).toContain('"description":"it\'s"');
  expect(log).toContain(
    '\\"name\\":\\"id\\",\\"type\\":\\"long\\",\\"nullable\\":false,\\"metadata\\":{\\"comment\\":\\"é\\"}',
  );
  await load(session, path, rowsOfWeek(25, 4), { covers: ['25'] });
  await load(session, path, rowsOfWeek(26, 4), { covers: ['26'] });
  expect(await readdir(join(path, '_delta_log'))).toContain(
    '00000000000000000002.checkpoint.parquet',
  );
  expect((await deltaRs('read', path)).records).toBe(12);
});

it('keeps int64, decimal and float extremes in the statistics digit by digit', async () => {
  const path = join(folder, 'extremes');
  await load(
    session,
    path,
    `select 9223372036854775807::bigint as id, 24::integer as week, repeat('é', 40) as name,
      '99999999999999999999.999999999999999999'::decimal(38, 18) as price,
      timestamptz '2017-06-05 23:59:59.999999+00' as seen, date '9999-12-31' as day,
      true as flag, 'nan'::double as ratio
    union all select -9223372036854775808, 24, null, '-99999999999999999999.999999999999999999',
      timestamptz '0001-01-01 00:00:00.000001+00', date '0001-01-01', null, 1`,
  );
  const log = await readFile(join(path, '_delta_log/00000000000000000000.json'), 'utf8');
  const add = log.split('\n').find((line) => line.startsWith('{"add"')) ?? '{}';
  const stats = (JSON.parse(add) as { add: { stats: string } }).add.stats;
  expect(stats).toContain('"minValues":{"id":-9223372036854775808,');
  expect(stats).toContain('"maxValues":{"id":9223372036854775807,');
  expect(stats).toContain('"price":99999999999999999999.999999999999999999');
  expect(stats).toContain('"seen":"2017-06-06T00:00:00.000Z"');
  expect(stats).not.toContain('"ratio":"');
  expect(stats).not.toMatch(/"ratio":[^01]/);
  const read = await deltaRs('read', path);
  expect(weeks(read.rows)).toBe('24:2');
  const found = await session.rows(
    `select count(*) as n from delta_scan(${quote(path)}) where id = 9223372036854775807 and name > 'é'`,
    never,
  );
  expect(found).toEqual([{ n: 1n }]);
});

it('appends, replaces the covered weeks, and replaces all', async () => {
  const path = join(folder, 'modes');
  await load(session, path, `${rowsOfWeek(24, 4)} union all ${rowsOfWeek(25, 4)}`);
  await load(session, path, rowsOfWeek(24, 3, 100), { mode: 'append' });
  expect(weeks((await deltaRs('read', path)).rows)).toBe('24:7 25:4');
  const counted = await load(session, path, rowsOfWeek(24, 5), { covers: ['24'] });
  expect([...counted]).toEqual([['24', 5]]);
  expect(weeks((await deltaRs('read', path)).rows)).toBe('24:5 25:4');
  await load(session, path, rowsOfWeek(24, 0), { covers: ['25'] });
  expect(await scan(path)).toBe('24:5');
  await load(session, path, rowsOfWeek(30, 2), { mode: 'overwrite' });
  expect(weeks((await deltaRs('read', path)).rows)).toBe('30:2');
  expect(await scan(path)).toBe('30:2');
});

it('reads back partition values that have to be encoded twice, and null', async () => {
  const path = join(folder, 'encoded');
  const contract: OutputContract = {
    ...CONTRACT,
    columns: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'place', type: { kind: 'string' }, nullable: true },
    ],
    partitionBy: 'place',
  };
  const values = ['a/b', 'ü 1%', 'x=y', 'q?*[z]', "o'k", '#+&', '100%25', 'plain'];
  const query = values
    .map((value, i) => `select ${String(i)}::bigint as id, ${quote(value)} as place`)
    .concat(`select 100::bigint, ''`, `select 101::bigint, null`)
    .join(' union all ');
  const counted = await load(session, path, query, { contract });
  expect(new Map(counted)).toEqual(new Map([...values.map((v) => [v, 1] as const), ['', 2]]));
  const { rows } = await deltaRs('read', path);
  expect(Object.fromEntries(rows.map((row) => [row['id'], row['place']]))).toEqual({
    ...Object.fromEntries(values.map((value, i) => [i, value])),
    100: null,
    101: null,
  });
  const scanned = await session.rows(
    `select count(distinct place) as n from delta_scan(${quote(path)})`,
    never,
  );
  expect(scanned).toEqual([{ n: BigInt(values.length) }]);
  await load(session, path, `select 7::bigint as id, 'a/b' as place`, {
    contract,
    covers: ['a/b', 'x=y', ''],
  });
  expect((await deltaRs('read', path)).rows.map((row) => row['place']).sort()).toEqual(
    values.filter((value) => value !== 'x=y').sort(),
  );
});

it('writes a checkpoint every 10 commits that delta-rs and a new sink start from, also in parts', async () => {
  const path = join(folder, 'checkpoint');
  for (let i = 0; i < 12; i++) {
    await load(session, path, rowsOfWeek(20 + (i % 3), 2, i), {
      covers: [String(20 + (i % 3))],
      loadId: `load-${String(i)}`,
    });
  }
  const log = join(path, '_delta_log');
  expect(JSON.parse(await readFile(join(log, '_last_checkpoint'), 'utf8'))).toMatchObject({
    version: 10,
    numOfAddFiles: 3,
  });
  for (const name of await readdir(log)) {
    if (/^0{19}\d\.json$/.test(name)) await rm(join(log, name));
  }
  const read = await deltaRs('read', path);
  expect(read.version).toBe(11);
  expect(weeks(read.rows)).toBe('20:2 21:2 22:2');
  expect(await scan(path)).toBe('20:2 21:2 22:2');
  const single = join(log, '00000000000000000010.checkpoint.parquet');
  for (const [part, which] of Object.entries({ 1: 'is null', 2: 'is not null' })) {
    const name = `00000000000000000010.checkpoint.000000000${part}.0000000002.parquet`;
    await session.run(
      `copy (select * from read_parquet(${quote(single)}) where "add".path ${which})
        to ${quote(join(log, name))} (format parquet)`,
      never,
    );
  }
  await rm(single);
  expect(weeks((await deltaRs('read', path)).rows)).toBe('20:2 21:2 22:2');
  await using sink = openSink(session, path);
  expect(Object.fromEntries(await sink.count(never))).toEqual({ 20: 2, 21: 2, 22: 2 });
  await sink.check(never);
  expect((await sink.loads(never)).map((entry) => entry.loadId)).toEqual(
    Array.from({ length: 12 }, (_, i) => `load-${String(i)}`),
  );
});

it('replaces rows that delta-rs appended, and reads the checkpoint that delta-rs wrote', async () => {
  const path = join(folder, 'beside');
  await load(session, path, rowsOfWeek(24, 3));
  const row = {
    id: 77,
    week: 24,
    name: 'x',
    price: '1.5',
    seen: '2017-06-05T00:00:00Z',
    day: '2017-06-05',
  };
  await deltaRs('append', path, [row, { ...row, week: 25 }]);
  expect(weeks((await deltaRs('read', path)).rows)).toBe('24:4 25:1');
  await using before = openSink(session, path);
  expect(await before.count(never)).toEqual(
    new Map([
      ['24', 4],
      ['25', 1],
    ]),
  );
  const samples = await before.sample(10, never);
  expect(samples).toHaveLength(5);
  expect(samples).toContainEqual(expect.objectContaining({ id: '77', week: '25' }));
  await load(session, path, rowsOfWeek(24, 2), { covers: ['24'] });
  await deltaRs('checkpoint', path);
  for (const version of ['0', '1', '2']) {
    await rm(join(path, `_delta_log/0000000000000000000${version}.json`));
  }
  const counted = await load(session, path, rowsOfWeek(25, 4), { covers: ['25'] });
  expect([...counted]).toEqual([['25', 4]]);
  const read = await deltaRs('read', path);
  expect(read.version).toBe(3);
  expect(weeks(read.rows)).toBe('24:2 25:4');
});
