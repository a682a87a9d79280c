import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobError } from '../../core/errors.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { testClock } from '../twins/clock.ts';
import { type EmrTwin, startEmrTwin } from '../twins/emr.ts';
import { CONFIG, openTerminal, type Terminal } from './submit-desk.ts';

const WINDOW = ['--from', '2017-06-05', '--to', '2017-06-12'];
const ARCHIVE = `s3://${BUCKET}/dray-emr-linux-x64.tar.gz`;
const SETTINGS = {
  script_location: `s3://${BUCKET}/generic_entry.py`,
  archive: ARCHIVE,
  result_prefix: `s3://${BUCKET}/results`,
};

(withoutMoto === '' ? describe : describe.skip)(`dray submit emr${withoutMoto}`, () => {
  let s3: TestS3;
  let twin: EmrTwin;
  let terminal: Terminal;
  /** Of the cluster that is there. */
  let id: string;
  const cli: Terminal['cli'] = (...given) => terminal.cli(...given);
  const submit: Terminal['submit'] = (...more) => terminal.submit(...more);
  /** A run with a cluster of its own. */
  const submitOwn = (cluster: object, ...more: readonly string[]) => {
    const settings = JSON.stringify({ ...SETTINGS, cluster });
    const base = submit().map((word) => (word === 'dev' ? 'prod' : word));
    return [...base, '--settings', settings, ...more];
  };

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    const clock = testClock();
    twin = await startEmrTwin({ clock });
    process.env['AWS_ENDPOINT_URL_EMR'] = twin.endpoint;
    ({ id } = twin.addCluster());
    terminal = openTerminal(s3, 'emr', { ...SETTINGS, cluster_id: id }, clock);
  });
  afterEach(async () => {
    delete process.env['AWS_ENDPOINT_URL_EMR'];
    await twin[Symbol.asyncDispose]();
    terminal[Symbol.dispose]();
  });

  it('sends a step to the cluster that is there, its driver on the primary node, and waits for its end', async () => {
    await terminal.leave('daily', 0);
    const more = [...WINDOW, '--run-id', 'daily', '--wait', '--json', '--force'];
    const { code, out, err } = await cli(submit(...more));
    expect(err).toMatch(/PENDING\nRUNNING\nSUCCEEDED \(COMPLETED\)\n/);
    expect(code).toBe(0);
    const [step] = twin.steps();
    expect(JSON.parse(out)).toMatchObject({
      ...{ run_id: 'daily', state: 'ENDED', remote_state: 'SUCCEEDED', exit_code: 0 },
      remote_id: step?.id,
    });
    expect(step?.config['Name']).toMatch(/^dray load_promos [0-9a-f]{64}$/);
    expect(step?.config['ActionOnFailure']).toBe('CONTINUE');
    const { args = [] } = step ?? {};
    expect(args.slice(0, 2)).toEqual(['bash', '-c']);
    const from = args.indexOf('--deploy-mode');
    expect(args.slice(from - 1, from + 3)).toEqual([
      ...[ARCHIVE, '--deploy-mode', 'client', SETTINGS.script_location],
    ]);
    expect(args.join(' ')).toContain(
      '--start_date 2017-06-05 --end_date 2017-06-12 --created_by dray --service_provider EMR --run_id daily --attempt 1',
    );
    expect(args).toContain('--force');
  });

  it('makes a cluster for the run, which ends with it', async () => {
    await terminal.leave('own', 0);
    const actions = [{ name: 'certificates', path: `s3://${BUCKET}/setup.sh`, args: ['-v'] }];
    const cluster = {
      ...{ bootstrap_actions: actions, workers: 4, spot: true, tags: { team: 'promos' } },
      configurations: [{ classification: 'spark', properties: { maximizeResources: 'true' } }],
    };
    const { code, err } = await cli(submitOwn(cluster, '--run-id', 'own', '--wait'));
    expect(err).toMatch(/PENDING \(STARTING\)\nPENDING \(BOOTSTRAPPING\)\n[^]*RUNNING\nSUCCEEDED/);
    expect(code).toBe(0);
    terminal.clock.move(60_000);
    const made = twin.clusters().at(-1);
    expect(made?.state).toBe('TERMINATED');
    expect(made?.request).toMatchObject({
      Name: expect.stringMatching(/^dray load_promos [0-9a-f]{64}$/),
      Instances: {
        KeepJobFlowAliveWhenNoSteps: false,
        InstanceGroups: [
          { InstanceRole: 'MASTER', Market: 'ON_DEMAND', InstanceCount: 1 },
          { InstanceRole: 'CORE', Market: 'SPOT', InstanceCount: 4 },
        ],
      },
      BootstrapActions: [
        { Name: 'certificates', ScriptBootstrapAction: { Path: actions[0]?.path, Args: ['-v'] } },
      ],
      Configurations: [{ Classification: 'spark', Properties: { maximizeResources: 'true' } }],
      Tags: [
        { Key: 'team', Value: 'promos' },
        { Key: 'dray:run_id', Value: 'own' },
        { Key: 'dray:attempt', Value: '1' },
      ],
    });
    const [step] = made?.steps ?? [];
    expect(step?.args.slice(0, 9)).toEqual([
      ...['spark-submit', '--deploy-mode', 'cluster', '--archives', `${ARCHIVE}#dray`],
      ...['--conf', 'spark.yarn.maxAppAttempts=1'],
      ...['--conf', 'spark.yarn.submit.waitAppCompletion=true'],
    ]);
  });

  it('prints the request and sends nothing', async () => {
    const { code, out } = await cli(submitOwn({}, '--run-id', 'shown', '--print'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      { operation: 'RunJobFlow', body: expect.objectContaining({ ReleaseLabel: 'emr-7.5.0' }) },
    ]);
    expect(twin.done).toEqual([]);
  });

  it.each([
    ['COMPLETED', 4, 4, "EMR says COMPLETED, but the job's own line says exit code 4"],
    ['FAILED', 0, 0, "EMR says FAILED: Exit code 1, but the job's own line says exit code 0"],
    ['COMPLETED', undefined, 3, 'which has left no result line'],
    ['FAILED', undefined, 1, 'EMR says FAILED'],
    ['CANCELLED', undefined, 143, 'EMR says CANCELLED'],
    ['INTERRUPTED', undefined, 3, 'EMR says INTERRUPTED'],
    ['NEW_STATE', undefined, 3, 'which dray does not know'],
  ])('tells the truth when EMR says %s and the line %s: %i', async (end, line, exit, says) => {
    Object.assign(twin.behaviour, { end, message: 'Exit code 1' });
    const runId = `${end}-${String(line)}`;
    if (line !== undefined) await terminal.leave(runId, line);
    const { code, err } = await cli(submit('--run-id', runId, '--wait'));
    expect(err).toContain(says);
    expect(code).toBe(exit);
  });

  it.each([
    ['BOOTSTRAP_FAILURE', 'COMPLETED', 3, 'EMR says TERMINATED_WITH_ERRORS'],
    ['VALIDATION_ERROR', 'COMPLETED', 3, 'VALIDATION_ERROR: because of VALIDATION_ERROR'],
    [undefined, 'FAILED', 1, 'EMR says FAILED'],
    [undefined, 'INTERRUPTED', 3, 'EMR says INTERRUPTED'],
    [undefined, 'CANCELLED', 143, 'EMR says TERMINATED'],
  ])('tells how a cluster of its own has ended: %s, %s', async (failure, end, exit, says) => {
    Object.assign(
      twin.behaviour,
      { end },
      failure === undefined ? {} : { clusterFailure: failure },
    );
    const { code, err } = await cli(submitOwn({}, '--run-id', 'r', '--wait'));
    expect(err).toContain(says);
    expect(code).toBe(exit);
  });

  it.each([
    ['a step', () => submit('--run-id', 'stopped', '--wait'), 'CANCELLED'],
    ['a cluster', () => submitOwn({}, '--run-id', 'stopped', '--wait'), 'TERMINATED'],
  ])('asks EMR to stop %s at the first signal and waits for that', async (_, argv, state) => {
    twin.behaviour.runMs = 3_600_000;
    const first = new AbortController();
    const { code, err } = await cli(argv(), {
      signal: first.signal,
      onErr(text) {
        if (text.includes('RUNNING')) first.abort(new JobError('INTERRUPTED', 'stopped'));
      },
    });
    expect(err).toContain('asking EMR to stop');
    expect(err).toContain(`CANCELLED, exit code 143: EMR says ${state}`);
    expect(code).toBe(143);
    expect(twin.steps().map((step) => step.state)).toEqual(['CANCELLED']);
    const clusters = twin.clusters().map((cluster) => cluster.state);
    expect(clusters).toEqual(state === 'TERMINATED' ? ['WAITING', 'TERMINATED'] : ['WAITING']);
  });

  it('waits for the end of its own cluster when somebody cancels the step there', async () => {
    twin.behaviour.runMs = 3_600_000;
    twin.behaviour.stopMs = 30_000;
    const { err, code } = await cli(submitOwn({}, '--run-id', 'r', '--wait'), {
      onErr(text) {
        const [step] = twin.steps();
        if (text.includes('RUNNING') && step !== undefined) step.cancelledMs = 0;
      },
    });
    expect(err).toMatch(
      /STOPPING \((CANCELLED|CANCEL_PENDING|TERMINATING)\)[^]*EMR says TERMINATED/,
    );
    expect(code).toBe(143);
  });

  it('cancels, and fences what EMR does not confirm in time', async () => {
    twin.behaviour.runMs = 3_600_000;
    twin.behaviour.stopMs = 600_000;
    await cli(submit('--run-id', 'slow'));
    terminal.clock.move(10_000);
    const late = await cli(['submissions', 'cancel', 'slow', '--within', '60']);
    expect([late.code, late.err]).toEqual([3, expect.stringContaining('STOP_UNCONFIRMED')]);
    expect(late.err).toContain('CANCEL_PENDING after 60 s');
    await cli(submit('--run-id', 'slow', '--retry'));
    expect(twin.steps().map(({ state }) => state)).toEqual(['CANCEL_PENDING', 'PENDING']);
    // What has ended before it was asked to is cancelled, too.
    const gone = await cli(['submissions', 'cancel', 'slow']);
    expect(gone.code).toBe(0);
    expect((await cli(['submissions', 'cancel', 'slow'])).code).toBe(0);
  });

  it.each([
    [
      'an unknown cluster',
      { cluster_id: 'j-NOBODY' },
      'SUBMIT_REFUSED',
      "Cluster id 'j-NOBODY' is not valid",
    ],
    ['two clusters', { cluster: {} }, 'CONFIG_INVALID', 'the settings for EMR name two clusters'],
    [
      'a driver on YARN there',
      { deploy_mode: 'cluster' },
      'CONFIG_INVALID',
      'would leave its driver at work',
    ],
    ['an unknown key', { archiv: 'x' }, 'CONFIG_INVALID', 'did you mean "archive"?'],
    [
      'a property of something else',
      { properties: { driver: 'x' } },
      'CONFIG_INVALID',
      'properties.driver',
    ],
    [
      'too many characters',
      { jars: ['x'.repeat(11_000)] },
      'ARGUMENTS_INVALID',
      'and emr takes 10280',
    ],
  ])('refuses %s', async (_, settings, code, says) => {
    const argv = submit('--run-id', 'bad', '--settings', JSON.stringify(settings));
    const { err, code: exit } = await cli(argv);
    expect(err).toContain(code);
    expect(err).toContain(says);
    expect([exit, twin.steps()]).toEqual([2, []]);
  });

  it('refuses what has no cluster, a role that is missing, and words that YARN would change', async () => {
    const nowhere = submit('--run-id', 'a').map((word) => (word === 'dev' ? 'prod' : word));
    const none = await cli([...nowhere, '--settings', JSON.stringify(SETTINGS)]);
    expect(none.err).toContain('the settings for EMR name no cluster');
    const role = await cli(submitOwn({ service_role: 'missing' }, '--run-id', 'b'));
    expect([role.code, role.err]).toEqual([2, expect.stringContaining('Invalid ServiceRole')]);
    const words = await cli(submitOwn({}, '--run-id', 'c', '--created-by', 'x{{y'));
    expect(words.err).toContain('on its way to emr "x{{y" would change');
    expect(twin.steps()).toEqual([]);
  });

  it('puts a config into the bucket that jars and properties leave no room for', async () => {
    const path = `/lake/${'x'.repeat(5_000)}`;
    const config = { ...CONFIG, unity_loader_config: { strategy: 'DELTA', path } };
    const base = submit().with(submit().indexOf('--config') + 1, JSON.stringify(config));
    const jars = new Array<string>(60).fill('s3://b/jars/of-the-release.jar');
    await cli([...base, '--run-id', 'short']);
    const properties = { 'spark.driver.extraJavaOptions': `-Da=${'y'.repeat(3_000)}` };
    const more = ['--settings', JSON.stringify({ jars, properties })];
    expect(await cli([...base, '--run-id', 'long', ...more])).toMatchObject({ code: 0 });
    const sent = twin.steps().map(({ args }) => args[args.indexOf('--load_promos_job') + 1] ?? '');
    const pattern = new RegExp(`^@s3://${BUCKET}/results/(config-[0-9a-f]{64}.json)#sha256=`);
    expect(sent).toEqual([expect.stringMatching(/^base64url:/), expect.stringMatching(pattern)]);
    const [, key = ''] = pattern.exec(sent[1] ?? '') ?? [];
    const kept = await s3.openStorage(SETTINGS.result_prefix).read(key, AbortSignal.timeout(5_000));
    expect(JSON.parse(new TextDecoder().decode(kept))).toEqual(config);
  });

  it('sends nothing to a cluster that ends', async () => {
    const [cluster] = twin.clusters();
    if (cluster !== undefined) cluster.ending = { code: 'USER_REQUEST', sinceMs: 0 };
    const { code, err } = await cli(submit('--run-id', 'r'));
    expect([code, err]).toEqual([2, expect.stringContaining(`the cluster ${id} is TERMINATED`)]);
  });

  it('waits for room, or says that there is none', async () => {
    const config = { Name: 'other', HadoopJarStep: { Jar: 'x.jar' }, ActionOnFailure: 'CONTINUE' };
    const { EMRClient, AddJobFlowStepsCommand } = await import('@aws-sdk/client-emr');
    const client = new EMRClient({ region: 'eu-central-1', endpoint: twin.endpoint });
    const Steps = Array.from({ length: 256 }, () => config as never);
    await client.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps }));
    const full = await cli(submit('--run-id', 'full'));
    expect([full.code, full.err]).toEqual([3, expect.stringContaining('PLATFORM_BUSY')]);
    const patient = ['--settings', '{"wait_for_room_s": 600}'];
    expect((await cli(submit('--run-id', 'patient', ...patient))).code).toBe(0);
    expect(twin.steps().at(-1)?.args).toContain('patient');
  });

  it('says that a run is lost when EMR knows its step no more', async () => {
    await cli(submit('--run-id', 'gone'));
    twin.clusters()[0]?.steps.pop();
    const { code, err } = await cli(['submissions', 'follow', 'gone']);
    expect([code, err]).toEqual([3, expect.stringContaining('REMOTE_LOST')]);
  });
});
