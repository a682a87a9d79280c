import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../core/clock.ts';
import type { Kubernetes } from '../../platforms/kubernetes/client.ts';
import { clientFor } from '../kubernetes/account.ts';
import { type ClusterNode, startNode } from '../kubernetes/node.ts';
import { type KubernetesTwin, startKubernetesTwin } from '../twins/kubernetes.ts';
import { buildDist } from './built.ts';
import { type SubmitPlace, submitTo } from './submit-place.ts';
import { describeSubmitted } from './submitted-suite.ts';
import { openWorld, type Prepared, ROOT, type Running, type World } from './world.ts';

const IMAGE = 'registry.test/dray-job:1';
const FAILING = [process.execPath, join(ROOT, 'test/e2e/failing-entry.ts')];
const PASSWORD = { name: 'promos-db', key: 'password' };
const forever = new AbortController().signal;

describe('submitted to Kubernetes', () => {
  let world: World;
  let twin: KubernetesTwin;
  let node: ClusterNode;
  let call: Kubernetes;
  let source: string;

  beforeAll(async () => {
    await buildDist();
    world = await openWorld();
    source = await world.smallSource();
    twin = await startKubernetesTwin({ clock: systemClock });
    call = clientFor(world.folder, twin.endpoint, twin.tokens.admin);
    const password = Buffer.from(world.postgres.password).toString('base64');
    await asked('/api/v1/namespaces/promos/secrets', {
      ...{ metadata: { name: PASSWORD.name }, data: { [PASSWORD.key]: password } },
    });
    node = await startNode({
      call,
      images: { [IMAGE]: [process.execPath, join(ROOT, 'dist/generic-entry.mjs')] },
      env: {
        PATH: process.env['PATH'],
        DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
        // A store of their own: what is known here has come through their logs.
        DRAY_HOME: join(world.folder, 'pods'),
      },
    });
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    await twin[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** As kubectl asks: GET, or POST where there is something to make. */
  async function asked(
    path: string,
    json?: object,
    query: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const method = json === undefined ? 'GET' : 'POST';
    const { status, body } = await call(
      { method, path, query, ...(json === undefined ? {} : { json }) },
      forever,
    );
    if (status >= 300) throw new Error(`${method} ${path}: ${String(status)} ${body.toString()}`);
    return body.toString();
  }

  /** Runs the image as a Job that somebody else has made. */
  async function ranByHand(args: readonly string[]): Promise<string> {
    const secretKeyRef = PASSWORD;
    const env = [{ name: 'PROMOS_DB_PASSWORD', valueFrom: { secretKeyRef } }];
    const containers = [{ name: 'dray', image: IMAGE, args, env }];
    const template = { spec: { restartPolicy: 'Never', containers } };
    const metadata = { name: 'by-hand' };
    await asked('/apis/batch/v1/namespaces/promos/jobs', { metadata, spec: { template } });
    const pods = '/api/v1/namespaces/promos/pods';
    for (;;) {
      const query = { labelSelector: 'job-name=by-hand' };
      const { items } = JSON.parse(await asked(pods, undefined, query)) as {
        items: readonly { metadata: { name: string }; status?: { phase?: string } }[];
      };
      const [pod] = items;
      if (/Succeeded|Failed/.test(pod?.status?.phase ?? '')) {
        return await asked(`${pods}/${String(pod?.metadata.name)}/log`);
      }
      await systemClock.sleep(50, forever);
    }
  }

  function placeOf(set: object = {}): SubmitPlace {
    let failpoints: Readonly<Record<string, string>> | undefined;
    const password = { name: 'PROMOS_DB_PASSWORD', secret: PASSWORD.name, key: PASSWORD.key };
    return {
      argv() {
        const armed = Object.entries(failpoints ?? {}).map(([name, value]) => ({ name, value }));
        const settings = {
          ...{ kubeconfig: join(world.folder, 'kubeconfig'), context: 'test', namespace: 'promos' },
          ...{ image: IMAGE, stop_grace_s: 30, env: [password, ...armed] },
          ...(failpoints === undefined ? {} : { command: FAILING }),
          ...set,
        };
        return ['kubernetes', '--settings', JSON.stringify(settings)];
      },
      env: {},
      provider: 'CONTAINER',
      says: { success: 'Complete', failure: 'Failed PodFailurePolicy: exited 1' },
      arm(env) {
        failpoints = env;
      },
      execute: ranByHand,
    };
  }

  const place = placeOf();
  const submit = (at: Prepared, runId: string, ...more: readonly string[]) =>
    submitTo(place, world, at, '--run-id', runId, ...more);

  describeSubmitted('Kubernetes', () => ({ world, source, place }));

  /** A run that waits for a lock in the middle of its load, for as long as `work` takes. */
  async function held(name: string, work: (at: Prepared) => Promise<void>): Promise<Prepared> {
    const at = await world.config(name, { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(at.args)).code).toBe(0);
    const holder = new pg.Client({ connectionString: world.postgres.url });
    await holder.connect();
    try {
      await holder.query(`begin; lock table ${at.table} in access exclusive mode`);
      await work(at);
    } finally {
      await holder.end();
    }
    return at;
  }

  async function waitsForLock({ child, ended }: Running): Promise<void> {
    const waiting = `select pg_sleep(0.05), pid from pg_locks where not granted`;
    while ((await world.query(waiting)).length === 0) {
      if (child.exitCode !== null) throw new Error((await ended).stderr);
    }
  }

  it('keeps its promise when the submitter is killed between the call and its record', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const before = twin.made.length;
    twin.fail('create jobs', 'lost', 'failed', 'failed', 'failed');
    const first = submit(at, 'killed');
    await first.saw(/calling Kubernetes again with the same token/);
    first.child.kill('SIGKILL');
    await first.ended;
    twin.calm();
    const { code, line, stderr } = await submit(at, 'killed', '--wait').ended;
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
    expect(twin.made.length - before).toBe(1);
    // What the pod has printed for people is shown here, its result line only in the record.
    expect(stderr).toMatch(/^write: done in [^]*^SUCCEEDED \(Complete\)/m);
    expect(stderr).not.toContain('"schema":"dray.result/1"');
    expect(JSON.stringify(twin.made.slice(-1))).not.toContain(world.postgres.password);
  });

  it.each([
    ['its memory', 'killForMemory', 'Failed PodFailurePolicy: OOMKilled', 1],
    ['the node', 'evict', 'Failed PodFailurePolicy: TerminationByKubelet', 3],
  ] as const)(
    'is told of a kill for %s, and a retry loads',
    async (_, kill, platformState, code) => {
      const name = kill.toLowerCase();
      const at = await held(name, async (it) => {
        const submitting = submit(it, name, '--force', '--wait');
        await waitsForLock(submitting);
        node[kill]();
        const ended = await submitting.ended;
        expect([ended.code, ended.line]).toMatchObject([code, { platform_state: platformState }]);
      });
      const retried = await submit(at, name, '--retry', '--wait').ended;
      expect([retried.code, retried.line?.['attempt']]).toEqual([0, 2]);
    },
  );

  it('says why a run does not start, stops one that has not in time, and cancels one', async () => {
    const at = await world.config('unpulled', { source, set: { strategy_type: 'bulk' } });
    const typo = placeOf({ image: 'registry.test/typo:1' });
    const submitting = submitTo(typo, world, at, '--run-id', 'unpulled', '--wait');
    await submitting.saw(/PENDING \(Pending ImagePullBackOff\): Back-off pulling image/);
    expect((await world.dray('submissions', 'cancel', 'unpulled')).code).toBe(0);
    expect((await submitting.ended).code).toBe(143);
  });
});
