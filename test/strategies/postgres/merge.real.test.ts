import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import { contentOf } from '../../../plan/content-hash.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { FLOATS } from '../floats.ts';
import {
  claimOf,
  CONTRACT,
  entryOf,
  never,
  rowsOfWeek,
  type SinkOptions,
  World,
} from './harness.ts';
import { openLink } from './link.ts';

describe('a merge into a Postgres table', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  beforeEach(async () => {
    await world.freshSchema();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** `count` rows of a week from number `first` on. */
  const rows = (week: number, count: number, note: string, first = 0) =>
    `select * replace ('${week}-' || lpad((${first} + row_number() over ())::varchar, 4, '0') as id)
     from (${rowsOfWeek(week, count, note)})`;

  async function contentsOf(query: string, contract: OutputContract = CONTRACT) {
    const name = `content_${randomUUID()}`;
    await world.session.run(`create view "${name}" as ${query}`, never);
    const sql = printDuckDb(contentOf(contract, { name }).node);
    const found = (await world.session.rows(sql, never)).map((row) => ({
      value: String(row['partition']),
      rows: Number(row['rows']),
      hash: String(row['hash']),
    }));
    return found.sort((a, b) => a.value.localeCompare(b.value));
  }

  /** The template's way through a sink. */
  async function merge(
    query: string,
    options: SinkOptions & { readonly lockTimeoutMs?: number } = {},
  ): Promise<{ readonly entry: LoadEntry; readonly counted: number | undefined }> {
    const contract = options.contract ?? CONTRACT;
    const result = await world.compute(query, contract);
    await using sink = await world.openSink({ mode: 'merge', ...options });
    await sink.check(never);
    await using claim = await claimOf(sink, options.lockTimeoutMs);
    try {
      const staged = await sink.stage({ result, claim, onRows: () => undefined }, never);
      const partitions = await contentsOf(query, contract);
      const made: LoadEntry = { ...entryOf(claim), mode: 'merge', partitions };
      const entry = await sink.commit(staged, made, claim, never);
      return { entry, counted: await sink.countMerged?.(staged, never) };
    } finally {
      await sink.discard(never);
    }
  }

  async function secondWriter(open: AsyncDisposableStack): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: world.server.url });
    await client.connect();
    open.defer(() => client.end());
    await client.query(`set search_path = ${world.schema}`);
    return client;
  }

  const KEYS = [
    ['with its key', ''],
    ['without a key', 'alter table promotions drop constraint promotions_pkey'],
    [
      'with a key of more columns',
      'alter table promotions drop constraint promotions_pkey, add primary key (id, week)',
    ],
    [
      'with another unique index on its key',
      'alter table promotions drop constraint promotions_pkey; create unique index on promotions (id) include (note)',
    ],
  ] as const;

  it('makes the table when there is none', async () => {
    const { entry, counted } = await merge(rows(1, 5, 'a'));
    expect([entry.merged, counted]).toEqual([{ replaced: 0, after: entry.partitions }, 5]);
    expect(await world.content()).toEqual(['1 a 5']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  it.each(KEYS)(
    'replaces the rows of its keys, adds the others, and leaves every other row, %s',
    async (_, change) => {
      await merge(`${rows(1, 10, 'old')} union all ${rows(2, 10, 'old')}`);
      if (change !== '') await world.admin.query(change);
      const load = rows(1, 6, 'new', 7);
      const { entry, counted } = await merge(load);
      expect([entry.merged?.replaced, counted]).toEqual([3, 6]);
      expect(await world.content()).toEqual(['1 new 6', '1 old 7', '2 old 10']);
      const expected = `${rows(1, 7, 'old')} union all ${load}`;
      expect(entry.merged?.after).toEqual(await contentsOf(expected));

      const again = await merge(load);
      expect(again.entry.merged).toEqual({ replaced: 6, after: entry.merged?.after });
      expect(await world.content()).toEqual(['1 new 6', '1 old 7', '2 old 10']);
      await using sink = await world.openSink({ mode: 'merge' });
      expect((await sink.loads(never)).at(-1)).toEqual(again.entry);
      expect(await world.tables()).toEqual(['promotions']);
    },
  );

  it('takes the place of all copies of a key that the table has more than once', async () => {
    await merge(rows(1, 4, 'old'));
    await world.admin.query('alter table promotions drop constraint promotions_pkey');
    await world.admin.query(`insert into promotions select * from promotions where id = '1-0002'`);
    const { entry, counted } = await merge(rows(1, 2, 'new'));
    expect([entry.merged?.replaced, counted]).toEqual([3, 2]);
    expect(await world.content()).toEqual(['1 new 2', '1 old 2']);
  });

  it('keeps what refers to a row that it replaces', async () => {
    await merge(rows(1, 4, 'old'));
    await world.admin.query(
      'create table notes (id varchar(32) references promotions (id) on delete cascade)',
    );
    await world.admin.query(`insert into notes values ('1-0002')`);
    await merge(rows(1, 2, 'new'));
    expect(await world.texts('select id as text from notes')).toEqual(['1-0002']);
    expect(await world.content()).toEqual(['1 new 2', '1 old 2']);
  });

  it('refuses a key that the table has in another partition', async () => {
    await merge(rows(1, 4, 'old'));
    const moved = `select * replace (2 as week) from (${rows(1, 2, 'new')})`;
    await expect(merge(moved)).rejects.toMatchObject({
      code: 'MERGE_KEY_INVALID',
      message: expect.stringContaining('id "1-0001" with another week'),
    });
    expect(await world.content()).toEqual(['1 old 4']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  const nullableKey: OutputContract = {
    ...CONTRACT,
    columns: CONTRACT.columns.map((each) =>
      each.name === 'id' ? { ...each, nullable: true } : each,
    ),
  };
  it.each([
    ['twice', `${rows(1, 3, 'a')} union all ${rows(1, 1, 'b')}`, /2 rows .* key: id "1-0001"/],
    ['null', `select * replace (null::varchar as id) from (${rows(1, 1, 'a')})`, /no key: id null/],
  ])(
    'refuses a load with a key that is there %s, also where there is no table',
    async (_, load, message) => {
      const refused = { code: 'MERGE_KEY_INVALID', message: expect.stringMatching(message) };
      await expect(merge(load, { contract: nullableKey })).rejects.toMatchObject(refused);
      expect(await world.tables()).toEqual([]);
      await merge(rows(1, 4, 'old'));
      await world.admin.query(
        'alter table promotions drop constraint promotions_pkey, alter id drop not null',
      );
      await expect(merge(load, { contract: nullableKey })).rejects.toMatchObject(refused);
      expect(await world.content()).toEqual(['1 old 4']);
    },
  );

  it('waits for a writer of the same key, then takes the place of its row; others wait for it', async () => {
    await merge(rows(1, 4, 'old'));
    const note = (id: string, text: string) =>
      `insert into promotions select '${id}', week, start_date, end_date, '${text}' from promotions limit 1`;
    await world.admin.query('begin');
    await world.admin.query(note('1-0009', 'foreign'));
    const waiting = `select count(*)::text as text from pg_locks
      where not granted and mode = 'ShareRowExclusiveLock'`;
    const free = async () => {
      while ((await world.texts(waiting))[0] === '0') await delay(20);
      await world.admin.query('commit');
    };
    let late: Promise<unknown> = Promise.resolve();
    await using open = new AsyncDisposableStack();
    const second = await secondWriter(open);
    const reach = (name: string) => {
      if (name === 'postgres:ledger:after') late = second.query(note('1-0009', 'late'));
      late.catch(() => undefined);
      return Promise.resolve();
    };
    const [{ entry, counted }] = await Promise.all([
      merge(rows(1, 8, 'new', 3), { reach }),
      free(),
    ]);
    // Row 4 was there, row 9 came while the merge waited.
    expect([entry.merged?.replaced, counted]).toEqual([2, 8]);
    expect(entry.merged?.after).toMatchObject([{ value: '1', rows: 11 }]);
    await expect(late).rejects.toMatchObject({ code: '23505' });
    expect(await world.content()).toEqual(['1 new 8', '1 old 3']);
  });

  it('tells a lock that somebody keeps, and leaves everything as it was', async () => {
    await merge(rows(1, 4, 'old'));
    await using open = new AsyncDisposableStack();
    const second = await secondWriter(open);
    await second.query(`begin; lock table promotions in row exclusive mode`);
    await expect(merge(rows(1, 8, 'new'), { lockTimeoutMs: 500 })).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
    });
    expect(await world.content()).toEqual(['1 old 4']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  it('knows what it has merged when the answer to the commit was lost', async () => {
    await merge(rows(1, 4, 'old'));
    await using link = await openLink(world.server.port);
    const reach = (name: string) => {
      if (name === 'postgres:ledger:after') link.loseAnswers(300);
      return Promise.resolve();
    };
    const jdbcUrl = `jdbc:postgresql://127.0.0.1:${link.port}/${world.server.database}`;
    const { entry, counted } = await merge(rows(1, 6, 'new', 3), { jdbcUrl, reach });
    expect([entry.merged?.replaced, counted]).toEqual([1, 6]);
    expect(entry.merged?.after).toMatchObject([{ value: '1', rows: 9 }]);
    expect(await world.content()).toEqual(['1 new 6', '1 old 3']);
  });

  it('hashes on the server as the engines do, every type at its limits', async () => {
    const contract: OutputContract = {
      ...CONTRACT,
      columns: [
        ...CONTRACT.columns.filter(({ name }) => name !== 'note'),
        { name: 'texts', type: { kind: 'string' }, nullable: true },
        { name: 'small', type: { kind: 'int32' }, nullable: true },
        { name: 'large', type: { kind: 'int64' }, nullable: true },
        { name: 'exact', type: { kind: 'decimal', precision: 38, scale: 18 }, nullable: true },
        { name: 'cents', type: { kind: 'decimal', precision: 5, scale: 2 }, nullable: true },
        { name: 'share', type: { kind: 'decimal', precision: 4, scale: 4 }, nullable: true },
        { name: 'yes', type: { kind: 'bool' }, nullable: true },
        { name: 'on_day', type: { kind: 'date' }, nullable: true },
        { name: 'at', type: { kind: 'timestamp' }, nullable: true },
        { name: 'loaded_at', type: { kind: 'timestamp' }, nullable: false },
      ],
    };
    const values = [
      `'', -2147483648, -9223372036854775808, -99999999999999999999.999999999999999999, -999.99, -0.9999, false, '0001-01-01', '0001-01-01 00:00:00+00'`,
      `' ''"\\ü😀 ', 2147483647, 9223372036854775807, 99999999999999999999.999999999999999999, 0.50, 0.0001, true, '9999-12-31', '9999-12-31 23:59:59.999999+00'`,
      `chr(10) || chr(9) || 'x', 0, 0, 0.000000000000000001, 0, 0, true, '1582-10-10', '1969-12-31 23:59:59.999990+00'`,
      `'null', 1, 1, 1, 1, 0.1, true, '2017-06-05', '2017-06-05 10:00:00+00'`,
      `null, null, null, null, null, null, null, null, null`,
    ];
    const query = values
      .map(
        (list, index) => `select '${index}' as id, ${String((index % 2) + 1)}::integer as week,
          date '2017-01-02' as start_date, date '2017-01-09' as end_date, v.* ,
          timestamptz '2017-06-05 00:00:00+00' as loaded_at
          from (select a::varchar as texts, b::integer as small, c::bigint as large,
            d::decimal(38,18) as exact, e::decimal(5,2) as cents, f::decimal(4,4) as share, g as yes,
            h::date as on_day, i::timestamptz as at from (values (${list})) x (a, b, c, d, e, f, g, h, i)) v`,
      )
      .join('\nunion all\n');
    const made = await merge(query, { contract });
    expect(made.entry.merged?.after).toEqual(await contentsOf(query, contract));
    // As somebody else may have made the table.
    await world.admin
      .query(`alter table promotions alter exact type numeric, alter cents type numeric,
      alter small type bigint, alter texts type varchar`);
    const again = await merge(query, { contract });
    expect(again.entry.merged).toEqual({ replaced: 5, after: made.entry.partitions });
  });

  it('hashes floats that came with the source by their bits, as the engines do', async () => {
    const ratio = { name: 'ratio', type: { kind: 'float64' }, nullable: true } as const;
    const ofLedger = (hashed: object) => ({
      ...CONTRACT,
      columns: [...CONTRACT.columns, { ...ratio, evolved: true, ...hashed }],
    });
    const query = `select *, ${FLOATS}[1 + (row_number() over ()) % len(${FLOATS})] as ratio
      from (${rows(24, 40, 'a')})`;
    const contract = ofLedger({ hashed: true });
    const { entry } = await merge(query, { contract });
    expect(entry.merged?.after).toEqual(await contentsOf(query, contract));
    // Of a column that came before the hash knew floats, it still does not.
    const earlier = await merge(query, { contract: ofLedger({}) });
    expect(earlier.entry.merged?.after).toEqual(await contentsOf(query));
    expect(earlier.entry.merged?.after).not.toEqual(entry.merged?.after);
  });
});
