import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contentsOf, openWorld, ROOT, type World } from './world.ts';

const WEEK_24 = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const SAMPLE = join(ROOT, 'data/sample/promotions');
let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** The contract in SQL that shares nothing with the product's. */
function expected(weeks: string): string {
  return `select count(*) as keys from (
    select distinct product_id, store_id, week from read_parquet('${SAMPLE}/*.parquet')
    where week in (${weeks}))`;
}

describe('windows', () => {
  it('loads exactly the keys of week 24, and a second run loads nothing', async () => {
    const at = await world.config('week24');
    const first = await world.run([...at.args, ...WEEK_24]);
    expect(first.stderr).toContain('completed');
    expect(first.code).toBe(0);
    const [{ keys } = { keys: 0 }] = await world.duckdb(expected('24'));
    const contents = await contentsOf(world, at);
    expect(contents.unity.split('/').slice(0, 2)).toEqual([String(keys), String(keys)]);
    expect(contents.stage).toBe(contents.unity);
    expect(contents.redshift).toBe(contents.unity);

    const stamps = `select distinct loaded_at::text as at from ${at.table}`;
    const before = await world.query(stamps);
    const second = await world.run([...at.args, ...WEEK_24]);
    expect(second.code).toBe(0);
    expect(second.line?.['sinks']).toMatchObject([
      { sink: 'unity', reused: true, loaded: Number(keys) },
      { sink: 'stage', reused: true, loaded: Number(keys) },
      { sink: 'redshift', reused: true, loaded: Number(keys) },
    ]);
    expect(await contentsOf(world, at)).toEqual(contents);
    expect(await world.query(stamps)).toEqual(before);
  });

  it('ends in the same content whichever of two overlapping windows comes last', async () => {
    const early = ['--start_date', '2017-06-01', '--end_date', '2017-06-09'];
    const late = ['--start_date', '2017-06-07', '--end_date', '2017-06-20'];
    const one = await world.config('early-late');
    const other = await world.config('late-early');
    for (const window of [early, late]) {
      expect((await world.run([...one.args, ...window])).code).toBe(0);
    }
    for (const window of [late, early]) {
      expect((await world.run([...other.args, ...window])).code).toBe(0);
    }
    const contents = await contentsOf(world, one);
    const [{ keys } = { keys: 0 }] = await world.duckdb(expected('23, 24, 25'));
    expect(contents.unity.split('/').slice(0, 2)).toEqual([String(keys), String(keys)]);
    expect(contents.stage).toBe(contents.unity);
    expect(contents.redshift).toBe(contents.unity);
    expect(await contentsOf(world, other)).toEqual(contents);
  });

  it('leaves loaded_at of the weeks alone that a window does not touch', async () => {
    const at = await world.config('untouched');
    expect((await world.run(at.args)).code).toBe(0);
    const others = `select week, min(loaded_at)::text as low, max(loaded_at)::text as high
      from ${at.table} where week <> 24 group by week order by week`;
    const before = await world.query(others);
    expect(before).toHaveLength(2);
    expect((await world.run([...at.args, ...WEEK_24])).code).toBe(0);
    expect(await world.query(others)).toEqual(before);
    const [stamps] = await world.duckdb(
      `select count(distinct loaded_at) as stamps from read_parquet('${at.stage}/*/*.parquet', hive_partitioning = false)`,
    );
    expect(stamps?.['stamps']).toBe(2n);
  });

  it('loads a corrected source file of the same window instead of skipping it', async () => {
    const source = join(world.folder, 'corrected');
    await mkdir(source);
    await cp(join(SAMPLE, 'week-24.parquet'), join(source, 'week-24.parquet'));
    const at = await world.config('corrects', { source });
    expect((await world.run([...at.args, ...WEEK_24])).code).toBe(0);
    const before = await contentsOf(world, at);
    await world.session.run(
      `copy (select * replace (case when store_id = (select min(store_id) from read_parquet('${SAMPLE}/week-24.parquet')) then '1' else display_location end as display_location)
        from read_parquet('${SAMPLE}/week-24.parquet')) to '${source}/week-24.parquet' (format parquet)`,
      new AbortController().signal,
    );
    const again = await world.run([...at.args, ...WEEK_24]);
    expect(again.line?.['sinks']).toMatchObject([
      { status: 'loaded' },
      { status: 'loaded' },
      { status: 'loaded' },
    ]);
    const after = await contentsOf(world, at);
    expect(after.unity).not.toBe(before.unity);
    expect(after.stage).toBe(after.unity);
    expect(after.redshift).toBe(after.unity);
  });

  it('warns about an empty window, exits 0 and leaves the targets alone', async () => {
    const at = await world.config('empty');
    const ended = await world.run([
      ...at.args,
      '--start_date',
      '2017-01-02',
      '--end_date',
      '2017-01-09',
    ]);
    expect(ended.code).toBe(0);
    expect(ended.line).toMatchObject({
      status: 'completed',
      sinks: [{ status: 'untouched' }, {}, {}],
    });
    expect(ended.stderr).toContain('no row is in the window');
    expect(await world.query(`select to_regclass('${at.table}') as t`)).toEqual([{ t: null }]);
  });

  it('lets one of two runs of overlapping windows wait, and both end right', async () => {
    const at = await world.config('both');
    const [a, b] = await Promise.all([
      world.run([...at.args, '--start_date', '2017-05-29', '--end_date', '2017-06-12']),
      world.run([...at.args, '--start_date', '2017-06-05', '--end_date', '2017-06-19']),
    ]);
    expect([a.code, b.code]).toEqual([0, 0]);
    const contents = await contentsOf(world, at);
    const [{ keys } = { keys: 0 }] = await world.duckdb(expected('23, 24, 25'));
    expect(contents.unity.split('/').slice(0, 2)).toEqual([String(keys), String(keys)]);
    expect(contents.stage).toBe(contents.unity);
    expect(contents.redshift).toBe(contents.unity);
    expect(`${a.stderr}${b.stderr}`).toContain('waiting for run');
  });

  it('checks everything and writes nothing in a dry run', async () => {
    const at = await world.config('dry');
    const ended = await world.run([...at.args, '--dry_run']);
    expect(ended.line).toMatchObject({ status: 'checked', exit_code: 0 });
    await expect(contentsOf(world, at)).rejects.toThrow();
    expect(await world.query(`select to_regclass('${at.table}') as t`)).toEqual([{ t: null }]);
  });
});
