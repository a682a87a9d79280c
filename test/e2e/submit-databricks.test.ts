import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { PYTHON, withoutPython } from '../launcher/launch.ts';
import { type DatabricksTwin, startDatabricksTwin } from '../twins/databricks.ts';
import { runScript } from '../../entry/twin/script.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const WHEEL = 'main/jobs/dray_entry-0.1.0-py3-none-any.whl';
const SETTINGS = {
  ...{ serverless: true, wheels: [`/Volumes/${WHEEL}`] },
  result_prefix: '/Volumes/main/jobs/results',
};

(withoutPython === '' ? describe : describe.skip)(
  `load_promos on Databricks${withoutPython}`,
  () => {
    let world: World;
    let twin: DatabricksTwin;
    let source: string;

    beforeAll(async () => {
      await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
      world = await openWorld();
      source = await world.smallSource();
      const volumes = join(world.folder, 'volumes');
      await mkdir(join(volumes, 'main/jobs'), { recursive: true });
      await writeFile(join(volumes, WHEEL), 'what the twin runs is in its folder already');
      twin = await startDatabricksTwin({
        ...{ clock: systemClock, volumes },
        execute: (argv, onOutput) =>
          runScript(
            // The volumes are mounted elsewhere.
            argv.map((word) => word.replace(/^\/Volumes\//, `${volumes}/`)),
            {
              ...{ root: ROOT, python: PYTHON, entry: ['-m', 'dray_entry'], onOutput },
              env: {
                ...{ DATABRICKS_RUNTIME_VERSION: '17.3', DRAY_NODE: process.execPath },
                PROMOS_DB_PASSWORD: world.postgres.password,
                DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
              },
            },
          ),
      });
      twin.behaviour.stopMs = 0;
    });
    afterAll(async () => {
      await twin[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    function submit(at: Prepared, ...more: readonly string[]) {
      const argv = ['submit', 'databricks', '--job', 'load_promos', '--config', at.file];
      const settings = ['--settings', JSON.stringify(SETTINGS)];
      const env = { DATABRICKS_HOST: twin.endpoint, DATABRICKS_TOKEN: twin.token };
      return world.start([...argv, ...settings, '--json', ...more], env, 'entry/dray.ts');
    }

    it('loads the same rows as a run here, found out as DATABRICKS, with the record complete', async () => {
      const here = await world.config('here', { source, set: { strategy_type: 'bulk' } });
      expect((await world.run(here.args)).code).toBe(0);
      const there = await world.config('there', { source, set: { strategy_type: 'bulk' } });
      const { code, line, stderr } = await submit(there, '--run-id', 'whole', '--wait').ended;
      expect([code, code === 0 || stderr]).toEqual([0, true]);
      expect(line).toMatchObject({
        ...{ state: 'ENDED', platform_state: 'TERMINATED SUCCESS', exit_code: 0 },
        result: { service_provider: 'DATABRICKS', engine: 'bulk', status: 'completed' },
      });
      // What the task has printed is shown here.
      expect(stderr).toContain('"schema":"dray.result/1"');
      expect(await contentsOf(world, there)).toEqual(await contentsOf(world, here));
    });

    it('tells the exit code of a job that failed there', async () => {
      const at = await world.config('gone', {
        ...{ source: '/no/such/folder', set: { strategy_type: 'bulk' } },
      });
      const { code, line } = await submit(at, '--run-id', 'gone', '--wait').ended;
      expect(line).toMatchObject({
        ...{ exit_code: 1, platform_state: 'TERMINATED RUN_EXECUTION_ERROR' },
        result: { error: { code: 'SOURCE_NOT_FOUND' } },
      });
      expect(code).toBe(1);
    });

    it('is found out as DATABRICKS by the environment alone', async () => {
      let printed = '';
      const run = runScript(['--version'], {
        ...{
          root: ROOT,
          python: PYTHON,
          entry: ['-c', 'import dray_entry; dray_entry.notebook({"nope": "1"})'],
        },
        env: { DATABRICKS_RUNTIME_VERSION: '17.3', DRAY_NODE: process.execPath },
        onOutput(text) {
          printed += text;
        },
      });
      expect(await run.ended).toBe(1);
      expect(printed).toContain('"service_provider":"DATABRICKS"');
      expect(printed).toContain('dray has ended with exit code 2');
    });

    it('keeps its promise when the submitter is killed between the call and its record', async () => {
      const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
      const before = twin.runs.length;
      twin.fail('runs/submit', 'lost', 'failed', 'failed', 'failed');
      const first = submit(at, '--run-id', 'killed');
      await first.saw(/calling Databricks again with the same token/);
      first.child.kill('SIGKILL');
      await first.ended;
      twin.calm();
      const { code, line } = await submit(at, '--run-id', 'killed', '--wait').ended;
      expect([code, line?.['exit_code']]).toEqual([0, 0]);
      expect(twin.runs.length - before).toBe(1);
    });

    it('stops the job for real: after the end no sink is written to', async () => {
      const at = await world.config('stopped', { set: { strategy_type: 'bulk' } });
      const submitting = submit(at, '--run-id', 'stopped', '--wait');
      await submitting.saw(/RUNNING/);
      submitting.child.kill('SIGINT');
      const { code, line, stderr } = await submitting.ended;
      expect(stderr).toContain('asking Databricks to stop');
      expect([0, 130, 143]).toContain(code);
      expect(line).toMatchObject({ state: 'ENDED' });
      const run = twin.runs.at(-1);
      // Its process is gone: nothing is left that could write.
      expect(run?.exit).toBeDefined();
    });
  },
);
