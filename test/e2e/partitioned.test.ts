import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { filesOf } from '../strategies/delta/partitioned.ts';
import { openScene, type Scene, WINDOW } from './scene.ts';
import { contentsOf, type Prepared } from './world.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

const partitioned = async (name: string, partitionBy: unknown, more: object = {}) => {
  const at = await scene.world.config(name, { source: scene.source });
  const loader = { strategy: 'DELTA', path: at.unity, partition_by: partitionBy, ...more };
  return await scene.world.config(name, {
    source: scene.source,
    set: { unity_loader_config: loader },
  });
};

const partitions = async ({ unity }: Prepared) => {
  const files = await filesOf(unity);
  return new Set(files.map(({ partitionValues }) => JSON.stringify(partitionValues)));
};

describe('a Delta table by week and store', () => {
  let at: Prepared;

  it('is planned, loaded with the rows of the other sinks, and right by its ledger', async () => {
    const { world } = scene;
    at = await partitioned('by-store', ['week', 'store_id']);
    const plan = await world.dray('plan', 'load_promos', '--config', at.file);
    expect(plan.stdout).toContain('partitioned by (`week`, `store_id`)');
    const { code, stderr } = await world.run(at.args);
    expect(`${stderr}${String(code)}`).toMatch(/completed[^]*0$/);
    const { unity, stage } = await contentsOf(world, at);
    expect(unity).toEqual(stage);
    const [found] = await world.duckdb(
      `select count(distinct (week, store_id)) as pairs from delta_scan(${quote(at.unity)})`,
    );
    expect(Number(found?.['pairs'])).toBeGreaterThan(20);
    expect((await partitions(at)).size).toBe(Number(found?.['pairs']));
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('is loaded again by a window, left alone by the next run, and put together', async () => {
    const { world } = scene;
    const before = await contentsOf(world, at);
    const again = await world.run([...at.args, ...WINDOW, '--force']);
    expect(again.code).toBe(0);
    const same = await world.run([...at.args, ...WINDOW]);
    expect(same.code).toBe(0);
    expect(same.stderr).toContain('nothing loaded twice');
    expect(await contentsOf(world, at)).toEqual(before);
    const optimized = await world.dray('optimize', '--config', at.file);
    expect(`${optimized.stderr}${String(optimized.code)}`).toMatch(/0$/);
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('takes a merge, and is verified after it', async () => {
    const { world } = scene;
    const merging = await partitioned('by-store', ['week', 'store_id'], { mode: 'merge' });
    const { code, stderr } = await world.run([...merging.args, ...WINDOW, '--force']);
    expect(`${stderr}${String(code)}`).toMatch(/completed[^]*0$/);
    const { unity, stage } = await contentsOf(world, merging);
    expect(unity).toEqual(stage);
    expect((await world.dray('verify', '--config', merging.file)).code).toBe(0);
  });

  it('is refused where config wants other partitions, or any that the job does not make', async () => {
    const { world } = scene;
    const other = await world.run((await partitioned('by-store', ['week', 'brand'])).args);
    expect([other.code, other.stderr]).toEqual([
      4,
      expect.stringContaining('partition columns: expected week, brand, found week, store_id'),
    ]);
    const none = await world.run((await partitioned('none', [])).args);
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('"week" has to be the first, since a window replaces whole'),
    ]);
  });
});
