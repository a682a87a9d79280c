import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { preparedSpark, SMALL_SPARK, sparkVersions, withoutSpark } from '../spark/server.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const PLAIN = { command: [process.execPath, join(ROOT, 'dist/generic-entry.mjs')] };

describe('load_promos submitted to this machine', () => {
  let world: World;
  let source: string;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
    world = await openWorld();
    source = await world.smallSource();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  function dray(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return world.start(argv, { DRAY_NODE: process.execPath, ...env }, 'entry/dray.ts');
  }

  function submit(
    { command, env = {} }: { command: readonly string[]; env?: Readonly<Record<string, string>> },
    at: Prepared,
    runId: string,
    ...more: readonly string[]
  ) {
    const settings = JSON.stringify({ command, folder: join(world.folder, 'submitted') });
    const argv = ['submit', 'local', '--job', 'load_promos', '--config', at.file, '--json'];
    return dray([...argv, '--settings', settings, '--run-id', runId, '--wait', ...more], env);
  }

  async function sameAsHere(at: Prepared): Promise<void> {
    const here = await world.config('here', {
      ...{ source, set: { strategy_type: 'bulk' } },
    });
    expect((await world.run(here.args)).line).toMatchObject({ exit_code: 0 });
    expect(await contentsOf(world, at)).toEqual(await contentsOf(world, here));
  }

  it('loads the same rows in plain Node, the record complete', async () => {
    const at = await world.config('plain', { source, set: { strategy_type: 'bulk' } });
    const { code, line, stderr } = await submit(PLAIN, at, 'plain').ended;
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    expect(line).toMatchObject({
      ...{ state: 'ENDED', platform_state: 'exited 0', exit_code: 0 },
      result: { service_provider: 'LOCAL', engine: 'bulk', status: 'completed', run_id: 'plain' },
    });
    await sameAsHere(at);
  });

  it('goes on when its submitter is killed, which finds its end afterwards', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const first = submit(PLAIN, at, 'killed');
    await first.saw(/RUNNING/);
    first.child.kill('SIGKILL');
    await first.ended;
    const { code, line } = await dray(['submissions', 'follow', 'killed', '--json']).ended;
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
  });

  it('stops the run at the first signal, which then says so itself', async () => {
    const at = await world.config('stopped', { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(at.args)).code).toBe(0);
    const holder = new pg.Client({ connectionString: world.postgres.url });
    await holder.connect();
    try {
      await holder.query(`begin; lock table ${at.table} in access exclusive mode`);
      const submitting = submit(PLAIN, at, 'stopped', '--force');
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
    it('loads the same rows', async () => {
      const { python, jars } = preparedSpark(sparkVersions[0] ?? '');
      const classPath = readdirSync(jars).map((jar) => join(jars, jar));
      const command = [
        ...[join(dirname(python), 'spark-submit'), '--jars', classPath.join(',')],
        ...Object.entries(SMALL_SPARK).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        join(ROOT, 'entry/launcher/generic_entry.py'),
      ];
      const java = process.env['JAVA_HOME'];
      const env = {
        ...{ PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python },
        ...(java === undefined ? {} : { JAVA_HOME: java }),
      };
      const at = await world.config('spark', { source, set: { strategy_type: 'bigdata' } });
      const { code, line, stderr } = await submit({ command, env }, at, 'spark').ended;
      expect([code, code === 0 || stderr]).toEqual([0, true]);
      expect(line).toMatchObject({
        result: { service_provider: 'LOCAL', engine: 'bigdata', status: 'completed' },
      });
      await sameAsHere(at);
    });
  });
});
