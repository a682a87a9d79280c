import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { RemoteStatus, Submission, Submitter } from '../../../core/submitter.ts';
import { parseConfig } from '../../../core/wire.ts';
import { cancelRemote } from '../../../platforms/cancel.ts';
import { follow } from '../../../platforms/follow.ts';
import type { Kubernetes } from '../../../platforms/kubernetes/client.ts';
import { jobManifest } from '../../../platforms/kubernetes/request.ts';
import { kubernetesSettings } from '../../../platforms/kubernetes/settings.ts';
import { kubernetesSubmitter } from '../../../platforms/kubernetes/submitter.ts';
import { submissionToken } from '../../../platforms/token.ts';
import { openSqliteStore } from '../../../state/sqlite/store.ts';
import { clientFor } from '../../kubernetes/account.ts';
import { type ClusterNode, startNode } from '../../kubernetes/node.ts';
import { BASE, type ClusterHarness, EVERYTHING, IMAGE, withoutEmpty } from './harness.ts';

const LINE = '{"schema":"dray.result/1","run_id":"r"}';
const forever = new AbortController().signal;
/** Waits that are there for people are short here. */
const clock: Clock = {
  ...systemClock,
  sleep: async (ms, signal) => {
    await systemClock.sleep(Math.min(ms, 50), signal);
  },
};

