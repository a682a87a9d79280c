import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LoadEntry, Mode } from '../../../core/ledger.ts';
import type { ColumnType, OutputContract } from '../../../core/schema.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { contentsOf } from '../delta/merging.ts';
import { FLOATS } from '../floats.ts';
import { claimOf, entryOf, never } from '../postgres/harness.ts';
import { RedshiftWorld } from './harness.ts';
import { describeSql } from './sql.ts';

/** A column of every type that load_promos has, and instants, which are no content. */
const CONTRACT: OutputContract = {
  columns: [
    { name: 'id', type: { kind: 'string', maxLength: 32 }, nullable: false },
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'product', type: { kind: 'int64' }, nullable: false },
    { name: 'start_date', type: { kind: 'date' }, nullable: false },
    { name: 'end_date', type: { kind: 'date' }, nullable: false },
    { name: 'on_display', type: { kind: 'bool' }, nullable: true },
    { name: 'score', type: { kind: 'decimal', precision: 5, scale: 2 }, nullable: false },
    { name: 'brand', type: { kind: 'string' }, nullable: true },
    { name: 'loaded_at', type: { kind: 'timestamp' }, nullable: false },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'start_date', to: 'end_date' },
};

/** `count` rows of one week, ids from `first`. */
function rows(week: number, count: number, first: number, brand: string): string {
  return `select 'k' || (${first} + i) as id, ${week}::integer as week,
    9007199254740993::bigint + i as product,
    date '2016-12-26' + 7 * (${week} - 1) as start_date, date '2016-12-26' + 7 * ${week} as end_date,
    case i % 3 when 0 then null when 1 then true else false end as on_display,
    (i / 4)::decimal(5, 2) as score,
    case when i % 4 = 0 then null else '${brand} ''é𝄞" ' || i end as brand,
    timestamptz '2017-06-05 10:00:00.123456+02' as loaded_at from range(${count}) t(i)`;
}

