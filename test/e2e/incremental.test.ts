import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { everywhere, instantOf, openFeed, productsIn } from './feed.ts';
import { openWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('an incremental read by a cursor', () => {
  it.each(['bulk', 'row'])('loads what is new and nothing twice, on %s', async (engine) => {
    const feed = await openFeed(world, `grows_${engine}`);
    const at = await feed.follow(`grows-${engine}`, { set: { strategy_type: engine } });
    await feed.add([1, 2, 3], 10);
    const first = await world.run(at.args);
    expect(`${first.stderr} ${String(first.code)}`).toMatch(/completed[^]* 0$/);
    expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3]));

    await feed.add([4, 5], 20);
    const second = await world.run(at.args);
    expect(second.line).toMatchObject({ exit_code: 0, counts: { read: 2 } });
    expect(second.stderr).toContain(
      'updated_at after 2026-01-01 00:00:10+00 up to 2026-01-01 00:00:20+00',
    );
    expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3, 4, 5]));

    const loads = await world.dray('loads', 'list', '--config', at.file, '--json');
    const third = await world.run(at.args);
    expect(third.line).toMatchObject({
      exit_code: 0,
      counts: { read: 0 },
      sinks: Array.from({ length: 3 }, () => expect.objectContaining({ status: 'untouched' })),
    });
    expect(third.stderr).toContain('nothing new since updated_at 2026-01-01 00:00:20+00');
    expect((await world.dray('loads', 'list', '--config', at.file, '--json')).stdout).toBe(
      loads.stdout,
    );
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('goes on behind rows that all broke a rule, and warns of rows without a cursor', async () => {
    const feed = await openFeed(world, 'broken_rows');
    const at = await feed.follow('broken-rows', {
      set: { quality: { max_quarantined_ratio: 1 } },
    });
    await feed.add([1], 10);
    await feed.add([2], null);
    expect((await world.run(at.args)).line).toMatchObject({
      counts: { read: 1 },
      warnings: [expect.stringContaining('rows with null in "updated_at" are not read: 1')],
    });
    await feed.add([3], 20, '?');
    expect((await world.run(at.args)).line).toMatchObject({ counts: { read: 1, quarantined: 1 } });
    expect((await world.run(at.args)).line).toMatchObject({ counts: { read: 0 } });
    expect(await productsIn(world, at)).toEqual(everywhere([1]));
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('lets two runs at once load every row once', async () => {
    const feed = await openFeed(world, 'two_runs');
    const at = await feed.follow('two-runs');
    await feed.add([1, 2, 3], 10);
    const ended = await Promise.all([world.run(at.args), world.run(at.args)]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const read = ended.map(({ line }) => JSON.stringify(line?.['counts']));
    expect(read.filter((counts) => counts.includes('"read":3'))).toHaveLength(1);
    expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3]));
  });
});

/** Each sink's commit, before and after; Postgres commits first. */
const MOMENTS = [
  'postgres:copy:after#1',
  'postgres:commit:before#1',
  'postgres:commit:after#1',
  'delta:ledger:after#1',
  'delta:commit:before#1',
  'delta:commit:after#1',
  'parquet:publish:after#1',
  'parquet:manifest:before#1',
  'parquet:manifest:after#1',
];

describe('kill -9 in an incremental load', () => {
  it.each(MOMENTS.map((moment, index) => [moment, index % 2 === 0 ? 'its retry' : 'another run']))(
    'at %s: with %s every row is loaded once',
    async (moment, who) => {
      const isRetry = who === 'its retry';
      const name = `cut-${moment.replaceAll(/[^a-z0-9]+/g, '-')}`;
      const feed = await openFeed(world, name.replaceAll('-', '_'));
      const at = await feed.follow(name);
      await feed.add([1, 2, 3, 4], 10);
      expect((await world.run(at.args)).code).toBe(0);
      await feed.add([5, 6, 7, 8, 9], 20);
      const runId = ['--run_id', name];
      const killed = await world.run([...at.args, ...runId], { DRAY_TEST_FAIL: `${moment}=kill` });
      expect(killed.signal).toBe('SIGKILL');
      // What comes meanwhile must not mix with what one sink has and another has not.
      await feed.add([10, 11], 30);
      const again = isRetry ? [...runId, '--attempt', '2'] : [];
      expect((await world.run([...at.args, ...again])).code).toBe(0);
      const there = await productsIn(world, at);
      expect(there.stage).toEqual(there.unity);
      expect(there.redshift).toEqual(there.unity);
      expect((await world.run(at.args)).code).toBe(0);
      expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
      expect((await world.run(at.args)).stderr).toContain('nothing new since');
      expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
    },
  );
});

describe('an append', () => {
  it('is refused where rows would come twice: another state, or by force', async () => {
    const feed = await openFeed(world, 'stateless');
    await feed.add([1, 2], 10);
    const whole = await feed.follow('stateless', {
      incremental: { cursor_column: 'updated_at', name: 'a' },
    });
    expect((await world.run(whole.args)).code).toBe(0);
    const forced = await world.run([...whole.args, '--force']);
    expect(forced.line).toMatchObject({ exit_code: 2, error: { code: 'APPEND_REPEATED' } });
    const at = await feed.follow('stateless');
    const refused = await world.run(at.args);
    expect(refused.line).toMatchObject({ exit_code: 2, error: { code: 'APPEND_REPEATED' } });
    expect(refused.stderr).toContain('set "incremental": {"name": "a"}');
  });

  it.each([
    [{ mode: 'overwrite_window' }, 'the rows that are new would replace all others'],
    [
      { incremental: { cursor_column: 'updated_at', look_back: '1 day' } },
      '"look_back" reads rows again, which would be there twice',
    ],
  ])('is the mode, or a merge: %j', async (changes, reason) => {
    const feed = await openFeed(world, `refused_${reason.replaceAll(/[^a-z]+/g, '_')}`);
    const at = await feed.follow(feed.table.replace('feed.', ''), changes);
    const refused = await world.run(at.args);
    expect(refused.line).toMatchObject({ exit_code: 2, error: { code: 'CONFIG_INVALID' } });
    expect(refused.stderr).toContain(reason);
  });

  it('of a window is no part of the state', async () => {
    const feed = await openFeed(world, 'backfill');
    const at = await feed.follow('backfill');
    await feed.add([1, 4, 7], 10);
    expect((await world.run(at.args)).code).toBe(0);
    await feed.add([10], 20);
    const window = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
    const repeated = await world.run([...at.args, ...window]);
    expect(repeated.line).toMatchObject({ error: { code: 'APPEND_REPEATED' } });
    await world.query(`truncate ${at.table}`);
    await world.query(
      `update ${feed.table} set updated_at = ${instantOf(5)} where product_id < 10`,
    );
    const after = await world.run(at.args);
    expect(after.line).toMatchObject({ counts: { read: 1 } });
    await world.query(`drop table ${at.table}`);
    const dropped = await world.run(at.args);
    expect(dropped.line).toMatchObject({ exit_code: 1, error: { code: 'TARGET_FAILED' } });
    expect(dropped.stderr).toContain('is gone, and its ledger says it has all up to updated_at');
  });
});
