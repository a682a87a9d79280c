import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withoutMoto } from '../../aws/moto.ts';
import { claimOf, entryOf, never, rowsOfWeek, WEEK_1, WEEK_2 } from '../postgres/harness.ts';
import { RedshiftWorld } from './harness.ts';

const describeAws = withoutMoto === '' ? describe : describe.skip;

describeAws(`the modes of the Redshift writer${withoutMoto}`, () => {
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

  const both = (note: string) => `${rowsOfWeek(1, 30, note)} union all ${rowsOfWeek(2, 20, note)}`;

  it('makes the table with types and comment when there is none, and leaves nothing staged', async () => {
    expect(await world.load(both('first'))).toBe(50);
    expect(await world.content()).toEqual(['1 first 30', '2 first 20']);
    const columns = await world.texts(`select attname || ' ' || format_type(atttypid, atttypmod)
      || case when attnotnull then ' not null' else '' end as text
      from pg_attribute where attrelid = 'promotions'::regclass and attnum > 0 order by attnum`);
    expect(columns).toEqual([
      'id character varying(128) not null',
      'week integer not null',
      'start_date date not null',
      'end_date date not null',
      'note character varying(65535)',
    ]);
    const comments = await world.texts(`select obj_description('promotions'::regclass) as text
      union all select col_description('promotions'::regclass, 1)`);
    expect(comments).toEqual(["a row's / week", "it's the key"]);
    expect(await world.staged()).toEqual([]);
    expect(world.warnings).toEqual([]);
  });

  it('ends in the same content when it runs again', async () => {
    const window = { startDate: '2016-12-26', endDate: '2017-01-09' };
    await world.load(both('same'), { window });
    await world.load(both('same'), { window });
    await world.load(both('same'));
    expect(await world.content()).toEqual(['1 same 30', '2 same 20']);
  });

  it.each([
    ['first to last', [1, 2]],
    ['last to first', [2, 1]],
  ])('replaces only the rows of the window, %s', async (_, order) => {
    await world.load(both('old'));
    for (const week of order) {
      const window = week === 1 ? WEEK_1 : WEEK_2;
      await world.load(rowsOfWeek(week, 10 + week, 'new'), { window });
    }
    expect(await world.content()).toEqual(['1 new 11', '2 new 12']);
  });

  it('keeps both windows when two first loads are staged at the same time', async () => {
    await using first = await world.openSink({ window: WEEK_1 });
    await using second = await world.openSink({ window: WEEK_2 });
    await using claim1 = await claimOf(first);
    await using claim2 = await claimOf(second);
    const onRows = () => undefined;
    const result1 = await world.compute(rowsOfWeek(1, 3, 'a'));
    const result2 = await world.compute(rowsOfWeek(2, 4, 'b'));
    const staged1 = await first.stage({ result: result1, claim: claim1, onRows }, never);
    const staged2 = await second.stage({ result: result2, claim: claim2, onRows }, never);
    await second.commit(staged2, entryOf(claim2, 'load-b'), claim2, never);
    await first.commit(staged1, entryOf(claim1, 'load-a'), claim1, never);
    expect(await world.content()).toEqual(['1 a 3', '2 b 4']);
    const loads = await first.loads(never);
    expect(loads.map((entry) => entry.loadId)).toEqual(['load-b', 'load-a']);
    expect(await world.staged()).toEqual([]);
  });

  it('overwrites everything, whatever the window', async () => {
    await world.load(both('old'));
    await world.load(rowsOfWeek(2, 7, 'new'), { mode: 'overwrite', window: WEEK_2 });
    expect(await world.content()).toEqual(['2 new 7']);
  });

  it('appends', async () => {
    await world.load(rowsOfWeek(1, 5, 'a'), { mode: 'append', window: WEEK_1 });
    await world.load(rowsOfWeek(2, 5, 'b'), { mode: 'append', window: WEEK_2 });
    expect(await world.content()).toEqual(['1 a 5', '2 b 5']);
  });

  it('empties the window when the result is empty', async () => {
    await world.load(both('old'));
    await world.load(rowsOfWeek(1, 0, 'none'), { window: WEEK_1 });
    expect(await world.content()).toEqual(['2 old 20']);
  });

  it('replaces a window in which somebody has doubled a key', async () => {
    await world.load(both('old'));
    await world.admin.query('insert into promotions select * from promotions where week = 1');
    expect(await world.content()).toEqual(['1 old 60', '2 old 20']);
    await world.load(rowsOfWeek(1, 30, 'new'), { window: WEEK_1 });
    expect(await world.content()).toEqual(['1 new 30', '2 old 20']);
  });

  it('counts and samples the rows of the window in the target itself', async () => {
    await world.load(both('x'));
    await using sink = await world.openSink({ window: WEEK_2 });
    expect([...(await sink.count(never))]).toEqual([['2', 20]]);
    const sample = await sink.sample(2, never);
    expect(sample).toHaveLength(2);
    expect(sample[0]).toMatchObject({ week: '2', start_date: '2017-01-02', note: 'x' });
  });

  it('keeps an entry that is longer than a varchar', async () => {
    const partitions = Array.from({ length: 2_000 }, (_, week) => ({
      ...{ value: `é${week}`, rows: 400_000, hash: '18446744073709551615' },
    }));
    await world.load(rowsOfWeek(1, 1, 'x'), {}, { partitions });
    await using sink = await world.openSink();
    expect((await sink.loads(never)).map((entry) => entry.partitions)).toEqual([partitions]);
  });

  it('tells what was loaded, and nothing before the first load', async () => {
    await using sink = await world.openSink();
    expect(await sink.loads(never)).toEqual([]);
    expect(await sink.claims(never)).toEqual([]);
    const tables = `select relname::text as text from pg_class
      where relnamespace = '${world.schema}'::regnamespace and relkind = 'r' order by 1`;
    expect(await world.texts(tables)).toEqual([]);
    await world.load(both('x'));
    expect(await sink.loads(never)).toMatchObject([
      { job: 'load_promos', loadedAt: '2017-06-05T00:00:00.000001Z' },
    ]);
    expect(await sink.claims(never)).toMatchObject([
      { released: true, startedAt: '2017-06-05T00:00:00.000001Z' },
    ]);
    expect(await world.texts(tables)).toEqual([
      '_dray_claims',
      '_dray_loads',
      expect.stringMatching(/^_dray_lock_[0-9a-f]{8}$/),
      'promotions',
    ]);
  });

  it('removes at discard what it staged', async () => {
    const result = await world.compute(both('x'));
    await using sink = await world.openSink();
    await using claim = await claimOf(sink);
    let told = 0;
    const onRows = (rows: number) => (told += rows);
    expect(await sink.stage({ result, claim, onRows }, never)).toEqual({ rows: 50 });
    expect(told).toBe(50);
    expect(await world.staged()).toHaveLength(3);
    await sink.discard(never);
    expect(await world.staged()).toEqual([]);
    expect(await world.texts(`select to_regclass('promotions')::text as text`)).toEqual([null]);
  });
});
