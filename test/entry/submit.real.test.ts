import { writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobError } from '../../core/errors.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import type { GlueTwin } from '../../platforms/twins/glue.ts';
import { CONFIG, type Desk, openDesk, SETTINGS } from './submit-desk.ts';

const forever = new AbortController().signal;
const WINDOW = ['--from', '2017-06-05', '--to', '2017-06-12'];

(withoutMoto === '' ? describe : describe.skip)(`dray submit glue${withoutMoto}`, () => {
  let s3: TestS3;
  let desk: Desk;
  let twin: GlueTwin;
  const cli: Desk['cli'] = (...given) => desk.cli(...given);
  const submit: Desk['submit'] = (...more) => desk.submit(...more);
  const leave: Desk['leave'] = (...given) => desk.leave(...given);
  const sentArguments = () => desk.sentArguments();

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    desk = await openDesk(s3);
    ({ twin } = desk);
  });
  afterEach(async () => {
    await desk[Symbol.asyncDispose]();
  });

  it('sends what the entry needs, waits for the end, and ends with the exit code of the run', async () => {
    await leave('daily', 0);
    const { code, out, err } = await cli(
      submit(...WINDOW, '--run-id', 'daily', '--wait', '--json', '--force'),
    );
    expect(err).toMatch(/PENDING \(STARTING\)\n[^]*RUNNING\nSUCCEEDED\n/);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ...{ schema: 'dray.submission/1', run_id: 'daily', attempt: 1, state: 'ENDED' },
      ...{ remote_state: 'SUCCEEDED', exit_code: 0, remote_id: twin.runs[0]?.id },
      window: { start_date: '2017-06-05', end_date: '2017-06-12' },
    });
    const given = sentArguments();
    expect(JSON.parse(given['--load_promos_job'] ?? '')).toEqual(CONFIG);
    expect(given).toMatchObject({
      ...{ '--module_name': 'load_promos', '--run_id': 'daily', '--attempt': '1' },
      ...{ '--start_date': '2017-06-05', '--end_date': '2017-06-12', '--force': 'true' },
      '--service_provider': 'GLUE',
      '--result': `s3://${BUCKET}/results/daily.1.json`,
      '--telemetry': `s3://${BUCKET}/results/daily.1.telemetry`,
      '--dray_token': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(twin.jobs.get('dray-load-promos')).toMatchObject({
      ...{ Role: SETTINGS.role, GlueVersion: '5.0', WorkerType: 'G.1X', NumberOfWorkers: 2 },
      ...{ MaxRetries: 0, ExecutionProperty: { MaxConcurrentRuns: 50 } },
    });
  });

  it('prints the requests and sends nothing', async () => {
    const { code, out, err } = await cli(submit('--run-id', 'shown', '--print'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      { operation: 'CreateJob', body: expect.objectContaining({ Name: 'dray-load-promos' }) },
      {
        operation: 'StartJobRun',
        body: {
          JobName: 'dray-load-promos',
          Arguments: expect.objectContaining({ '--run_id': 'shown' }),
        },
      },
    ]);
    expect(err).toContain('nothing was sent');
    expect([twin.done, (await cli(['submissions', 'list'])).err]).toEqual([
      [],
      'nothing was submitted from here yet\n',
    ]);
  });

  it('shows no secret of the config, keeps none, and warns of those that it has to send', async () => {
    const properties = { user: 'loader', password: 'geheim-123' };
    const jdbc = { jdbc_url: 'jdbc:postgresql://db/dw', table: 'public.promos', properties };
    const loader = { strategy: 'POSTGRES', ...jdbc };
    const config = JSON.stringify({ ...CONFIG, redshift_loader_config: loader });
    writeFileSync(join(desk.folder, 'config.json'), config);
    const shown = await cli(submit('--run-id', 'secret', '--print'));
    const [, start] = JSON.parse(shown.out) as [unknown, { body: { Arguments: object } }];
    const { '--load_promos_job': sealed = '' } = start.body.Arguments as Record<string, string>;
    expect(sealed).toContain('***');
    expect(shown.err).toContain('secrets of the config are shown as ***');
    const sent = await cli(submit('--run-id', 'secret'));
    expect(sent.err).toContain('write it as secret://');
    const kept = await cli(['submissions', 'show', 'secret', '--json']);
    expect(kept.out).not.toContain('geheim');
    expect(shown.out).not.toContain('geheim');
  });

  it('puts a config that is too long for arguments beside the results, and only when it sends', async () => {
    const source = { ...CONFIG.extractor_config, source_table: `/data/${'x'.repeat(12_000)}` };
    const config = { ...CONFIG, extractor_config: source };
    writeFileSync(join(desk.folder, 'config.json'), JSON.stringify(config));
    const objects = async () => await s3.openStorage(SETTINGS.result_prefix).list('', forever);
    const before = await objects();
    const shown = await cli(submit('--run-id', 'long', '--print'));
    expect(shown.out).toMatch(/"@s3:[^"]+results\/config-[0-9a-f]{64}\.json#sha256=[0-9a-f]{64}"/);
    expect(await objects()).toEqual(before);
    await cli(submit('--run-id', 'long'));
    const [, uri = ''] = /^@(.+)#sha256=/.exec(sentArguments()['--load_promos_job'] ?? '') ?? [];
    expect(shown.out).toContain(uri);
    const bytes = await s3.openStorage(posix.dirname(uri)).read(posix.basename(uri), forever);
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(config);
  });

  it.each([
    ['SUCCEEDED', 4, 4, "Glue says SUCCEEDED, but the job's own line says exit code 4"],
    ['FAILED', 0, 0, "Glue says FAILED, but the job's own line says exit code 0"],
    ['FAILED', 3, 3, 'exit code 3'],
    ['SUCCEEDED', undefined, 3, 'which has left no result line'],
    ['FAILED', undefined, 1, 'Glue says FAILED of run'],
    ['TIMEOUT', undefined, 3, 'Glue says TIMEOUT'],
    ['ERROR', undefined, 3, 'Glue says ERROR'],
    ['EXPIRED', undefined, 3, 'Glue says EXPIRED'],
    ['STOPPED', undefined, 143, 'Glue says STOPPED'],
    ['NEW_STATE', undefined, 3, 'which dray does not know'],
  ])('tells the truth when Glue says %s and the line %s: %i', async (end, line, exit, says) => {
    twin.behaviour.end = end;
    const runId = `${end}-${String(line)}`;
    if (line !== undefined) await leave(runId, line);
    const { code, err } = await cli(submit('--run-id', runId, '--wait'));
    expect(err).toContain(says);
    expect(code).toBe(exit);
  });

  it('takes no result line of another attempt for its own', async () => {
    await leave('other', 0, 2);
    const { code } = await cli(submit('--run-id', 'other', '--wait'));
    expect(code).toBe(3);
  });

  it('knows the run again: adopts it while it is open, tells its end after that', async () => {
    await cli(submit('--run-id', 'again'));
    const other = await cli(submit('--run-id', 'again', '--wait'));
    expect(other.err).toContain('SUCCEEDED');
    expect((await cli(submit('--run-id', 'again', '--wait'))).err).toContain('has ended');
    expect(twin.runs).toHaveLength(1);
  });

  it('tells retry, rerun and repair apart', async () => {
    twin.behaviour.end = 'FAILED';
    await cli(submit(...WINDOW, '--run-id', 'r', '--wait'));
    expect((await cli(submit('--run-id', 'r', '--retry', '--repair'))).err).toContain('exclude');
    expect((await cli(submit('--run-id', 'r', '--repair', '--force'))).code).toBe(2);

    await cli(submit('--run-id', 'r', '--retry'));
    expect(sentArguments()).toMatchObject({ '--run_id': 'r', '--attempt': '2' });
    expect(sentArguments()['--start_date']).toBe('2017-06-05');
    // Attempt 2 has not ended: a third one would work beside it.
    const third = await cli(submit('--run-id', 'r', '--retry', '--wait'));
    expect(third.err).toContain('attempt 2 of "r" has not ended: going on with it');
    expect(twin.runs).toHaveLength(2);

    twin.behaviour.end = 'SUCCEEDED';
    await leave('r', 0, 3);
    expect((await cli(submit('--run-id', 'r', '--repair', '--wait'))).code).toBe(0);
    expect(sentArguments()).toMatchObject({ '--run_id': 'r', '--attempt': '3' });
    const done = await cli(submit('--run-id', 'r', '--retry'));
    expect([done.code, done.err]).toEqual([2, expect.stringContaining('run "r" has completed')]);

    await cli(submit('--rerun', 'r'));
    expect(sentArguments()).toMatchObject({ '--run_id': 'r.rerun-1', '--attempt': '1' });
    await cli(submit('--rerun', 'r', '--wait'));
    expect(twin.runs).toHaveLength(4);
    await cli(submit('--rerun', 'r'));
    expect(sentArguments()).toMatchObject({
      '--run_id': 'r.rerun-2',
      '--start_date': '2017-06-05',
    });
  });

  it('asks Glue to stop a run at the first signal and waits for that', async () => {
    twin.behaviour.runMs = 3_600_000;
    const first = new AbortController();
    const { code, err } = await cli(submit('--run-id', 'stopped', '--wait'), {
      signal: first.signal,
      onErr(text) {
        if (text.includes('RUNNING')) first.abort(new JobError('INTERRUPTED', 'stopped'));
      },
    });
    expect(err).toContain('asking Glue to stop jr_');
    expect(code).toBe(143);
    expect(twin.runs.map((run) => twin.stateOf(run))).toEqual(['STOPPED']);
  });

  it('leaves the run alone at the second signal and says how to come back', async () => {
    twin.behaviour.runMs = 3_600_000;
    twin.behaviour.stopMs = 60_000;
    const first = new AbortController();
    const { code, err } = await cli(submit('--run-id', 'left', '--wait'), {
      signal: first.signal,
      onErr(text, second) {
        if (text.includes('RUNNING')) first.abort(new JobError('INTERRUPTED', 'stopped'));
        if (text.includes('once more'))
          setImmediate(() => {
            second.abort();
          });
      },
    });
    expect(err).toContain('dray submissions follow left waits again');
    expect(code).toBe(130);
    const back = await cli(['submissions', 'follow', 'left']);
    expect([back.code, twin.runs.length]).toEqual([143, 1]);
  });

  it('cancels, and fences what Glue does not confirm in time', async () => {
    twin.behaviour.runMs = 3_600_000;
    twin.behaviour.stopMs = 600_000;
    await cli(submit('--run-id', 'slow'));
    const late = await cli(['submissions', 'cancel', 'slow', '--within', '60']);
    expect(late.code).toBe(3);
    expect(late.err).toContain('STOP_UNCONFIRMED');
    expect(late.err).toContain('STOPPING after 60 s');
    // Fenced: now the next attempt may be sent.
    await cli(submit('--run-id', 'slow', '--retry'));
    expect(sentArguments()).toMatchObject({ '--attempt': '2' });
    twin.behaviour.stopMs = 1_000;
    expect((await cli(['submissions', 'show', 'slow'])).out).toMatch(/fenced +2017-06-12/);
    expect((await cli(['submissions', 'show', 'slower'])).err).toContain('did you mean "slow"?');
  });

  it('cancels what was never sent without a call', async () => {
    await cli(submit('--run-id', 'unsent', '--settings', '{"role": "missing"}'));
    const { code, err } = await cli(['submissions', 'cancel', 'unsent']);
    expect([code, err]).toEqual([0, expect.stringContaining('cancelled before it was sent')]);
    expect(twin.runs).toHaveLength(0);
  });

  it.each([
    [['--settings', '{"role": "missing"}'], 'SUBMIT_REFUSED', 'Role should not be null'],
    [['--settings', '{"worker_typ": "G.1X"}'], 'CONFIG_INVALID', 'did you mean "worker_type"?'],
    [['--settings', '{"worker_typ": "G.1X"}'], 'CONFIG_INVALID', 'docs/submit.md has every key'],
    [['--settings', '/no/settings.json'], 'CONFIG_INVALID', '--settings: "/no/settings.json"'],
    [['--settings', '{"manage_job": false}'], 'SUBMIT_REFUSED', 'there is no Glue job'],
    [['--env', 'pro'], 'CONFIG_INVALID', 'did you mean "prod"?'],
    [['--env', 'prod'], 'CONFIG_INVALID', 'the settings for Glue have no "role"'],
    [['--from', '2017-06-05'], 'WINDOW_INVALID', ''],
    [['--run-id', 'nobody', '--retry'], 'RUN_UNKNOWN', 'nobody has submitted'],
    [['--config', '{"extractor_config": {}}'], 'CONFIG_INVALID', 'extractor_config'],
  ])('refuses %j', async (more, code, says) => {
    const overridden = more[0] === '--env' || more[0] === '--config';
    const base = submit('--run-id', 'bad');
    const at = base.indexOf(more[0] ?? '');
    const argv = overridden ? base.toSpliced(at, 2, ...more) : [...base, ...more];
    const argvOnce = more.includes('nobody') ? [...submit(), ...more] : argv;
    const { err, code: exit } = await cli(argvOnce);
    expect(err).toContain(code);
    expect(err).toContain(says);
    expect(exit).toBe(2);
    expect(twin.runs).toHaveLength(0);
  });

  it('waits for room, or says that there is none', async () => {
    const one = { ...SETTINGS, max_concurrent_runs: 1 };
    await cli(submit('--run-id', 'first', '--settings', JSON.stringify(one)));
    const full = await cli(submit('--run-id', 'second', '--settings', JSON.stringify(one)));
    expect([full.code, full.err]).toEqual([3, expect.stringContaining('PLATFORM_BUSY')]);
    const patient = JSON.stringify({ ...one, wait_for_room_s: 600 });
    expect((await cli(submit('--run-id', 'third', '--settings', patient))).code).toBe(0);
    expect(sentArguments()).toMatchObject({ '--run_id': 'third' });
  });

  it('leaves a Glue job that others have made as it is', async () => {
    const { GlueClient, CreateJobCommand } = await import('@aws-sdk/client-glue');
    const client = new GlueClient({ region: 'eu-central-1', endpoint: twin.endpoint });
    const Command = { Name: 'glueetl', ScriptLocation: 's3://other/script.py' };
    await client.send(new CreateJobCommand({ Name: 'dray-load-promos', Role: 'r', Command }));
    const refused = await cli(submit('--run-id', 'a'));
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining('was not made by dray'),
    ]);
    const taken = await cli(submit('--run-id', 'a', '--settings', '{"manage_job": false}'));
    expect(taken.code).toBe(0);
    expect(twin.jobs.get('dray-load-promos')).toMatchObject({ Command });
  });

  it('updates its own Glue job when the settings have changed, and only then', async () => {
    await cli(submit('--run-id', 'u1'));
    await cli(submit('--run-id', 'u2'));
    expect(twin.done).not.toContain('UpdateJob');
    await cli(submit('--run-id', 'u3', '--settings', '{"workers": 5}'));
    expect(twin.jobs.get('dray-load-promos')).toMatchObject({ NumberOfWorkers: 5 });
  });
});
