import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { fromWire } from '../../core/wire.ts';
import { compileDags } from '../../dags/compiler/compile.ts';
import { defineDag, type Statements } from '../../dags/define.ts';
import type { DagDefinition, NodeOptions } from '../../dags/model.ts';
import { choice } from '../../dags/param.ts';
import { cron } from '../../dags/schedule.ts';
import { bash, databricks, emr, glue } from '../../dags/target.ts';
import { runScript, type ScriptOptions } from '../../entry/twin/script.ts';
import type { ConfigOf } from '../../jobs/job.ts';
import { loadPromos } from '../../jobs/load-promos/job.ts';
import { type Execution, type GlueTwin, startGlueTwin } from '../../platforms/twins/glue.ts';
import { withoutMoto } from '../aws/moto.ts';
import { openAirflow, VERSIONS, withoutAirflow } from '../dags/airflow.ts';
import { type DatabricksTwin, startDatabricksTwin } from '../twins/databricks.ts';
import { runStep } from '../twins/driver.ts';
import { type EmrTwin, startEmrTwin } from '../twins/emr.ts';
import { buildDist } from './built.ts';
import { type Contents, contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const without = withoutAirflow + (withoutAirflow === '' ? withoutMoto : '');
const WEEK = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const AFTER_WEEK = '2017-06-12T00:00:00+00:00';
const SCRIPT = 's3://artifacts/generic_entry.py';
const WHEEL = '/Volumes/main/jobs/dray.whl';
const RETRIED: NodeOptions = { retries: 1, retryDelay: { seconds: 1 } };
const OFTEN = { poll: { seconds: 1 } };

interface Ran {
  readonly state: string;
  readonly interval: readonly string[];
  readonly tasks: Readonly<Record<string, readonly [state: string, tries: number]>>;
}

(without === '' ? describe : describe.skip)(`DAGs in a real Airflow${without}`, () => {
  let world: World;
  let glueTwin: GlueTwin;
  let emrTwin: EmrTwin;
  let workspace: DatabricksTwin;
  let printed = '';
  let source: string;
  let expected: Contents;
  let options: ScriptOptions;

  beforeAll(async () => {
    await buildDist();
    world = await openWorld();
    source = await world.smallSource();
    const here = await configFor('here');
    await world.run([...here.args, ...WEEK]);
    expected = await contentsOf(world, here);
    options = {
      root: ROOT,
      python: process.env['DRAY_TEST_MOTO'] ?? '',
      env: {
        DRAY_NODE: process.execPath,
        PROMOS_DB_PASSWORD: world.postgres.password,
        DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
        // The job runs on DuckDB: no Spark has to be started for it.
        ...{ DRAY_SPARK: 'off', SPARK_REMOTE: 'sc://127.0.0.1:1' },
      },
      onOutput(text) {
        printed += text;
      },
    };
    const env = { ...options.env, GLUE_VERSION: '5.0' };
    glueTwin = await startGlueTwin({
      clock: systemClock,
      execute: (_, argv) => failingFirst(argv, runScript(argv, { ...options, env })),
    });
    emrTwin = await startEmrTwin({
      clock: systemClock,
      execute: (args, id) => failingFirst(args, runStep(args, id, options)),
    });
    Object.assign(emrTwin.behaviour, { bootMs: 1_000, startMs: 100, stopMs: 100 });
    const volumes = join(world.folder, 'volumes');
    await mkdir(volumes);
    workspace = await startDatabricksTwin({
      ...{ clock: systemClock, volumes },
      execute: (argv, onOutput) =>
        failingFirst(
          argv,
          runScript(argv, {
            ...{ ...options, entry: ['-m', 'dray_entry'], onOutput },
            env: { ...options.env, DATABRICKS_RUNTIME_VERSION: '17.3' },
          }),
        ),
    });
    workspace.behaviour.stopMs = 0;
  });
  afterAll(async () => {
    await glueTwin[Symbol.asyncDispose]();
    await emrTwin[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  async function configFor(name: string): Promise<Prepared> {
    return await world.config(name, { source, set: { strategy_type: 'bulk' } });
  }

  /** A platform that says of each first try that it has failed, after the job has done all its work. */
  function failingFirst(argv: readonly string[], execution: Execution): Execution {
    const attempt = argv.findIndex((word) => word === '--attempt' || word.startsWith('--attempt='));
    const isFirst = argv[attempt] === '--attempt=1' || argv[attempt + 1] === '1';
    return {
      stop: execution.stop.bind(execution),
      ended: execution.ended.then((code) => (isFirst && code === 0 ? 3 : code)),
    };
  }

  /** The bundle, but for each first try, which is killed after its first commit. */
  async function flakyCommand(): Promise<string> {
    const file = join(world.folder, 'generic_entry');
    const failing = `DRAY_TEST_FAIL='delta:commit:after#1=kill' exec "${process.execPath}" "${ROOT}/test/e2e/failing-entry.ts" "$@"`;
    const bundle = `exec "${process.execPath}" "${ROOT}/dist/generic-entry.mjs" "$@"`;
    await writeFile(
      file,
      `#!/bin/sh\ncase "$*" in *"--attempt 1"*) ${failing};; esac\n${bundle}\n`,
    );
    await chmod(file, 0o755);
    return file;
  }

  async function dagsFor(version: string): Promise<{
    readonly dags: readonly DagDefinition[];
    readonly sinks: Readonly<Record<string, Prepared>>;
  }> {
    const name = (id: string) => `${id}_${version.replaceAll('.', '_')}`;
    const sinks: Record<string, Prepared> = {};
    const dags: DagDefinition[] = [];
    const mode = choice('mode', ['usual', 'other']);
    const command = await flakyCommand();
    const ways: Readonly<
      Record<string, (dag: Statements, config: ConfigOf<typeof loadPromos>) => void>
    > = {
      bash(dag, config) {
        const other = dag.task('other', {
          job: loadPromos,
          on: bash({ command: ['false'] }),
          config,
        });
        const env = { ...(options.env as Readonly<Record<string, string>>) };
        const on = bash({ command: [command], env });
        const load = dag.task('load', { job: loadPromos, on, config, ...RETRIED });
        dag.branch('choose', { on: mode, cases: { usual: load, other } });
        dag.join('done', { triggerRule: 'none_failed_min_one_success' }).after(load, other);
      },
      glue(dag, config) {
        const on = glue(
          { role: 'arn:aws:iam::123456789012:role/promos', scriptLocation: SCRIPT },
          OFTEN,
        );
        dag.task('load', { job: loadPromos, on, config, ...RETRIED });
      },
      databricks(dag, config) {
        // Waits in the triggerer.
        const wheels = [WHEEL];
        const on = databricks({ serverless: true, wheels }, { ...OFTEN, deferrable: true });
        dag.task('load', { job: loadPromos, on, config, ...RETRIED });
      },
      emr(dag, config) {
        const cluster = dag.emrCluster('cluster', { workers: 1 }, OFTEN);
        const on = emr({ scriptLocation: SCRIPT }, { cluster, ...OFTEN });
        dag.task('load', { job: loadPromos, on, config, ...RETRIED });
      },
    };
    for (const [way, write] of Object.entries(ways)) {
      const at = await configFor(name(way));
      sinks[way] = at;
      const config = fromWire(JSON.parse(await readFile(at.file, 'utf8'))).value;
      dags.push(
        defineDag(
          name(way),
          { schedule: cron('0 0 * * 1'), startDate: '2017-05-29', params: [mode] },
          (dag) => {
            write(dag, config as ConfigOf<typeof loadPromos>);
          },
        ),
      );
    }
    return { dags, sinks };
  }

  it.each(VERSIONS)(
    'on Airflow %s each platform loads the week of the schedule once, however often it is tried',
    async (version) => {
      const { dags, sinks } = await dagsFor(version);
      const folder = join(world.folder, `dags-${version}`);
      await mkdir(folder);
      for (const { id, python } of await compileDags(dags, ROOT)) {
        await writeFile(join(folder, `${id}.py`), python);
      }
      await using airflow = await openAirflow(version);
      const { hostname, port } = new URL(workspace.endpoint);
      const connection = {
        ...{ conn_type: 'databricks', host: hostname, port: Number(port), schema: 'http' },
        password: workspace.token,
      };
      const args = [folder, AFTER_WEEK, ...dags.map(({ id }) => id)];
      const ran = (await airflow.script('run_dags.py', 'RAN', args, {
        ...{ AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' },
        AWS_DEFAULT_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL_GLUE: glueTwin.endpoint,
        AWS_ENDPOINT_URL_EMR: emrTwin.endpoint,
        AIRFLOW_CONN_AWS_DEFAULT: 'aws://',
        AIRFLOW_CONN_DATABRICKS_DEFAULT: JSON.stringify(connection),
      })) as Readonly<Record<string, Ran>>;
      for (const { id } of dags) {
        expect([id, ran[id]?.state, ran[id]?.state === 'success' || printed]).toEqual([
          ...[id, 'success', true],
        ]);
        expect(ran[id]?.tasks['load']).toEqual(['success', 2]);
        expect(ran[id]?.interval.map((time) => time.slice(0, 10))).toEqual([WEEK[1], WEEK[3]]);
      }
      const found = Object.fromEntries(
        await Promise.all(
          Object.entries(sinks).map(
            async ([way, at]) => [way, await contentsOf(world, at)] as const,
          ),
        ),
      );
      expect(expected.unity).toMatch(/^[1-9]/);
      expect(found).toEqual(Object.fromEntries(Object.keys(sinks).map((way) => [way, expected])));
      const loads = await world.query('select * from public._dray_loads');
      for (const { table } of Object.values(sinks)) {
        const own = loads.filter((load) =>
          JSON.stringify(load).includes(table.split('.')[1] ?? ''),
        );
        expect(own).toHaveLength(1);
      }
      expect(ran[dags[0]?.id ?? '']?.tasks).toMatchObject({
        ...{ choose: ['success', 1], other: ['skipped', expect.anything()], done: ['success', 1] },
      });
      expect(emrTwin.clusters().at(-1)?.state).toMatch(/^TERMINAT/);
    },
  );
});