(withoutMoto === '' ? describe : describe.skip)(`a merge into Redshift${withoutMoto}`, () => {
  let world: RedshiftWorld;
  beforeAll(async () => {
    world = await RedshiftWorld.open();
  });
  beforeEach(async () => {
    await world.freshSchema();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function load(query: string, mode: Mode = 'merge', contract = CONTRACT) {
    const result = await world.compute(query, contract);
    await using sink = await world.openSink({ mode, contract });
    await sink.check(never);
    await using claim = await claimOf(sink);
    await using afterwards = new AsyncDisposableStack();
    afterwards.defer(async () => {
      await sink.discard(never);
    });
    const staged = await sink.stage({ result, claim, onRows: () => undefined }, never);
    const partitions = await contentsOf(world.session, query, contract);
    const made: LoadEntry = { ...entryOf(claim), mode, partitions };
    const entry = await sink.commit(staged, made, claim, never);
    return {
      entry,
      counted: mode === 'merge' ? await sink.countMerged?.(staged, never) : undefined,
    };
  }

  /** Rows and hashes of the whole table, through UNLOAD and DuckDB. */
  async function tableContents(contract = CONTRACT) {
    await using sink = await world.openSink({ contract });
    return await contentsOf(world.session, (await sink.content?.(never)) ?? '', contract);
  }

  it('makes the table when there is none', async () => {
    const { entry, counted } = await load(rows(24, 5, 0, 'new'));
    expect(counted).toBe(5);
    expect(entry.merged).toEqual({ replaced: 0, after: entry.partitions });
    expect(await tableContents()).toEqual(entry.partitions);
  });

  it('replaces the rows of its keys, adds the others, and leaves every other row', async () => {
    await load(`${rows(23, 9, 100, 'old')} union all ${rows(24, 9, 200, 'old')}`, 'overwrite');
    const { entry, counted } = await load(rows(24, 6, 205, 'new'));
    expect(counted).toBe(6);
    expect(entry.merged?.replaced).toBe(4);
    const kept = `select * from (${rows(24, 9, 200, 'old')}) where id < 'k205'`;
    const expected = await contentsOf(
      world.session,
      `${rows(23, 9, 100, 'old')} union all ${kept} union all ${rows(24, 6, 205, 'new')}`,
      CONTRACT,
    );
    expect(await tableContents()).toEqual(expected);
    expect(entry.merged?.after).toEqual(expected.filter(({ value }) => value === '24'));
    await using sink = await world.openSink({ contract: CONTRACT });
    expect((await sink.loads(never)).at(-1)?.merged).toEqual(entry.merged);
  });

  it('puts one row in the place of several that somebody gave one key', async () => {
    await load(rows(24, 3, 0, 'old'), 'overwrite');
    await world.admin.query('insert into promotions select * from promotions');
    const { entry, counted } = await load(rows(24, 3, 0, 'new'));
    expect([entry.merged?.replaced, counted]).toEqual([6, 3]);
    expect(await tableContents()).toEqual(entry.partitions);
  });

  it('refuses a key that the target has in another week, and writes nothing', async () => {
    await load(rows(23, 3, 0, 'old'), 'overwrite');
    const before = await tableContents();
    await expect(load(rows(24, 1, 2, 'new'))).rejects.toMatchObject({
      code: 'MERGE_KEY_INVALID',
      message: expect.stringContaining('has id "k2" with another week'),
    });
    expect(await tableContents()).toEqual(before);
  });

  it('refuses two rows of one key, and writes nothing', async () => {
    await expect(
      load(`${rows(24, 2, 0, 'a')} union all ${rows(24, 1, 1, 'b')}`),
    ).rejects.toMatchObject({
      code: 'MERGE_KEY_INVALID',
      message: expect.stringContaining('2 rows to merge have the same key: id "k1"'),
    });
    expect(await world.texts(`select to_regclass('promotions')::text as text`)).toEqual([null]);
  });

  it('is refused for columns whose text Redshift writes in another way', async () => {
    const column = { name: 'bytes', type: { kind: 'binary' }, nullable: true } as const;
    const contract = { ...CONTRACT, columns: [...CONTRACT.columns, column] };
    await expect(world.openSink({ mode: 'merge', contract })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    });
  });

  it.each<Mode>(['merge', 'append'])(
    'adds columns that came with the source by %s, null in older rows, and hashes them as the engines do',
    async (mode) => {
      const types: readonly (readonly [string, ColumnType])[] = [
        ['stock', { kind: 'int64' }],
        ['note', { kind: 'string' }],
        ['ratio', { kind: 'float64' }],
        ['seen_at', { kind: 'timestamp' }],
        ['share', { kind: 'decimal', precision: 38, scale: 2 }],
        ['flag', { kind: 'bool' }],
      ];
      const hashed = { nullable: true, evolved: true, hashed: true };
      const came = types.map(([name, type]) => ({ name, type, ...hashed }));
      const contract = { ...CONTRACT, columns: [...CONTRACT.columns, ...came] };
      const more = `select *, case when week = 24 then nullif(product % 3, 0) end as stock,
        case when week = 24 then brand end as note, case when week = 24 then ${FLOATS}[product % len(${FLOATS}) + 1] end as ratio,
        case when week = 24 then loaded_at end as seen_at,
        case when week = 24 then score::decimal(38, 2) end as share,
        case when week = 24 then on_display end as flag from`;
      await load(rows(23, 4, 100, 'old'), 'overwrite');
      const before = await tableContents();
      await using looking = await world.openSink({ contract });
      expect((await looking.describe(never)).alter).toContain('add column "stock" bigint;\n');
      const { entry } = await load(`${more} (${rows(24, 40, 0, 'new')})`, mode, contract);
      expect(await tableContents(contract)).toEqual([...before, ...entry.partitions]);
      if (mode === 'merge') expect(entry.merged?.after).toEqual(entry.partitions);
      expect((await looking.describe(never)).alter).toBeUndefined();
    },
  );

  it('reads a table without rows, which is unloaded into no file', async () => {
    await load(rows(24, 0, 0, 'none'), 'overwrite');
    expect(await tableContents()).toEqual([]);
    await using sink = await world.openSink({ contract: CONTRACT, table: `${world.schema}.none` });
    expect(await sink.content?.(never)).toBeUndefined();
  });

  it('keeps every instant to the microsecond, in UTC', async () => {
    await load(rows(24, 1, 0, 'x'), 'overwrite');
    const told = await world.texts(
      `select (loaded_at at time zone 'UTC')::text as text from promotions`,
    );
    expect(told).toEqual(['2017-06-05 08:00:00.123456']);
    await using sink = await world.openSink({ contract: CONTRACT });
    const [row] = await world.session.rows(
      `select (loaded_at at time zone 'UTC')::varchar as text from (${(await sink.content?.(never)) ?? ''})`,
      never,
    );
    expect(row).toEqual({ text: '2017-06-05 08:00:00.123456' });
    expect((await sink.sample(1, never))[0]).toMatchObject({ on_display: '', score: '0.00' });
    expect(await world.staged()).toEqual([]);
  });

  describeSql(() => world.double.statements, 20);
});
