import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instantOf, openFeed } from './feed.ts';
import { openWorld, type Prepared, type World } from './world.ts';

/** Only Postgres and Delta merge. */
const MERGES = { mode: 'merge', set: { stage_loader_config: undefined } };
let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Product and code of each row, the same in Delta and Postgres. */
async function rowsIn(at: Prepared): Promise<readonly string[]> {
  await world.session.useExtension('delta', new AbortController().signal);
  const text = (rows: readonly Readonly<Record<string, unknown>>[]) =>
    rows.map((row) => String(row['row']));
  const query = `select product_id || ' ' || display_code as row from`;
  const delta = text(
    await world.duckdb(`${query} delta_scan('${at.unity}') order by product_id, 1`),
  );
  const postgres = text(await world.query(`${query} ${at.table} order by product_id, 1`));
  expect(postgres).toEqual(delta);
  return delta;
}

describe('an incremental merge', () => {
  it('without look-back misses a late row with the cursor of the state, which one of 0 finds', async () => {
    const feed = await openFeed(world, 'boundary');
    const plain = await feed.follow('boundary-plain', MERGES);
    const again = await feed.follow('boundary-again', {
      ...MERGES,
      incremental: { cursor_column: 'updated_at', look_back: '0 s' },
    });
    await feed.add([1], 10);
    for (const { args } of [plain, again]) expect((await world.run(args)).code).toBe(0);
    await feed.add([2], 10);
    for (const { args } of [plain, again]) expect((await world.run(args)).code).toBe(0);
    expect(await rowsIn(plain)).toEqual(['1 1']);
    expect(await rowsIn(again)).toEqual(['1 1', '2 1']);
  });

  it('reads late rows and rows that changed, once each, and never goes back', async () => {
    const feed = await openFeed(world, 'late');
    const at = await feed.follow('late', {
      ...MERGES,
      incremental: { cursor_column: 'updated_at', look_back: '1 minute' },
    });
    await feed.add([1, 2, 3], 100);
    expect((await world.run(at.args)).code).toBe(0);
    await feed.add([4], 50);
    await feed.add([5], 30);
    await world.query(
      `update ${feed.table} set display_location = '2', updated_at = ${instantOf(120)} where product_id = 1`,
    );
    const second = await world.run(at.args);
    // 2 and 3 again, 4 late, 1 changed; 5 is later than anybody looks back.
    expect(second.line).toMatchObject({ exit_code: 0, counts: { read: 4 } });
    expect(await rowsIn(at)).toEqual(['1 2', '2 1', '3 1', '4 1']);
    await world.query(`delete from ${feed.table} where updated_at > ${instantOf(100)}`);
    expect((await world.run(at.args)).code).toBe(0);
    const shown = await world.dray(
      'state',
      'show',
      '--config',
      at.file,
      '--json',
      '--check-source',
    );
    expect(JSON.parse(shown.stdout)).toMatchObject(
      ['unity', 'redshift'].map((sink) => ({
        sink,
        sources: [{ state: 'updated_at 2026-01-01 00:02:00+00' }],
      })),
    );
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('keeps its state in a backfill, and starts over by force', async () => {
    const feed = await openFeed(world, 'over');
    const at = await feed.follow('over', MERGES);
    await feed.add([1, 2], 10);
    expect((await world.run(at.args)).code).toBe(0);
    await feed.add([3, 4, 5], 20);
    // Product 3 is of week 23, which is 2017-05-29 to 2017-06-05.
    const window = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
    const backfill = await world.run([...at.args, ...window]);
    expect(backfill.line).toMatchObject({ exit_code: 0, counts: { read: 5, filtered: 4 } });
    expect(await rowsIn(at)).toEqual(['1 1', '2 1', '3 1']);

    const shown = await world.dray('state', 'show', '--config', at.file, '--check-source');
    expect(shown.stdout).toContain('updated_at 2026-01-01 00:00:10+00');
    expect(shown.stdout).toContain(
      'updated_at after 2026-01-01 00:00:10+00 up to 2026-01-01 00:00:20+00',
    );
    const plan = await world.dray('plan', 'load_promos', '--config', at.file);
    expect(plan.stdout).toContain(
      'reads: updated_at after 2026-01-01 00:00:10+00 up to 2026-01-01 00:00:20+00',
    );
    expect((await world.run(at.args)).line).toMatchObject({ counts: { read: 3 } });
    expect(await rowsIn(at)).toEqual(['1 1', '2 1', '3 1', '4 1', '5 1']);

    await world.query(`update ${feed.table} set display_location = '4'`);
    expect((await world.run(at.args)).stderr).toContain('nothing new since');
    const done = await world.dray('plan', 'load_promos', '--config', at.file);
    expect(done.stdout).toContain('reads: nothing new since');
    const forced = await world.run([...at.args, '--force']);
    expect(forced.line).toMatchObject({ exit_code: 0, counts: { read: 5 } });
    expect(await rowsIn(at)).toEqual(['1 4', '2 4', '3 4', '4 4', '5 4']);
    expect((await world.run(at.args)).stderr).toContain('nothing new since');
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('goes on where rows have left the range that one sink lacks', async () => {
    const feed = await openFeed(world, 'left');
    const at = await feed.follow('left', MERGES);
    await feed.add([1, 2], 10);
    const killed = await world.run(at.args, { DRAY_TEST_FAIL: 'delta:commit:before#1=kill' });
    expect(killed.signal).toBe('SIGKILL');
    await world.query(`update ${feed.table} set updated_at = ${instantOf(20)}`);
    expect((await world.run(at.args)).line).toMatchObject({ exit_code: 0, counts: { read: 0 } });
    expect((await world.run(at.args)).line).toMatchObject({ exit_code: 0, counts: { read: 2 } });
    expect(await rowsIn(at)).toEqual(['1 1', '2 1']);
    expect((await world.run(at.args)).stderr).toContain('nothing new since');
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it.each(['postgres:commit:after#1', 'delta:commit:after#1'])(
    'with look-back that is killed at %s ends with each row once',
    async (moment) => {
      const name = `late-${moment.slice(0, moment.indexOf(':'))}`;
      const feed = await openFeed(world, name.replace('-', '_'));
      const at = await feed.follow(name, {
        ...MERGES,
        incremental: { cursor_column: 'updated_at', look_back: '1 minute' },
      });
      await feed.add([1, 2], 100);
      expect((await world.run(at.args)).code).toBe(0);
      await feed.add([3], 90);
      const runId = ['--run_id', name];
      await world.run([...at.args, ...runId], { DRAY_TEST_FAIL: `${moment}=kill` });
      await feed.add([4], 110);
      expect((await world.run([...at.args, ...runId, '--attempt', '2'])).code).toBe(0);
      expect((await world.run(at.args)).code).toBe(0);
      expect(await rowsIn(at)).toEqual(['1 1', '2 1', '3 1', '4 1']);
      expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
    },
  );
});
