import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { preparedSpark, SMALL_SPARK, sparkVersions, withoutSpark } from '../spark/server.ts';
import { buildDist } from './built.ts';
import { type SubmitPlace, submitTo } from './submit-place.ts';
import { describeSubmitted, expectSameAsHere } from './submitted-suite.ts';
import { openWorld, ROOT, type World } from './world.ts';

const PROGRAM = 'dist/generic-entry.mjs';
const PLAIN = [process.execPath, join(ROOT, PROGRAM)];
const FAILING = [process.execPath, join(ROOT, 'test/e2e/failing-entry.ts')];

describe('submitted to this machine', () => {
  let world: World;
  let source: string;
  let failpoints: Readonly<Record<string, string>> | undefined;

  beforeAll(async () => {
    await buildDist();
    world = await openWorld();
    source = await world.smallSource();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  function placeOf(
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): SubmitPlace {
    return {
      argv: () => {
        const settings = {
          command: failpoints === undefined ? command : FAILING,
          folder: join(world.folder, 'submitted'),
        };
        return ['local', '--settings', JSON.stringify(settings)];
      },
      get env() {
        return { ...env, ...failpoints };
      },
      provider: 'LOCAL',
      says: { success: 'exited 0', failure: 'exited 1' },
      arm(variables) {
        failpoints = variables;
      },
      execute: async (args) => (await world.start(args, {}, PROGRAM).ended).stdout,
    };
  }

  const plain = placeOf(PLAIN);
  const opened = () => ({ world, source, place: plain });
  describeSubmitted('this machine', opened);

  it('has the record of a run that has a store of its own, by what it prints', async () => {
    const at = await world.config('apart', { source, set: { strategy_type: 'bulk' } });
    const home = `DRAY_HOME=${join(world.folder, 'elsewhere')}`;
    const apart = placeOf(['/usr/bin/env', home, ...PLAIN]);
    const { code, stderr } = await submitTo(apart, world, at, '--run-id', 'apart', '--wait').ended;
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    // Shown as if it ran here; the lines themselves are nobody's.
    expect(stderr).toMatch(/^write: started\nwrite: done in/m);
    expect(stderr).not.toContain('dray.telemetry/1');
    // Twice: who follows what has ended adds nothing.
    expect((await world.dray('submissions', 'follow', 'apart')).code).toBe(0);
    const ours = await record('apart');
    const theirs = await record('apart', ['--store', join(world.folder, 'elsewhere/dray.db')]);
    expect({ ...ours, progress: undefined }).toEqual(theirs);
  });

  async function record(runId: string, more: readonly string[] = []): Promise<object> {
    const { stdout } = await world.dray('runs', 'show', runId, '--json', ...more);
    return JSON.parse(stdout) as object;
  }

  it('goes on when its submitter is killed, which finds its end afterwards', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const first = submitTo(plain, world, at, '--run-id', 'killed', '--wait');
    await first.saw(/RUNNING/);
    first.child.kill('SIGKILL');
    await first.ended;
    const { code, line } = await world.dray('submissions', 'follow', 'killed', '--json');
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
  });

  it('stops the run at the first signal, which then says so itself', async () => {
    const at = await world.config('stopped', { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(at.args)).code).toBe(0);
    const holder = new pg.Client({ connectionString: world.postgres.url });
    await holder.connect();
    try {
      await holder.query(`begin; lock table ${at.table} in access exclusive mode`);
      const more = ['--run-id', 'stopped', '--wait', '--force'];
      const submitting = submitTo(plain, world, at, ...more);
      const waiting = `select pg_sleep(0.05), pid from pg_locks where not granted`;
      while ((await world.query(waiting)).length === 0);
      submitting.child.kill('SIGINT');
      const { code, line } = await submitting.ended;
      expect(code).toBe(143);
      expect(line).toMatchObject({
        ...{ state: 'ENDED', remote_state: 'CANCELLED', platform_state: 'exited 143' },
        result: { status: 'cancelled', exit_code: 143 },
      });
    } finally {
      await holder.end();
    }
  });

  (withoutSpark === '' ? describe : describe.skip)(`through spark-submit${withoutSpark}`, () => {
    it('loads the rows that a run here loads, with the record complete', async () => {
      const { python, jars } = preparedSpark(sparkVersions[0] ?? '');
      const classPath = readdirSync(jars).map((jar) => join(jars, jar));
      const command = [
        ...[join(dirname(python), 'spark-submit'), '--jars', classPath.join(',')],
        ...Object.entries(SMALL_SPARK).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        join(ROOT, 'entry/launcher/generic_entry.py'),
      ];
      const java = process.env['JAVA_HOME'];
      const place = placeOf(command, {
        ...{ DRAY_NODE: process.execPath, PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python },
        ...(java === undefined ? {} : { JAVA_HOME: java }),
      });
      await expectSameAsHere('spark-submit', { ...opened(), place }, 'bigdata');
    });
  });
});
