import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkspaceClient } from '@databricks/sdk-experimental';
import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../core/wire.ts';
import { startRequest } from '../../platforms/databricks/request.ts';
import { databricksSettings } from '../../platforms/databricks/settings.ts';
import { testClock } from './clock.ts';
import { startDatabricksTwin } from './databricks.ts';
import { askPython, DATABRICKS_PYTHON, withoutDatabricks } from './python-clients.ts';

it("satisfies the client of Databricks' own SDK", async () => {
  const volumes = mkdtempSync(join(tmpdir(), 'dray-twin-'));
  const clock = testClock();
  await using twin = await startDatabricksTwin({ clock, volumes });
  const { jobs } = new WorkspaceClient({ host: twin.endpoint, token: twin.token });
  const notebook_task = { notebook_path: '/Shared/dray', base_parameters: { a: 'b' } };
  const request = {
    ...{ run_name: 'of the SDK', idempotency_token: 'once' },
    tasks: [{ task_key: 'a', existing_cluster_id: '0612-020000-abcdefgh', notebook_task }],
  };
  const { run_id: id = 0 } = await jobs.submit(request);
  expect((await jobs.submit(request)).run_id).toBe(id);
  expect(twin.runs.map(({ argv }) => argv)).toEqual([['--a', 'b']]);

  const pending = await jobs.getRun({ run_id: id });
  expect([pending.status?.state, pending.state?.life_cycle_state]).toEqual(['PENDING', 'PENDING']);
  await jobs.cancelRun({ run_id: id });
  clock.move(10_000);
  const { status, state, tasks } = await jobs.getRun({ run_id: id });
  expect(status).toMatchObject({
    ...{ state: 'TERMINATED', termination_details: { code: 'USER_CANCELED', type: 'SUCCESS' } },
  });
  expect(state).toMatchObject({ life_cycle_state: 'TERMINATED', result_state: 'CANCELED' });
  const output = await jobs.getRunOutput({ run_id: tasks?.[0]?.run_id ?? 0 });
  expect(output.metadata?.run_id).toBe(tasks?.[0]?.run_id);
  const names: unknown[] = [];
  for await (const run of jobs.listRuns({ limit: 5 })) names.push(run.run_name);
  expect(names).toEqual(['of the SDK']);
  await expect(jobs.getRun({ run_id: 1 })).rejects.toThrow('Run 1 does not exist');
  rmSync(volumes, { recursive: true });
});

const WHEELS = ['/Volumes/main/jobs/dray_entry.whl', '/Volumes/main/jobs/dray_duckdb.whl'];
const CLUSTER = { spark_version: '17.3.x-scala2.13', node_type_id: 'm6id.large' };

/** What dray sends for each kind of task and compute. */
function requests(): readonly Readonly<Record<string, unknown>>[] {
  const autoscale = { min_workers: 1, max_workers: 8 };
  const options = { spark_env_vars: { A: 'b' }, spark_conf: { 'spark.a': 'b' } };
  const all = [
    { existing_cluster_id: 'c', wheels: WHEELS, run_as_service_principal: 'promos' },
    { serverless: true, wheels: WHEELS, queue: false },
    { serverless: true, notebook_path: '/Shared/dray' },
    { new_cluster: { ...CLUSTER, autoscale, tags: { a: 'b' }, options }, wheels: WHEELS },
    {
      new_cluster: { ...CLUSTER, single_node: true },
      wheels: WHEELS,
      python_file: '/Volumes/a.py',
    },
  ];
  const args = [['run_id', 'r'], ['force']] as const;
  const submission = { runId: 'r', attempt: 1, job: 'load_promos', token: 'a'.repeat(64), args };
  return all.map((settings) => {
    const { body } = startRequest(parseConfig(databricksSettings, settings), submission);
    return body as unknown as Readonly<Record<string, unknown>>;
  });
}

/** The first task of a request, changed. */
function broken(
  request: Readonly<Record<string, unknown>> | undefined,
  change: object,
): Readonly<Record<string, unknown>> {
  const [task] = request?.['tasks'] as readonly object[];
  return { ...request, tasks: [{ ...task, ...change }] };
}

(withoutDatabricks === '' ? describe : describe.skip)(
  `the Python packages of Databricks${withoutDatabricks}`,
  () => {
    it('are satisfied by the twin (databricks-sdk), and by the requests of dray (databricks-bundles)', async () => {
      const volumes = mkdtempSync(join(tmpdir(), 'dray-twin-'));
      await using twin = await startDatabricksTwin({ clock: testClock(), volumes });
      const sound = requests();
      const bad = [
        { ...sound[0], runname: 'r' },
        broken(sound[0], { python_wheel_tsk: {} }),
        broken(sound[0], { python_wheel_task: { package_name: 'dray_entry' } }),
        broken(sound[3], { new_cluster: { ...CLUSTER, num_workers: 'many' } }),
      ];
      const { endpoint, token } = twin;
      const given = { endpoint, token, requests: [...sound, ...bad] };
      expect(await askPython(DATABRICKS_PYTHON, 'databricks-clients.py', given)).toEqual({
        problems: [
          ...sound.map(() => []),
          [expect.stringContaining("Unexpected field 'runname'")],
          [expect.stringContaining("Unexpected field 'python_wheel_tsk'")],
          [expect.stringContaining("'entry_point'")],
          [expect.stringContaining("'many'")],
        ],
        states: [true, 'PENDING', 'dray', ['of Python'], ['TERMINATING', 'USER_CANCELED'], true],
        errors: new Array(3).fill('INVALID_PARAMETER_VALUE'),
      });
      rmSync(volumes, { recursive: true });
    });
  },
);
