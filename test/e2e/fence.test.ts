import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contentsOf, openWorld, type World } from './world.ts';

let world: World;
let source: string;

beforeAll(async () => {
  world = await openWorld();
  source = await world.smallSource();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('a stopped attempt that wakes up after it was replaced', () => {
  it.each([
    'quarantine:keep:after#1',
    'delta:upload:after#1',
    'delta:commit:before#1',
    'parquet:upload:after#1',
    'parquet:publish:before#1',
    'parquet:publish:after#1',
    'parquet:manifest:before#1',
    'postgres:copy:after#1',
    'postgres:commit:before#1',
  ])('stopped at %s commits nowhere and exits 5', async (moment) => {
    const name = `fence-${moment.replaceAll(/[^a-z0-9]+/g, '-')}`;
    const at = await world.config(name, { source });
    const args = [...at.args, '--run_id', name];
    const first = world.start(args, {
      DRAY_TEST_FAIL: `${moment}=stop`,
      DRAY_HOME: join(world.folder, `${name}-home-1`),
    });
    await first.saw(/failpoint .*: stop/);

    // As a platform retries: a new process, with nothing of the first one's disk.
    const second = await world.run([...args, '--attempt', '2'], {
      DRAY_HOME: join(world.folder, `${name}-home-2`),
    });
    expect(second.stderr).toContain('completed');
    expect(second.code).toBe(0);
    const contents = await contentsOf(world, at);
    const loads = await world.query(
      `select count(*)::int as loads from public._dray_loads where target like '%${at.table.split('.')[1] ?? ''}'`,
    );

    first.child.kill('SIGCONT');
    const ended = await first.ended;
    expect(ended.code).toBe(5);
    expect(ended.line).toMatchObject({ status: 'failed', error: { code: 'LEASE_LOST' } });
    expect(await contentsOf(world, at)).toEqual(contents);
    expect(contents.stage).toBe(contents.unity);
    expect(contents.redshift).toBe(contents.unity);
    expect(
      await world.query(
        `select count(*)::int as loads from public._dray_loads where target like '%${at.table.split('.')[1] ?? ''}'`,
      ),
    ).toEqual(loads);
    await rm(join(world.folder, `${name}-home-1`), { recursive: true, force: true });
  });
});
