import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkspaceClient } from '@databricks/sdk-experimental';
import { expect, it } from '@jest/globals';
import { testClock } from './clock.ts';
import { startDatabricksTwin } from './databricks.ts';

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
