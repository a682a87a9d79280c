import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectLoads, openScene, type Scene, WINDOW } from './scene.ts';
import { contentsOf } from './world.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  await expectLoads(scene, await scene.args());
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

describe('dray optimize and dray vacuum', () => {
  it('leave the rows and the ledger as they are', async () => {
    const { world, at } = scene;
    const append = await scene.args({
      unity_loader_config: { mode: 'append' },
      stage_loader_config: null,
      redshift_loader_config: null,
    });
    const appended = await world.run([...append, '--force']);
    expect(appended.code).toBe(0);
    expect(append).toEqual(expect.arrayContaining(WINDOW));
    const before = await contentsOf(world, at);

    const optimized = await world.dray('optimize', '--config', at.file);
    expect(optimized.stdout.replaceAll(/\S+(unity|stage)\b|postgresql:\S+/g, 'PLACE')).toMatch(
      new RegExp(
        [
          '^unity {2}delta {2}PLACE',
          ' {2}3 files are now 2 files, [\\d.]+ MB are [\\d.]+ MB: version 3',
          'stage {2}parquet {2}PLACE',
          ' {2}nothing to do: a parquet target needs no upkeep',
          'redshift {2}postgres {2}PLACE',
          ' {2}nothing to do: a postgres target needs no upkeep\\n$',
        ].join('\\n'),
      ),
    );
    expect(optimized.stderr).toBe('unity: 1 of 1 files written\n');
    expect(await contentsOf(world, at)).toEqual(before);
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);

    const vacuumed = await world.dray(
      'vacuum',
      'unity',
      '--config',
      at.file,
      '--json',
      '--dry-run',
    );
    expect(JSON.parse(vacuumed.stdout)).toMatchObject([
      { sink: 'unity', files: 0, bytes: 0, log_files: 0, retention_hours: 168 },
    ]);
    const short = await world.dray('vacuum', 'unity', '--config', at.file, '--retain-hours', '1');
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('--force')]);
  });
});
