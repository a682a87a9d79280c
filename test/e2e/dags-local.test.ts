import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromWire } from '../../core/wire.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const WEEK = ['2017-06-05', '2017-06-12'] as const;
const THREE_WEEKS = ['2017-05-29', '2017-06-19'] as const;

describe('DAGs without Airflow', () => {
  let world: World;
  let source: string;
  beforeAll(async () => {
    world = await openWorld();
    source = await world.smallSource();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** A module with one weekly DAG, as a team would write it. */
  async function moduleFor(id: string): Promise<Prepared> {
    const at = await world.config(id, { source, set: { strategy_type: 'bulk' } });
    const config = fromWire(JSON.parse(await readFile(at.file, 'utf8'))).value;
    const text = `
      import { loadPromos } from '${ROOT}/jobs/load-promos/job.ts';
      import { defineDag } from '${ROOT}/dags/define.ts';
      import { cron } from '${ROOT}/dags/schedule.ts';
      import { bash } from '${ROOT}/dags/target.ts';

      export const dag = defineDag(
        '${id}',
        { schedule: cron('0 0 * * 1'), startDate: '2017-05-29', defaults: { retries: 1 } },
        (dag) => {
          const load = dag.task('load', { job: loadPromos, on: bash(), config: ${JSON.stringify(config)} });
          dag.join('done').after(load);
        },
      );`;
    await writeFile(join(world.folder, `${id}.dag.ts`), text);
    return at;
  }

  async function loaded(name: string, window: readonly [string, string]) {
    const at = await world.config(name, { source, set: { strategy_type: 'bulk' } });
    const [from, to] = window;
    expect((await world.run([...at.args, '--start_date', from, '--end_date', to])).code).toBe(0);
    return await contentsOf(world, at);
  }

  const loadsInto = async ({ table }: Prepared) => {
    const loads = await world.query('select * from public._dray_loads');
    return loads.filter((load) => JSON.stringify(load).includes(table.split('.')[1] ?? '')).length;
  };

  it('run once for a week leave in the sinks what the job alone would', async () => {
    const at = await moduleFor('once');
    const [from, to] = WEEK;
    const { code, stderr } = await world.dray('dags', 'run', 'once', '--from', from, '--to', to);
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    expect(stderr).toMatch(/once\.done local-\S+: success/);
    expect(await contentsOf(world, at)).toEqual(await loaded('alone', WEEK));
  });

  it('go on with a backfill that was killed, and load no week twice', async () => {
    const at = await moduleFor('weeks');
    const [from, to] = THREE_WEEKS;
    const args = ['dags', 'backfill', 'weeks', '--from', from, '--to', to, '--lanes', '2'];
    const first = world.start(args, {}, 'entry/dray.ts');
    await first.saw(/weeks\.load backfill__\S+: success/);
    first.child.kill('SIGKILL');
    await first.ended;
    const again = await world.dray(...args);
    expect([again.code, again.code === 0 || again.stderr]).toEqual([0, true]);
    expect(again.stderr).toContain('3 of 3 runs of weeks have succeeded');
    expect(await contentsOf(world, at)).toEqual(await loaded('all', THREE_WEEKS));
    expect(await loadsInto(at)).toBe(3);
    const third = await world.dray(...args);
    expect([third.code, third.stderr.includes('quarantined')]).toEqual([0, false]);
    expect(await loadsInto(at)).toBe(3);
  });

  it('fail with the file and the line of what is wrong, before anything runs', async () => {
    const at = await moduleFor('wrong');
    const file = join(world.folder, 'wrong.dag.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace("cron('0 0 * * 1')", "cron('0 0 * * 8')"));
    const { code, stderr } = await world.dray(
      ...['dags', 'run', 'wrong', '--files', 'wrong.dag.ts', '--from', WEEK[0], '--to', WEEK[1]],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /DAG_INVALID {2}wrong\.dag\.ts:7: "0 0 \* \* 8" in "UTC" is no schedule/,
    );
    await writeFile(file, 'throw new Error("no");');
    const thrown = await world.dray('dags', 'list', '--files', 'wrong.dag.ts');
    expect([thrown.code, thrown.stderr]).toEqual([
      2,
      expect.stringContaining('cannot be loaded: no'),
    ]);
    expect(await loadsInto(at)).toBe(0);
  });
});
