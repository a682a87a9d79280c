import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { runScript, type ScriptOptions } from '../../entry/twin/script.ts';
import { PYTHON, withoutPython } from '../launcher/launch.ts';
import { type DatabricksTwin, startDatabricksTwin } from '../twins/databricks.ts';
import { buildDist } from './built.ts';
import { armed, printedBy, type SubmitPlace, submitTo } from './submit-place.ts';
import { describeSubmitted } from './submitted-suite.ts';
import { openWorld, ROOT, type World } from './world.ts';

const WHEEL = 'main/jobs/dray_entry-0.1.0-py3-none-any.whl';
const SETTINGS = {
  ...{ serverless: true, wheels: [`/Volumes/${WHEEL}`] },
  result_prefix: '/Volumes/main/jobs/results',
};

(withoutPython === '' ? describe : describe.skip)(`submitted to Databricks${withoutPython}`, () => {
  let world: World;
  let twin: DatabricksTwin;
  let place: SubmitPlace;
  let source: string;
  let failpoints: Readonly<Record<string, string>> | undefined;
  const options = (onOutput: ScriptOptions['onOutput']): ScriptOptions => ({
    ...{ root: ROOT, python: PYTHON, entry: ['-m', 'dray_entry'], onOutput },
    env: {
      ...{ DATABRICKS_RUNTIME_VERSION: '17.3', DRAY_NODE: process.execPath },
      PROMOS_DB_PASSWORD: world.postgres.password,
      DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
      ...armed(failpoints),
    },
  });

  beforeAll(async () => {
    await buildDist();
    world = await openWorld();
    source = await world.smallSource();
    const volumes = join(world.folder, 'volumes');
    await mkdir(join(volumes, 'main/jobs'), { recursive: true });
    await writeFile(join(volumes, WHEEL), 'what the twin runs is in its folder already');
    twin = await startDatabricksTwin({
      ...{ clock: systemClock, volumes },
      // The volumes are mounted elsewhere.
      execute: (argv, onOutput) =>
        runScript(
          argv.map((word) => word.replace(/^\/Volumes\//, `${volumes}/`)),
          options(onOutput),
        ),
    });
    twin.behaviour.stopMs = 0;
    place = {
      argv: () => ['databricks', '--settings', JSON.stringify(SETTINGS)],
      env: { DATABRICKS_HOST: twin.endpoint, DATABRICKS_TOKEN: twin.token },
      provider: 'DATABRICKS',
      says: { success: 'TERMINATED SUCCESS', failure: 'TERMINATED RUN_EXECUTION_ERROR' },
      arm(env) {
        failpoints = env;
      },
      execute: async (args) => await printedBy((onOutput) => runScript(args, options(onOutput))),
    };
  });
  afterAll(async () => {
    await twin[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  describeSubmitted('Databricks', () => ({ world, place, source }));

  it('raises in a notebook where the run has failed', async () => {
    const program = 'import dray_entry; dray_entry.notebook({"nope": "1"})';
    let printed = '';
    const run = runScript(['--version'], {
      ...options((text) => {
        printed += text;
      }),
      entry: ['-c', program],
    });
    expect(await run.ended).toBe(1);
    expect(printed).toContain('"service_provider":"DATABRICKS"');
    expect(printed).toContain('dray has ended with exit code 2');
  });

  it('keeps its promise when the submitter is killed between the call and its record', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const before = twin.runs.length;
    twin.fail('runs/submit', 'lost', 'failed', 'failed', 'failed');
    const first = submitTo(place, world, at, '--run-id', 'killed');
    await first.saw(/calling Databricks again with the same token/);
    first.child.kill('SIGKILL');
    await first.ended;
    twin.calm();
    const again = submitTo(place, world, at, '--run-id', 'killed', '--wait');
    const { code, line, stderr } = await again.ended;
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
    // What the task has printed is shown here.
    expect(stderr).toContain('"schema":"dray.result/1"');
    expect(twin.runs.length - before).toBe(1);
  });
});
