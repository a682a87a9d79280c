import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobError } from '../../core/errors.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { testClock } from '../twins/clock.ts';
import { APPLICATION, type ServerlessTwin, startServerlessTwin } from '../twins/emr-serverless.ts';
import { openTerminal, type Terminal } from './submit-desk.ts';

const SETTINGS = {
  application_id: APPLICATION,
  execution_role: 'arn:aws:iam::123456789012:role/promos',
  script_location: `s3://${BUCKET}/generic_entry.py`,
  archive: `s3://${BUCKET}/dray-emr-linux-x64.tar.gz`,
  result_prefix: `s3://${BUCKET}/results`,
};

(withoutMoto === '' ? describe : describe.skip)(`dray submit emr-serverless${withoutMoto}`, () => {
  let s3: TestS3;
  let twin: ServerlessTwin;
  let terminal: Terminal;
  const cli: Terminal['cli'] = (...given) => terminal.cli(...given);
  const submit: Terminal['submit'] = (...more) => terminal.submit(...more);

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    const clock = testClock();
    twin = await startServerlessTwin({ clock });
    process.env['AWS_ENDPOINT_URL_EMR_SERVERLESS'] = twin.endpoint;
    terminal = openTerminal(s3, 'emr-serverless', SETTINGS, clock);
  });
  afterEach(async () => {
    delete process.env['AWS_ENDPOINT_URL_EMR_SERVERLESS'];
    await twin[Symbol.asyncDispose]();
    terminal[Symbol.dispose]();
  });

  it('sends what the entry needs with the client token, and waits for the end', async () => {
    await terminal.leave('daily', 0);
    const { code, err } = await cli(submit('--run-id', 'daily', '--wait'));
    expect(err).toMatch(/PENDING \(SUBMITTED\)\n[^]*PENDING \(SCHEDULED\)\nRUNNING\nSUCCEEDED/);
    expect(code).toBe(0);
    const [run] = twin.runs;
    expect(run?.request).toMatchObject({
      clientToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      retryPolicy: { maxAttempts: 1 },
      configurationOverrides: {
        applicationConfiguration: [
          {
            classification: 'spark-defaults',
            properties: { 'spark.archives': `${SETTINGS.archive}#dray` },
          },
        ],
      },
      tags: { 'dray:run_id': 'daily', 'dray:attempt': '1' },
    });
    expect(run && twin.argumentsOf(run).join(' ')).toContain(
      '--service_provider EMR --run_id daily',
    );
  });

  it.each([
    ['SUCCESS', 4, 4, "EMR Serverless says SUCCESS, but the job's own line says exit code 4"],
    ['FAILED', 0, 0, "says FAILED: no memory left, but the job's own line says exit code 0"],
    ['SUCCESS', undefined, 3, 'which has left no result line'],
    ['FAILED', undefined, 1, 'no memory left'],
    ['CANCELLED', undefined, 143, 'EMR Serverless says CANCELLED'],
    ['NEW_STATE', undefined, 3, 'which dray does not know'],
  ])('tells the truth when EMR says %s and the line %s: %i', async (end, line, exit, says) => {
    Object.assign(twin.behaviour, { end, details: 'no memory left' });
    const runId = `${end}-${String(line)}`;
    if (line !== undefined) await terminal.leave(runId, line);
    const { code, err } = await cli(submit('--run-id', runId, '--wait'));
    expect(err).toContain(says);
    expect(code).toBe(exit);
  });

  it('asks EMR to stop a run at the first signal, gives it time, and waits for its end', async () => {
    twin.behaviour.runMs = 3_600_000;
    const first = new AbortController();
    const { code } = await cli(submit('--run-id', 'stopped', '--wait'), {
      signal: first.signal,
      onErr(text) {
        if (text.includes('RUNNING')) first.abort(new JobError('INTERRUPTED', 'stopped'));
      },
    });
    const [run] = twin.runs;
    expect([code, run && twin.stateOf(run), run?.graceS]).toEqual([143, 'CANCELLED', '60']);
  });

  it('cancels a run that has ended, or is being stopped, without an error', async () => {
    await cli(submit('--run-id', 'over'));
    terminal.clock.move(600_000);
    const { code, err } = await cli(['submissions', 'cancel', 'over']);
    expect([code, err]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
  });

  it.each([
    [{ application_id: 'nobody' }, 'SUBMIT_REFUSED', 'Application nobody does not exist'],
    [{ execution_role: 'promos' }, 'CONFIG_INVALID', 'the ARN of a role'],
    [{ execution_role: 'arn:aws:iam::123456789012:role/missing' }, 'SUBMIT_REFUSED', 'assumed'],
    [{ stop_grace_s: 5 }, 'CONFIG_INVALID', 'stop_grace_s'],
  ])('refuses %j', async (settings, code, says) => {
    const argv = submit('--run-id', 'bad', '--settings', JSON.stringify(settings));
    const { err, code: exit } = await cli(argv);
    expect(err).toContain(code);
    expect(err).toContain(says);
    expect([exit, twin.runs]).toEqual([2, []]);
  });

  it('waits for room, or says that there is none', async () => {
    twin.behaviour.mostRuns = 1;
    await cli(submit('--run-id', 'first'));
    const full = await cli(submit('--run-id', 'second'));
    expect([full.code, full.err]).toEqual([3, expect.stringContaining('PLATFORM_BUSY')]);
    const patient = await cli(
      submit('--run-id', 'third', '--settings', '{"wait_for_room_s": 600}'),
    );
    expect([patient.code, twin.runs.length]).toEqual([0, 2]);
  });

  it('is refused by EMR when another machine has sent the attempt with other settings, unseen', async () => {
    twin.behaviour.hiddenMs = 600_000;
    await cli(submit('--run-id', 'r'));
    const elsewhere = [
      '--store',
      join(terminal.folder, 'other.db'),
      '--settings',
      '{"jars": ["j"]}',
    ];
    const { code, err } = await cli(submit('--run-id', 'r', ...elsewhere));
    expect([code, err]).toEqual([2, expect.stringContaining('that of another request')]);
    expect(twin.runs).toHaveLength(1);
  });

  it('says that a run is lost when the application knows it no more', async () => {
    await cli(submit('--run-id', 'gone'));
    (twin.runs as unknown[]).pop();
    const { code, err } = await cli(['submissions', 'follow', 'gone']);
    expect([code, err]).toEqual([3, expect.stringContaining('REMOTE_LOST')]);
  });
});
