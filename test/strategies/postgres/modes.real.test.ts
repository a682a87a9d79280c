import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { claimOf, entryOf, never, rowsOfWeek, WEEK_1, WEEK_2, World } from './harness.ts';

describe('the modes of the Postgres writer', () => {
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

  const both = (note: string) => `${rowsOfWeek(1, 30, note)} union all ${rowsOfWeek(2, 20, note)}`;

  it('makes the table with key, types and statistics when there is none', async () => {
    expect(await world.load(both('first'))).toBe(50);
    expect(await world.content()).toEqual(['1 first 30', '2 first 20']);
    expect(await world.tables()).toEqual(['promotions']);
    const columns = await world.texts(`select attname || ' ' || format_type(atttypid, atttypmod)
      || case when attnotnull then ' not null' else '' end as text
      from pg_attribute where attrelid = 'promotions'::regclass and attnum > 0 order by attnum`);
    expect(columns).toEqual([
      'id character varying(32) not null',
      'week integer not null',
      'start_date date not null',
      'end_date date not null',
      'note text',
    ]);
    const names = await world.texts(`select conname::text as text from pg_constraint
      where conrelid = 'promotions'::regclass order by 1`);
    expect(names).toContain('promotions_pkey');
    expect(names.join()).not.toContain('_dray_stage');
    const analyzed = await world.texts(
      `select reltuples::text as text from pg_class where oid = 'promotions'::regclass`,
    );
    expect(analyzed).toEqual(['50']);
  });

  it('ends in the same content when it runs again', async () => {
    await world.load(both('same'), { window: { startDate: '2016-12-26', endDate: '2017-01-09' } });
    await world.load(both('same'), { window: { startDate: '2016-12-26', endDate: '2017-01-09' } });
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
    expect(await world.tables()).toEqual(['promotions']);
  });

  it('loads windows one after the other into a table that did not exist', async () => {
    await world.load(rowsOfWeek(2, 5, 'b'), { window: WEEK_2 });
    await world.load(rowsOfWeek(1, 4, 'a'), { window: WEEK_1 });
    expect(await world.content()).toEqual(['1 a 4', '2 b 5']);
  });

  it('keeps both windows when two first loads are staged at the same time', async () => {
    const first = await world.openSink({ window: WEEK_1 });
    const second = await world.openSink({ window: WEEK_2 });
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
    expect(await world.tables()).toEqual(['promotions']);
    await claim1[Symbol.asyncDispose]();
    await claim2[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  });

  it('overwrites everything, whatever the window', async () => {
    await world.load(both('old'));
    await world.load(rowsOfWeek(2, 7, 'new'), { mode: 'overwrite', window: WEEK_2 });
    expect(await world.content()).toEqual(['2 new 7']);
  });

  it('appends, and refuses a second row of a key without changing anything', async () => {
    await world.load(rowsOfWeek(1, 5, 'a'), { mode: 'append', window: WEEK_1 });
    await world.load(rowsOfWeek(2, 5, 'b'), { mode: 'append', window: WEEK_2 });
    await expect(
      world.load(rowsOfWeek(1, 9, 'c'), { mode: 'append', window: WEEK_1 }),
    ).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('23505'),
      hint: expect.stringContaining('same key'),
    });
    expect(await world.content()).toEqual(['1 a 5', '2 b 5']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  it('empties the window when the result is empty', async () => {
    await world.load(both('old'));
    await world.load(rowsOfWeek(1, 0, 'none'), { window: WEEK_1 });
    expect(await world.content()).toEqual(['2 old 20']);
  });

  it('counts and samples the rows of the window in the target itself', async () => {
    await world.load(both('x'));
    await using sink = await world.openSink({ window: WEEK_2 });
    expect([...(await sink.count(never))]).toEqual([['2', 20]]);
    const sample = await sink.sample(2, never);
    expect(sample).toHaveLength(2);
    expect(sample[0]).toMatchObject({ week: '2', start_date: '2017-01-02', note: 'x' });
  });

  it('counts no rows of a table that is not there', async () => {
    await using sink = await world.openSink({ mode: 'append', window: WEEK_1 });
    expect([...(await sink.count(never))]).toEqual([]);
  });

  it('tells what was loaded, and nothing before the first load', async () => {
    await using sink = await world.openSink();
    expect(await sink.loads(never)).toEqual([]);
    expect(await sink.claims(never)).toEqual([]);
    expect(
      await world.texts(`select relname::text as text from pg_class
      where relnamespace = '${world.schema}'::regnamespace`),
    ).toEqual([]);
    await world.load(both('x'));
    const [entry, ...more] = await sink.loads(never);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ job: 'load_promos', loadedAt: '2017-06-05T00:00:00.000001Z' });
    expect(await sink.claims(never)).toMatchObject([
      { released: true, startedAt: '2017-06-05T00:00:00.000001Z' },
    ]);
  });

  it('sends a million rows in two streams and tells the progress', async () => {
    const query = `${rowsOfWeek(1, 600_000, 'x')} union all ${rowsOfWeek(2, 600_000, 'x')}`;
    const result = await world.compute(query);
    await using sink = await world.openSink();
    await using claim = await claimOf(sink);
    let told = 0;
    const onRows = (rows: number) => (told += rows);
    const staged = await sink.stage({ result, claim, onRows }, never);
    expect([staged.rows, told]).toEqual([1_200_000, 1_200_000]);
    await sink.discard(never);
    expect(await world.tables()).toEqual([]);
  });
});
