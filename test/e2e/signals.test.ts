import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../state/sqlite/store.ts';
import { expectFailure, expectLoads, openScene, type Scene, WINDOW } from './scene.ts';
import { contentsOf } from './world.ts';

const SIGNALS = [
  { name: 'Ctrl-C', action: 'int', exit: 130, code: 'INTERRUPTED', says: 'Ctrl-C (SIGINT)' },
  { name: 'SIGTERM', action: 'term', exit: 143, code: 'TERMINATED', says: 'SIGTERM' },
] as const;
/** From the first thing a run writes to the last moment before a target shows anything of it. */
const BEFORE_THE_COMMIT = [
  'quarantine:keep:before',
  'delta:upload:after',
  'parquet:upload:before',
  'postgres:copy:before',
  'postgres:commit:before',
  'postgres:ledger:after',
];
const AFTER_THE_FIRST_COMMIT = [
  'postgres:commit:after',
  'delta:commit:before',
  'parquet:publish:after',
  'parquet:manifest:after',
];
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

describe('a signal before the first commit', () => {
  it.each(
    BEFORE_THE_COMMIT.map((moment, index) => ({ moment, ...SIGNALS[index % 2 === 0 ? 0 : 1] })),
  )('cancels the run at $moment with $exit after $name', async ({ moment, ...signal }) => {
    const runId = `cancelled-${moment.replaceAll(':', '-')}`;
    const args = [...(await scene.args()), '--run_id', runId];
    const { line, stderr } = await expectFailure(
      scene,
      args,
      { ...signal, says: [`stopped by ${signal.says}`, 'run the same command again'] },
      { DRAY_TEST_FAIL: `${moment}=${signal.action}` },
    );
    expect(line).toMatchObject({ status: 'cancelled', sinks: [], counts: null });
    expect(stderr).not.toContain('warning');
    await using store = await openSqliteStore(join(scene.world.folder, '.dray/dray.db'));
    const run = await store.getRun(runId);
    expect(run).toMatchObject({ state: 'CANCELLED' });
  });

  it('leaves nothing that the next run would have to wait for', async () => {
    const ended = await expectLoads(scene, await scene.args());
    expect(ended.line).toMatchObject({ sinks: [{ status: 'loaded' }, {}, {}] });
  });
});

describe('a signal after the first commit', () => {
  it.each(AFTER_THE_FIRST_COMMIT)(
    'comes too late at %s: all three sinks have the load, and the run says so',
    async (moment) => {
      const args = await scene.args({}, [...WINDOW, '--force']);
      const ended = await scene.world.run(args, { DRAY_TEST_FAIL: `${moment}=term` });
      expect(ended.stderr).toContain('failpoint');
      expect(ended.stderr).toContain('completed');
      expect(ended.stderr).not.toContain('warning');
      expect(ended.code).toBe(0);
      expect((await scene.state()).held).toEqual([]);
      const { unity, stage, redshift } = await contentsOf(scene.world, scene.at);
      expect([stage, redshift]).toEqual([unity, unity]);
    },
  );
});