/** Holds the submitter to a cluster, and a twin of one to what real ones do. */
export function describeCluster(
  platform: string,
  openHarness: (folder: string) => Promise<ClusterHarness>,
): void {
  describe(`submitting to ${platform}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'dray-kubernetes-'));
    let harness: ClusterHarness;
    let admin: Kubernetes;
    let node: ClusterNode;

    beforeAll(async () => {
      harness = await openHarness(folder);
      admin = clientFor(folder, harness.server, harness.tokens.admin);
      const { PATH } = process.env;
      node = await startNode({ call: admin, images: { [IMAGE]: ['/bin/true'] }, env: { PATH } });
    });
    afterAll(async () => {
      await node[Symbol.asyncDispose]();
      await harness[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    function submissionOf(runId: string): Submission {
      const of = { platform: 'kubernetes', place: 'here', job: 'load_promos', runId, attempt: 1 };
      return { ...of, token: submissionToken(of), args: [['run_id', runId], ['force']] };
    }
    const open = (settings: object = {}, call: Kubernetes = admin): Submitter =>
      kubernetesSubmitter({
        settings: parseConfig(kubernetesSettings, { ...BASE, ...settings }),
        ...{ call, clock },
      });
    const shell = (script: string) => ({ command: ['/bin/sh', '-c', script, 'job'] });

    async function started(submitter: Submitter, runId: string): Promise<string> {
      const submission = submissionOf(runId);
      await submitter.prepare(submission, forever);
      const answer = await submitter.start(submission, forever);
      if (answer.refused !== undefined) throw answer.refused;
      return answer.remoteId;
    }

    async function until(
      submitter: Submitter,
      remoteId: string,
      wanted: (status: RemoteStatus) => boolean,
    ): Promise<RemoteStatus> {
      for (;;) {
        const status = await submitter.status(remoteId, forever);
        if (wanted(status)) return status;
        await wait(50);
      }
    }
    const running = ({ state }: RemoteStatus) => state === 'RUNNING';

    async function ended(submitter: Submitter, remoteId: string) {
      const services = { submitter, clock, random: () => 0.5 };
      const lines: string[] = [];
      const events = follow(remoteId, services, forever);
      for (;;) {
        const next = await events.next();
        if (next.done === true) return { ...next.value, lines };
        if (next.value.kind === 'log') lines.push(next.value.line);
      }
    }

    /** Asks for the end of a run as `dray submissions cancel` does. */
    async function cancelled(submitter: Submitter, runId: string, withinMs = 20_000) {
      await using store = await openSqliteStore(join(folder, `${runId}.db`));
      const { token } = submissionOf(runId);
      const intent = { ...submissionOf(runId), platform: 'kubernetes', settings: {} };
      const record = await store.intendSubmission({ ...intent, token, at: '2017-06-12T02:00:00Z' });
      const found = await submitter.find(token, new Date(0), forever);
      const at = { ...record, remoteId: found?.remoteId ?? '' };
      const services = { store, submitter, clock, random: () => 0.5, note: () => undefined };
      return await cancelRemote(at, withinMs, services, forever);
    }

    it('takes a manifest with everything, and keeps all of it', async () => {
      const submitter = open({ ...EVERYTHING, timeout_minutes: 5 });
      const parsed = parseConfig(kubernetesSettings, { ...EVERYTHING, timeout_minutes: 5 });
      const name = await started(submitter, 'everything');
      const path = `/apis/batch/v1/namespaces/promos/jobs/${name}`;
      const { body } = await admin({ method: 'GET', path }, forever);
      const sent = jobManifest(parsed, submissionOf('everything'));
      expect(JSON.parse(body.toString())).toMatchObject(withoutEmpty(sent) as object);
      expect(await cancelled(submitter, 'everything')).toMatchObject({ state: 'CANCELLED' });
    });

    it('shows what a run prints while it prints it, and has its result line', async () => {
      const script = `echo first >&2; sleep 1.2; echo second >&2; echo '${LINE}'`;
      const submitter = open(shell(script));
      const id = await started(submitter, 'prints');
      expect(await ended(submitter, id)).toMatchObject({
        ...{ state: 'SUCCEEDED', platformState: 'Complete', lines: ['first', 'second'] },
      });
      expect(await submitter.resultLine?.(id, forever)).toBe(LINE);
    });

    it.each([
      ['exit 4', { state: 'FAILED', platformState: 'Failed PodFailurePolicy: exited 4' }],
      ['kill -TERM $$', { state: 'FAILED', message: 'killed by SIGKILL' }],
      ['exit 143', { state: 'CANCELLED', platformState: 'Failed PodFailurePolicy: exited 143' }],
    ])('tells how a run has ended: %s', async (script, status) => {
      const submitter = open(shell(script));
      const id = await started(submitter, script.replaceAll(/\W/g, '-'));
      expect(await ended(submitter, id)).toMatchObject(status);
    });

    it.each([
      ['killForMemory', { state: 'FAILED', message: 'killed at its memory limit' }],
      ['evict', { state: 'FAILED', platformFault: true, message: expect.stringMatching('low') }],
    ] as const)('tells who has ended a run: %s', async (kill, status) => {
      const submitter = open(shell('sleep 600'));
      const id = await started(submitter, kill);
      await until(submitter, id, running);
      node[kill]();
      expect(await ended(submitter, id)).toMatchObject(status);
    });

    it('makes one Job of two calls, and says what is in the way of another one', async () => {
      const submitter = open(shell('exit 0'));
      const both = await Promise.all([started(submitter, 'two'), started(submitter, 'two')]);
      expect(new Set(both).size).toBe(1);
      const [name] = both;
      const path = `/apis/batch/v1/namespaces/promos/jobs/${name}`;
      const json = { metadata: { annotations: { 'dray/token': 'of somebody else' } } };
      await admin({ method: 'PATCH', path, json }, forever);
      await expect(started(submitter, 'two')).rejects.toMatchObject({ code: 'SUBMIT_REFUSED' });
      expect(await submitter.find(submissionOf('two').token, new Date(0), forever)).toBeUndefined();
    });

    it('stops a run with SIGTERM and its grace, and has stopped it when nothing of it works', async () => {
      const script = "trap 'sleep 1; exit 143' TERM; sleep 600 & wait";
      const submitter = open(shell(script));
      const id = await started(submitter, 'stopped');
      await until(submitter, id, running);
      const begin = systemClock.monotonicMs();
      const status = await cancelled(submitter, 'stopped');
      expect(status).toMatchObject({
        state: 'CANCELLED',
        platformState: 'Failed DeadlineExceeded',
      });
      expect(systemClock.monotonicMs() - begin).toBeGreaterThan(900);
      expect(node.pids()).toEqual([]);
      // Asked again, of what has ended: nothing happens. And its name starts nothing.
      await submitter.requestCancel(id, forever);
      const before = node.started.length;
      expect(await started(submitter, 'stopped')).toBe(id);
      await wait(300);
      expect(node.started.length).toBe(before);
    });

    it('kills a run at the end of its grace', async () => {
      const submitter = open({ ...shell("trap '' TERM; sleep 600 & wait; wait"), stop_grace_s: 1 });
      const id = await started(submitter, 'deaf');
      await until(submitter, id, running);
      expect(await cancelled(submitter, 'deaf')).toMatchObject({ state: 'CANCELLED' });
      expect(node.pids()).toEqual([]);
    });

    it('does not say that a run has stopped as long as its node has not', async () => {
      const submitter = open({
        ...shell("trap '' TERM; sleep 600 & wait; wait"),
        stop_grace_s: 600,
      });
      const id = await started(submitter, 'lost-node');
      await until(submitter, id, running);
      await expect(cancelled(submitter, 'lost-node', 1_000)).rejects.toMatchObject({
        code: 'STOP_UNCONFIRMED',
      });
      expect(await submitter.status(id, forever)).toMatchObject({ state: 'STOPPING' });
      for (const pid of node.pids()) process.kill(pid, 'SIGKILL');
      await until(submitter, id, ({ state }) => state === 'CANCELLED');
    });

    it('ends a run at its time limit, which is not a stop', async () => {
      const submitter = open(shell('sleep 600'));
      const id = await started(submitter, 'limit');
      await until(submitter, id, running);
      const path = `/apis/batch/v1/namespaces/promos/jobs/${id}`;
      const json = { spec: { activeDeadlineSeconds: 1 } };
      await admin({ method: 'PATCH', path, json }, forever);
      expect(await ended(submitter, id)).toMatchObject({
        ...{ state: 'FAILED', platformFault: true, platformState: 'Failed DeadlineExceeded' },
      });
    });

    it('says why a run does not start, and stops one that has not in time', async () => {
      const image = 'registry.test/typo:1';
      const patient = open({ image });
      const id = await started(patient, 'typo');
      expect(await until(patient, id, ({ message }) => message !== undefined)).toMatchObject({
        ...{ state: 'PENDING', platformState: 'Pending ImagePullBackOff' },
        message: expect.stringContaining('typo:1'),
      });
      const later = { ...clock, now: () => new Date(systemClock.now().getTime() + 120_000) };
      const settings = parseConfig(kubernetesSettings, { ...BASE, image, start_within_minutes: 1 });
      const impatient = kubernetesSubmitter({ settings, call: admin, clock: later });
      expect(await ended(impatient, id)).toMatchObject({
        ...{ state: 'FAILED', platformFault: true },
        message: expect.stringMatching(/not started within 1 minutes: .*typo:1/),
      });
    });

    it('says that a run is lost when somebody has deleted its Job', async () => {
      const submitter = open(shell('sleep 600'));
      const id = await started(submitter, 'deleted');
      await until(submitter, id, running);
      const path = `/apis/batch/v1/namespaces/promos/jobs/${id}`;
      const query = { propagationPolicy: 'Foreground' };
      await admin({ method: 'DELETE', path, query }, forever);
      expect(await submitter.status(id, forever)).toMatchObject({ state: 'STOPPING' });
      await expect(ended(submitter, id)).rejects.toMatchObject({ code: 'REMOTE_LOST' });
    });

    it('waits for a quota of pods, and says so', async () => {
      await harness.limit('pods', admin, 0);
      const submitter = open(shell('exit 0'));
      const id = await started(submitter, 'full');
      const isFull = ({ message }: RemoteStatus) => message?.includes('exceeded quota') === true;
      expect(await until(submitter, id, isFull)).toMatchObject({ state: 'PENDING' });
      await harness.limit('pods', admin, undefined);
      // The controller comes back by itself, later and later.
      expect(await cancelled(submitter, 'full')).toMatchObject({ state: 'CANCELLED' });
    });

    it('is refused with what to do', async () => {
      const refusal = async (settings: object, call = admin) =>
        await started(open(settings, call), 'refused').catch((error: unknown) => error);
      expect(await refusal({ namespace: 'nope' })).toMatchObject({
        ...{ code: 'SUBMIT_REFUSED', hint: expect.stringContaining('"namespace"') },
      });
      expect(await refusal({ service_account: 'nope' })).toMatchObject({ code: 'SUBMIT_REFUSED' });
      expect(await refusal({ labels: { 'a b': 'c' } })).toMatchObject({ code: 'SUBMIT_REFUSED' });
      const nobody = clientFor(mkdtempSync(join(folder, 'no-')), harness.server, 'expired');
      expect(await refusal({}, nobody)).toMatchObject({
        ...{ code: 'PLATFORM_DENIED', hint: expect.stringContaining('log in') },
      });
      await harness.limit('jobs', admin, 0);
      expect(await refusal({})).toMatchObject({
        ...{ code: 'PLATFORM_BUSY', hint: expect.stringContaining('wait_for_room_s') },
      });
      await harness.limit('jobs', admin, undefined);
      await harness.deny(admin, true);
      expect(await refusal({})).toMatchObject({
        ...{ code: 'SUBMIT_REFUSED', hint: expect.stringContaining('policy') },
      });
      await harness.deny(admin, false);
    });

    it('needs the rights that docs/submit.md lists, and no others', async () => {
      const mine = mkdtempSync(join(folder, 'submitter-'));
      const call = clientFor(mine, harness.server, harness.tokens.submitter);
      const submitter = open(shell(`echo '${LINE}'; sleep 600`), call);
      await expect(started(submitter, 'rights')).rejects.toMatchObject({
        ...{ code: 'PLATFORM_DENIED', hint: expect.stringContaining('docs/submit.md') },
      });
      await harness.grant(admin);
      const id = await started(
        open({ ...shell('sleep 600'), service_account: 'default' }, call),
        'rights',
      );
      await until(submitter, id, running);
      expect(await submitter.logs?.(id, undefined, forever)).toBeDefined();
      expect(await cancelled(submitter, 'rights')).toMatchObject({ state: 'CANCELLED' });
    });
  });
}
