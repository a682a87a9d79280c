import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../core/clock.ts';
import { clientFor } from '../kubernetes/account.ts';
import { type ClusterNode, startNode } from '../kubernetes/node.ts';
import { type KubernetesTwin, startKubernetesTwin } from '../twins/kubernetes.ts';
import { buildDist } from './built.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

const IMAGE = 'registry.test/dray-job:1';
const forever = new AbortController().signal;

describe('load_promos on Kubernetes', () => {
  let world: World;
  let twin: KubernetesTwin;
  let node: ClusterNode;
  let source: string;

  beforeAll(async () => {
    await buildDist();
    world = await openWorld();
    source = await world.smallSource();
    twin = await startKubernetesTwin({ clock: systemClock });
    const call = clientFor(world.folder, twin.endpoint, twin.tokens.admin);
    const password = Buffer.from(world.postgres.password).toString('base64');
    const json = { metadata: { name: 'promos-db' }, data: { password } };
    await call({ method: 'POST', path: '/api/v1/namespaces/promos/secrets', json }, forever);
    node = await startNode({
      call,
      images: { [IMAGE]: [process.execPath, join(ROOT, 'dist/generic-entry.mjs')] },
      env: { PATH: process.env['PATH'], DRAY_EXTENSIONS: join(ROOT, '.dray/extensions') },
    });
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    await twin[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const dray = (...argv: readonly string[]) => world.start(argv, {}, 'entry/dray.ts');

  function submit(at: Prepared, runId: string, ...more: readonly string[]) {
    const settings = {
      ...{ kubeconfig: join(world.folder, 'kubeconfig'), context: 'test', namespace: 'promos' },
      ...{ image: IMAGE, stop_grace_s: 30 },
      env: [{ name: 'PROMOS_DB_PASSWORD', secret: 'promos-db', key: 'password' }],
    };
    const argv = ['submit', 'kubernetes', '--job', 'load_promos', '--config', at.file, '--json'];
    const given = more[0] === '--set' ? (JSON.parse(more[1] ?? '{}') as object) : {};
    const all = JSON.stringify({ ...settings, ...given });
    const rest = more[0] === '--set' ? more.slice(2) : more;
    return dray(...argv, '--settings', all, '--run-id', runId, ...rest);
  }

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

  async function waitsForLock(): Promise<void> {
    const waiting = `select pg_sleep(0.05), pid from pg_locks where not granted`;
    while ((await world.query(waiting)).length === 0);
  }

  it('loads the same rows as a run here, found out as CONTAINER, with the record complete', async () => {
    const here = await world.config('here', { source, set: { strategy_type: 'bulk' } });
    expect((await world.run(here.args)).code).toBe(0);
    const there = await world.config('there', { source, set: { strategy_type: 'bulk' } });
    const { code, line, stderr } = await submit(there, 'whole', '--wait').ended;
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    expect(line).toMatchObject({
      ...{ state: 'ENDED', platform_state: 'Complete', exit_code: 0, calls: 1 },
      result: { service_provider: 'CONTAINER', engine: 'bulk', status: 'completed' },
    });
    // What the pod has printed for people is shown here, its result line only in the record.
    expect(stderr).toMatch(/RUNNING \(Running\)[^]*3 sinks|RUNNING[^]*redshift/);
    expect(stderr).not.toContain('"schema":"dray.result/1"');
    expect(await contentsOf(world, there)).toEqual(await contentsOf(world, here));
    const [job] = twin.made.slice(-1);
    expect(JSON.stringify(job)).not.toContain(world.postgres.password);
  });

  it('tells the exit code of a job that failed there', async () => {
    const at = await world.config('gone', {
      ...{ source: '/no/such/folder', set: { strategy_type: 'bulk' } },
    });
    const { code, line } = await submit(at, 'gone', '--wait').ended;
    expect(line).toMatchObject({
      ...{ exit_code: 1, platform_state: 'Failed PodFailurePolicy: exited 1' },
      result: { error: { code: 'SOURCE_NOT_FOUND' } },
    });
    expect(code).toBe(1);
  });

  it('keeps its promise when the submitter is killed between the call and its record', async () => {
    const at = await world.config('killed', { source, set: { strategy_type: 'bulk' } });
    const before = twin.made.length;
    twin.fail('create jobs', 'lost', 'failed', 'failed', 'failed');
    const first = submit(at, 'killed');
    await first.saw(/calling Kubernetes again with the same token/);
    first.child.kill('SIGKILL');
    await first.ended;
    twin.calm();
    const { code, line } = await submit(at, 'killed', '--wait').ended;
    expect([code, line?.['exit_code']]).toEqual([0, 0]);
    expect(twin.made.length - before).toBe(1);
  });

  it('stops the run in the middle of its load, after which nothing is left that could write', async () => {
    let before: unknown;
    const at = await held('stopped', async (it) => {
      const submitting = submit(it, 'stopped', '--force', '--wait');
      await waitsForLock();
      submitting.child.kill('SIGINT');
      const { code, line, stderr } = await submitting.ended;
      expect(stderr).toContain('asking Kubernetes to stop');
      expect([code, line]).toMatchObject([
        143,
        { state: 'ENDED', remote_state: 'CANCELLED', platform_state: 'Failed DeadlineExceeded' },
      ]);
      expect(node.pids()).toEqual([]);
      before = await contentsOf(world, { ...it, table: 'public.here' });
    });
    expect(await contentsOf(world, { ...at, table: 'public.here' })).toEqual(before);
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
        await waitsForLock();
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
    const set = JSON.stringify({ image: 'registry.test/typo:1' });
    const submitting = submit(at, 'unpulled', '--set', set, '--wait');
    await submitting.saw(/PENDING \(Pending ImagePullBackOff\): Back-off pulling image/);
    expect((await dray('submissions', 'cancel', 'unpulled').ended).code).toBe(0);
    expect((await submitting.ended).code).toBe(143);
  });
});
