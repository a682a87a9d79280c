import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { Source, StrategyContext } from '../../../core/strategy.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../entry/start/embedded-postgres.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { jdbcReader } from '../../../strategies/readers/jdbc.ts';

const forever = new AbortController().signal;
const EXTENSIONS = join(import.meta.dirname, '../../../.dray/extensions');
let folder: string;
let postgres: EmbeddedPostgres;
let client: pg.Client;
let session: SqlSession;

const context: StrategyContext = {
  clock: systemClock,
  openStorage: (location) => openFileStorage(location, systemClock),
  failpoints: noFailpoints,
  resolveSecret: (secret) => Promise.resolve(secret.kind === 'literal' ? secret.value : ''),
  warn: () => undefined,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-jdbc-'));
  postgres = await startEmbeddedPostgres(
    { dataDir: join(folder, 'postgres'), settings: { fsync: 'off' } },
    forever,
  );
  client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  session = await openBulkEngine(
    { tempDir: folder, extensionDirs: [EXTENSIONS] },
    systemClock,
    forever,
  );
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await client.end();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

function configOf(changes: object) {
  const { port, user, password, database } = postgres;
  return jdbcReader.config.parse({
    strategy: 'JDBC',
    jdbcUrl: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
    properties: { user, password },
    ...changes,
  });
}

async function open(changes: object): Promise<Source> {
  const { bulk } = jdbcReader.on;
  if (bulk === undefined) throw new Error('the reader has no bulk engine');
  return await bulk(session, configOf(changes), context, forever);
}

const rowsOf = async (query: string) => await session.rows(query, forever);

describe('the reader JDBC', () => {
  beforeEach(async () => {
    await client.query('drop schema if exists src cascade; create schema src');
    await client.query(
      `create table src."Odd name" (id bigint primary key, small integer, price numeric(38,18),
         label text, born date, at timestamptz, sure boolean)`,
    );
    await client.query(
      `insert into src."Odd name" values
         (9223372036854775807, -2147483648, 12345678901234567890.123456789012345678, 'é''😀', '0001-01-01',
          '2017-06-12 02:00:00.123456+02', true),
         (-9223372036854775808, null, null, null, null, null, null)`,
    );
  });

  const TABLE = { sourceTable: 'src."Odd name"' };

  it('reads a table with its extremes unchanged, and tells of its columns', async () => {
    const source = await open(TABLE);
    expect(source.columns).toEqual([
      { name: 'id', type: 'BIGINT' },
      { name: 'small', type: 'INTEGER' },
      { name: 'price', type: 'DECIMAL(38,18)' },
      { name: 'label', type: 'VARCHAR' },
      { name: 'born', type: 'DATE' },
      { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'sure', type: 'BOOLEAN' },
    ]);
    const texts = `select columns(*)::varchar from (${source.relation}) order by id desc`;
    expect(await rowsOf(texts)).toEqual([
      {
        ...{ id: '9223372036854775807', small: '-2147483648', label: "é'😀", sure: 'true' },
        ...{ price: '12345678901234567890.123456789012345678', born: '0001-01-01' },
        at: '2017-06-12 00:00:00.123456+00',
      },
      {
        ...{ id: '-9223372036854775808', small: null, price: null, label: null },
        ...{ born: null, at: null, sure: null },
      },
    ]);
  });

  it('reads a view and a query, with odd characters in it', async () => {
    await client.query(`create view src.v as select id, label from src."Odd name" where sure`);
    const view = await open({ sourceTable: 'src.v' });
    expect(await rowsOf(`select label from (${view.relation})`)).toEqual([{ label: "é'😀" }]);
    const query = await open({
      query: `select label || '$''x' as text, count(*) over () as n from src."Odd name" where label is not null`,
    });
    expect(query.columns.map(({ name }) => name)).toEqual(['text', 'n']);
    expect(await rowsOf(query.relation)).toEqual([{ text: "é'😀$'x", n: 1n }]);
  });

  it('keeps what was there when it was read, whatever happens to the table after', async () => {
    const live = await open(TABLE);
    const count = async ({ relationWithOrigin }: Source) =>
      await rowsOf(
        `select count(*) as rows, sum(__row)::text as numbers, min(__file) as file from (${relationWithOrigin})`,
      );
    const [before] = await count(live);
    const still = await live.materialize?.(forever);
    if (still === undefined) throw new Error('a table that changes has to be copied');
    await client.query('delete from src."Odd name"');
    expect(await count(still)).toEqual([
      {
        rows: 2n,
        // Rows keep their numbers.
        numbers: before?.['numbers'],
        file: expect.stringMatching(/^postgresql:.*src."Odd name"$/),
      },
    ]);
    expect(await count(live)).toMatchObject([{ rows: 0n }]);
  });

  it('is another source every time it is opened, since nobody knows what has changed', async () => {
    const [first, second] = [await open(TABLE), await open(TABLE)];
    expect(first.snapshot).not.toEqual(second.snapshot);
  });

  it('tells the size of a table, and of nothing else', async () => {
    expect(await jdbcReader.bytes(configOf(TABLE), context, forever)).toBeGreaterThan(1000);
    const query = configOf({ query: 'select 1 as one' });
    expect(await jdbcReader.bytes(query, context, forever)).toBeUndefined();
  });

  it.each([
    [{ sourceTable: 'src.nobody' }, 'SOURCE_NOT_FOUND', 'src.nobody'],
    [{ query: 'select nothing from nowhere' }, 'SOURCE_UNREADABLE', 'relation "nowhere"'],
    [{ ...TABLE, properties: { user: 'nobody', password: 'x' } }, 'SOURCE_DENIED', 'nobody'],
    [{ ...TABLE, jdbcUrl: 'jdbc:postgresql://127.0.0.1:1/none' }, 'SOURCE_UNAVAILABLE', ':1/none'],
  ])('says what is wrong with %j: %s', async (changes, code, text) => {
    await expect(open(changes)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
      hint: expect.any(String),
    });
  });

  it('wants a table or a query', () => {
    expect(() => configOf({})).toThrow('give either');
    expect(() => configOf({ ...TABLE, query: 'select 1' })).toThrow('give either');
  });

  describe('by ranges of a column', () => {
    const RANGES = { partitionColumn: 'id', numPartitions: 4 };

    beforeEach(async () => {
      await client.query(
        `create table src.many as select i as id, i::numeric(20,3) / 7 as share, i::double precision as size,
           date '2017-01-01' + (i % 100) as born, timestamptz '2017-01-01' + i * interval '1 minute' as at,
           md5(i::text) as label from generate_series(1, 1000) i;
         insert into src.many (label) values ('nobody'), ('nowhere');
         create view src.ranged as select * from src.many`,
      );
    });

    /** Copies the source, with something that happens before its first row is read. */
    async function copied(changes: object, meanwhile?: () => Promise<unknown>) {
      const { bulk } = jdbcReader.on;
      if (bulk === undefined) throw new Error('the reader has no bulk engine');
      const scripts: string[] = [];
      const watched: SqlSession = {
        ...session,
        async run(sql, signal) {
          if (sql.includes('copy') && scripts.push(sql) === 1) await meanwhile?.();
          await session.run(sql, signal);
        },
      };
      const source = await bulk(watched, configOf(changes), context, forever);
      const still = await source.materialize?.(forever);
      if (still === undefined) throw new Error('what changes has to be copied');
      return { still, scripts };
    }

    const figures = async ({ relationWithOrigin }: Source) => {
      const [row] = await rowsOf(
        `select count(*) as rows, count(distinct label) as labels, sum(id)::bigint as sum, count(*) - count(id) as nulls,
           count(distinct __row) as places from (${relationWithOrigin})`,
      );
      return row;
    };
    const ALL = {
      rows: 1002n,
      labels: 1002n,
      sum: 500_500n,
      nulls: 2n,
      places: 1002n,
    };

    it.each([
      ['a view', { sourceTable: 'src.ranged' }],
      ['a table', { sourceTable: 'src.many' }],
      ['a query', { query: `select * from src.many where label <> '''' -- all;\n;` }],
    ])('reads %s in one snapshot, over several connections', async (_, what) => {
      const { still, scripts } = await copied({ ...RANGES, ...what }, () =>
        client.query('update src.many set id = 1001 - id; delete from src.many where id > 10'),
      );
      expect(scripts.length).toBe(4);
      expect(await figures(still)).toEqual(ALL);
    });

    it.each([
      ['id', { lowerBound: 400, upperBound: '500' }, 4],
      ['id', { numPartitions: 1 }, 1],
      ['share', {}, 4],
      ['size', { lowerBound: 0.5, upperBound: 0.75 }, 4],
      ['born', {}, 4],
      ['born', { lowerBound: '2017-03-01', upperBound: '2017-03-02' }, 2],
      ['at', { lowerBound: '2017-01-01T02:00:00Z', upperBound: '2017-01-01T08:00:00Z' }, 4],
    ])('loses no row by %s, with %j', async (partitionColumn, changes, parts) => {
      const { still, scripts } = await copied({
        ...{ ...RANGES, partitionColumn, sourceTable: 'src.ranged' },
        ...changes,
      });
      expect(scripts.length).toBe(parts);
      expect(await figures(still)).toEqual(ALL);
    });

    it('makes ranges of all that a bigint can be, of one value, and of none', async () => {
      const { still, scripts } = await copied({ ...TABLE, ...RANGES });
      const [row] = await rowsOf(`select count(*) as n from (${still.relation})`);
      expect([scripts.length, row]).toEqual([4, { n: 2n }]);
      for (const id of [7, null]) {
        const one = await copied({ query: `select ${String(id)}::bigint as id`, ...RANGES });
        expect(await rowsOf(one.still.relation)).toEqual([{ id: id === null ? null : 7n }]);
      }
      const none = await copied({ query: 'select * from src.ranged where false', ...RANGES });
      expect(await rowsOf(none.still.relation)).toEqual([]);
    });

    it('leaves nothing of a read that failed', async () => {
      const query = `select id, 1 / (id - 900) as broken from src.many`;
      await expect(copied({ query, ...RANGES })).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringContaining('division by zero'),
      });
      expect(await figures((await copied({ sourceTable: 'src.ranged' })).still)).toEqual(ALL);
      const open = `select count(*)::int as n from pg_stat_activity where state like 'idle in transaction%'`;
      expect((await client.query<{ n: number }>(open)).rows).toEqual([{ n: 0 }]);
    });

    it.each([
      [{ partitionColumn: 'label' }, 'SOURCE_SCHEMA', '"label" is of type text'],
      [{ partitionColumn: 'nobody' }, 'SOURCE_UNREADABLE', 'nobody'],
      [{ lowerBound: 5, upperBound: 1 }, 'CONFIG_INVALID', 'below'],
      [{ lowerBound: 'a', upperBound: 'b' }, 'SOURCE_UNREADABLE', '"b"'],
      [
        { partitionColumn: 'day', query: `select date 'infinity' as day` },
        'SOURCE_UNREADABLE',
        'infinity',
      ],
    ])('says what is wrong with %j: %s', async (changes, code, text) => {
      const what = 'query' in changes ? {} : { sourceTable: 'src.ranged' };
      await expect(copied({ ...what, ...RANGES, ...changes })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(text),
        hint: expect.any(String),
      });
    });

    it('wants column, number and both bounds together', () => {
      const bounds = { lowerBound: 1, upperBound: 2 };
      expect(() => configOf({ ...TABLE, partitionColumn: 'id' })).toThrow('num_partitions');
      for (const some of [{ ...RANGES, lowerBound: 1 }, bounds]) {
        expect(() => configOf({ ...TABLE, ...some })).toThrow('together');
      }
    });
  });
});
