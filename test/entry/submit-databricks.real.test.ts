import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JobError } from '../../core/errors.ts';
import type { DatabricksTwin } from '../twins/databricks.ts';
import type { Cli } from './cli.ts';
import { type DatabricksDesk, openDatabricksDesk } from './databricks-desk.ts';
import { CONFIG } from './submit-desk.ts';

const WINDOW = ['--from', '2017-06-05', '--to', '2017-06-12'];

describe('dray submit databricks', () => {
  let desk: DatabricksDesk;
  let twin: DatabricksTwin;

  beforeEach(async () => {
    desk = await openDatabricksDesk();
    ({ twin } = desk);
  });
  afterEach(async () => {
    await desk[Symbol.asyncDispose]();
  });

  const cli: Cli = (...given) => desk.cli(...given);
  const submit: DatabricksDesk['submit'] = (...more) => desk.submit(...more);
  const leave: DatabricksDesk['leave'] = (...given) => {
    desk.leave(...given);
  };
  const settled = (change: object) => ['--settings', JSON.stringify(change)];

  it('sends what the entry needs, shows every state and the log, and ends as the run does', async () => {
    leave('daily', 0);
    twin.behaviour.waits = [
      ['BLOCKED', 3_000],
      ['QUEUED', 10_000],
      ['PENDING', 60_000],
      ['WAITING', 3_000],
    ];
    twin.behaviour.stopMs = 20_000;
    twin.behaviour.logs = 'reading\nloading\n';
    const { code, out, err } = await cli(
      submit(...WINDOW, '--run-id', 'daily', '--wait', '--json', '--force'),
    );
    expect(err).toMatch(
      /PENDING \(QUEUED\): waiting for other runs\n[^]*RUNNING\nSTOPPING \(TERMINATING SUCCESS\)\nreading\nloading\nSUCCEEDED \(TERMINATED SUCCESS\)\n/,
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ...{ state: 'ENDED', remote_state: 'SUCCEEDED', exit_code: 0 },
      ...{ platform: 'databricks', remote_id: String(twin.runs[0]?.id) },
      result: { run_id: 'daily' },
    });
    expect(twin.runs[0]?.argv).toEqual([
      ...['--module_name', 'load_promos', '--load_promos_job', JSON.stringify(CONFIG)],
      ...['--start_date', '2017-06-05', '--end_date', '2017-06-12', '--created_by', 'dray'],
      ...['--service_provider', 'DATABRICKS', '--run_id', 'daily', '--attempt', '1'],
      ...['--result', '/Volumes/main/jobs/results/daily.1.json'],
      ...['--telemetry', '/Volumes/main/jobs/results/daily.1.telemetry', '--force'],
    ]);
  });

  it('prints the request and sends nothing, without a workspace', async () => {
    Object.assign(desk.env, { DATABRICKS_HOST: '', DATABRICKS_TOKEN: '' });
    const { code, out, err } = await cli(submit('--run-id', 'shown', '--print'));
    expect([code, err]).toEqual([0, 'nothing was sent\n']);
    expect(JSON.parse(out)).toEqual([
      {
        operation: '/api/2.2/jobs/runs/submit',
        body: expect.objectContaining({
          run_name: expect.stringMatching(/^load_promos shown #1 \[dray [0-9a-f]{16}\]$/),
          idempotency_token: expect.stringMatching(/^[0-9a-f]{64}$/),
        }),
      },
    ]);
    expect(twin.runs).toHaveLength(0);
  });

  it.each([
    [
      'SUCCESS',
      4,
      4,
      "Databricks says TERMINATED SUCCESS, but the job's own line says exit code 4",
    ],
    ['RUN_EXECUTION_ERROR', 0, 0, "but the job's own line says exit code 0"],
    ['RUN_EXECUTION_ERROR', 3, 3, 'exit code 3'],
    ['SUCCESS', undefined, 3, 'which has left no result line'],
    ['RUN_EXECUTION_ERROR', undefined, 1, 'the task says why'],
    ['LIBRARY_INSTALLATION_ERROR', undefined, 1, 'LIBRARY_INSTALLATION_ERROR'],
    ['CANCELED', undefined, 3, 'CANCELED'],
    ['INTERNAL_ERROR', undefined, 3, 'INTERNAL_ERROR'],
    ['CLUSTER_ERROR', undefined, 3, 'CLUSTER_ERROR'],
    ['MAX_CONCURRENT_RUNS_EXCEEDED', undefined, 3, 'MAX_CONCURRENT_RUNS_EXCEEDED'],
    ['USER_CANCELED', undefined, 143, 'USER_CANCELED'],
    ['NEWER_THAN_DRAY', undefined, 1, 'NEWER_THAN_DRAY'],
  ])(
    'tells the truth when Databricks says %s and the line %s: %i',
    async (end, line, exit, says) => {
      Object.assign(twin.behaviour, { end, error: 'the task says why' });
      if (line !== undefined) leave('r', line);
      const { code, err } = await cli(submit('--run-id', 'r', '--wait'));
      expect(err).toContain(says);
      expect(code).toBe(exit);
    },
  );

  it.each([
    ['SUCCESS', 0, 0],
    ['RUN_EXECUTION_ERROR', undefined, 1],
    ['CANCELED', undefined, 3],
    ['MAX_CONCURRENT_RUNS_EXCEEDED', undefined, 3],
    ['USER_CANCELED', undefined, 143],
  ])('understands a workspace that has no status: %s', async (end, line, exit) => {
    Object.assign(twin.behaviour, { end, speaks: 'state' });
    if (line !== undefined) leave('r', line);
    expect((await cli(submit('--run-id', 'r', '--wait'))).code).toBe(exit);
  });

  it('starts one run when an answer is lost, and knows it again', async () => {
    twin.fail('runs/submit', 'lost', 'throttled');
    const { err } = await cli(submit('--run-id', 'again'));
    expect(err).toContain('calling Databricks again with the same token');
    expect((await cli(submit('--run-id', 'again', '--wait'))).err).toContain('SUCCEEDED');
    expect((await cli(submit('--run-id', 'again', '--wait'))).err).toContain('has ended');
    expect(twin.runs).toHaveLength(1);
  });

  it('gives a retry a token of its own: the old run is not taken for it', async () => {
    twin.behaviour.end = 'RUN_EXECUTION_ERROR';
    await cli(submit('--run-id', 'r', '--wait'));
    twin.behaviour.end = 'SUCCESS';
    leave('r', 0, 2);
    expect((await cli(submit('--run-id', 'r', '--retry', '--wait'))).code).toBe(0);
    expect(twin.runs.map(({ argv }) => argv[argv.indexOf('--attempt') + 1])).toEqual(['1', '2']);
  });

  it('finds the run of a call that nobody has seen the answer of, to cancel it, and starts none', async () => {
    twin.behaviour.hiddenMs = 10_000;
    twin.behaviour.runMs = 3_600_000;
    await cli(submit('--run-id', 'other'));
    // The submitter gives up with the run unknown to it.
    twin.fail('runs/submit', ...new Array<'lost'>(8).fill('lost'));
    expect((await cli(submit('--run-id', 'lost'))).err).toContain('SUBMIT_UNCERTAIN');
    const { code, err } = await cli(['submissions', 'cancel', 'lost']);
    expect([code, err]).toEqual([0, expect.stringContaining('CANCELLED')]);
    expect(twin.runs.map((run) => twin.stateOf(run)[1])).toEqual([undefined, 'USER_CANCELED']);
  });

  it('does not take a refusal for the answer to the call before it', async () => {
    twin.behaviour.runMs = 3_600_000;
    twin.fail('runs/submit', 'lost', ...new Array<'throttled'>(6).fill('throttled'));
    const { code, err } = await cli(submit('--run-id', 'open'));
    expect([code, err]).toEqual([3, expect.stringContaining('429 RESOURCE_EXHAUSTED')]);
    await cli(['submissions', 'cancel', 'open']);
    expect(twin.runs.map((run) => twin.stateOf(run)[1])).toEqual(['USER_CANCELED']);
  });

  it('finds a run of a job that is there by its argument', async () => {
    twin.jobs.set(7, { name: 'nightly promotions' });
    twin.behaviour.runMs = 3_600_000;
    desk.set({ job_id: 7 });
    for (const job_takes of ['python_params', 'notebook_params', 'job_parameters']) {
      twin.fail('run-now', ...new Array<'lost'>(8).fill('lost'));
      await cli(submit('--run-id', job_takes, ...settled({ job_takes })));
      const { err } = await cli(['submissions', 'cancel', job_takes]);
      expect(err).toContain('CANCELLED');
    }
    expect(twin.runs.map((run) => twin.stateOf(run)[1])).toEqual(
      new Array(3).fill('USER_CANCELED'),
    );
  });

  it('asks Databricks to stop a run at the first signal and waits for that', async () => {
    twin.behaviour.runMs = 3_600_000;
    const first = new AbortController();
    const { code, err } = await cli(submit('--run-id', 'stopped', '--wait'), {
      signal: first.signal,
      onErr(text) {
        if (text.includes('RUNNING')) first.abort(new JobError('INTERRUPTED', 'stopped'));
      },
    });
    expect(err).toContain('asking Databricks to stop');
    expect(code).toBe(143);
    expect(twin.runs.map((run) => twin.stateOf(run)[0])).toEqual(['TERMINATED']);
  });

  it('ends a run for real at 20 moments of its life', async () => {
    twin.behaviour.waits = [
      ['QUEUED', 10_000],
      ['PENDING', 20_000],
    ];
    twin.behaviour.stopMs = 15_000;
    for (let moment = 0; moment < 20; moment++) {
      const runId = `moment-${String(moment)}`;
      await cli(submit('--run-id', runId));
      desk.clock.move(moment * 4_000);
      if (moment % 3 === 0) twin.fail('runs/cancel', 'lost', 'throttled');
      if (moment % 4 === 0) twin.fail('runs/get', 'failed', 'cut');
      const { code, err } = await cli(['submissions', 'cancel', runId, '--within', '60']);
      expect([code, err]).toEqual([0, expect.stringMatching(/has ended: (CANCELLED|SUCCEEDED)/)]);
    }
    const ends = twin.runs.map((run) => twin.stateOf(run));
    expect(new Set(ends.map(([state]) => state))).toEqual(new Set(['TERMINATED']));
    // 60 s after its start a run is done by itself.
    expect(ends.map(([, code]) => code)).toEqual(
      Array.from({ length: 20 }, (_, moment) => (moment < 15 ? 'USER_CANCELED' : 'SUCCESS')),
    );
  });

  it('fences what Databricks does not confirm in time', async () => {
    twin.behaviour.runMs = 3_600_000;
    twin.behaviour.stopMs = 600_000;
    await cli(submit('--run-id', 'slow'));
    const late = await cli(['submissions', 'cancel', 'slow', '--within', '60']);
    expect([late.code, late.err]).toEqual([3, expect.stringContaining('STOP_UNCONFIRMED')]);
    await cli(submit('--run-id', 'slow', '--retry'));
    expect(twin.runs).toHaveLength(2);
  });
});
