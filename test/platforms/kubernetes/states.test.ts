import { describe, expect, it } from '@jest/globals';
import {
  type Job,
  KUBERNETES_JOB_FAILURES,
  KUBERNETES_POD,
  KUBERNETES_POD_FAILURES,
  KUBERNETES_WAITING,
  kubernetesStatus,
  type Pod,
} from '../../../platforms/kubernetes/states.ts';

const jobWith = (annotations: Record<string, string>, ...conditions: object[]): Job => ({
  metadata: { name: 'dray-1', annotations },
  status: { conditions: conditions.map((one) => ({ status: 'True', ...one })) as never },
});
const podWith = (status: object, metadata: object = {}): Pod => ({
  metadata: { name: 'dray-1-x', ...metadata },
  status: status,
});
const container = (state: object) => ({ containerStatuses: [{ name: 'dray', state }] });
const failed = (reason: string, message?: string) => ({
  ...{ type: 'Failed', reason },
  ...(message === undefined ? {} : { message }),
});
const RUNNING = podWith({ phase: 'Running' });
const STOPPED = { 'dray/stopped': '2017-06-12T02:00:00.000Z' };

describe('the state of a run on Kubernetes', () => {
  it.each(Object.entries(KUBERNETES_POD))('pod %s is what the table says', (phase, meaning) => {
    expect(kubernetesStatus(jobWith({}), podWith({ phase }))).toMatchObject(meaning);
  });

  it.each(Object.entries(KUBERNETES_JOB_FAILURES))(
    'failed for %s, its pod gone, is what the table says',
    (reason, meaning) => {
      const status = kubernetesStatus(jobWith({}, failed(reason, 'why')), undefined);
      expect(status).toEqual({ ...meaning, platformState: `Failed ${reason}`, message: 'why' });
    },
  );

  it.each(Object.entries(KUBERNETES_POD_FAILURES))(
    'a pod that failed for %s is what the table says',
    (reason, meaning) => {
      const job = jobWith({}, failed('PodFailurePolicy'));
      const isOfContainer =
        /^(OOMKilled|Error|ContainerCannotRun|StartError|ContainerStatusUnknown)$/.test(reason);
      const terminated = { exitCode: 1, reason };
      const status = isOfContainer ? container({ terminated }) : { reason };
      const found = kubernetesStatus(job, podWith({ phase: 'Failed', ...status }));
      expect(found).toMatchObject(meaning);
      expect(found.platformFault).toBe('platformFault' in meaning ? true : undefined);
    },
  );

  it.each(Object.keys(KUBERNETES_WAITING))('a pod that waits for %s has not ended', (reason) => {
    const status =
      reason === 'Unschedulable' || reason === 'SchedulingGated'
        ? { conditions: [{ type: 'PodScheduled', status: 'False', reason, message: 'why' }] }
        : container({ waiting: { reason, message: 'why' } });
    expect(kubernetesStatus(jobWith({}), podWith({ phase: 'Pending', ...status }))).toEqual({
      ...{ state: 'PENDING', platformState: `Pending ${reason}`, message: 'why' },
    });
  });

  it.each([
    ['Complete', jobWith({}, { type: 'Complete' }), undefined, { state: 'SUCCEEDED' }],
    [
      'a stop that came too late',
      jobWith(STOPPED, { type: 'Complete' }),
      undefined,
      { state: 'SUCCEEDED' },
    ],
    ['Suspended', jobWith({}, { type: 'Suspended' }), undefined, { state: 'PENDING' }],
    ['no pod yet', jobWith({}), undefined, { state: 'PENDING', platformState: 'Created' }],
    ['asked to stop', jobWith(STOPPED), RUNNING, { state: 'STOPPING' }],
    [
      'failing',
      jobWith({}, { type: 'FailureTarget', reason: 'X' }),
      RUNNING,
      { state: 'STOPPING' },
    ],
    [
      'failed, a pod at work (before 1.31)',
      ...([jobWith(STOPPED, failed('DeadlineExceeded')), RUNNING, { state: 'STOPPING' }] as const),
    ],
    [
      'stopped',
      ...([
        jobWith(STOPPED, failed('DeadlineExceeded')),
        undefined,
        { state: 'CANCELLED' },
      ] as const),
    ],
    [
      'stopped, but failed before that',
      jobWith(STOPPED, failed('PodFailurePolicy')),
      podWith({ phase: 'Failed', ...container({ terminated: { exitCode: 4, reason: 'Error' } }) }),
      { state: 'FAILED', platformState: 'Failed PodFailurePolicy: exited 4' },
    ],
    [
      'an exit code of a pod that is gone',
      jobWith(
        {},
        failed('PodFailurePolicy', 'Container dray for pod a/b failed with exit code 143 matching'),
      ),
      undefined,
      { state: 'CANCELLED', platformState: 'Failed PodFailurePolicy: exited 143' },
    ],
    [
      'a disruption of a pod that is gone',
      jobWith({}, failed('PodFailurePolicy', 'Pod a/b has condition DisruptionTarget matching')),
      undefined,
      { state: 'FAILED', platformFault: true },
    ],
    [
      'a disruption that is newer than dray',
      jobWith({}, failed('PodFailurePolicy')),
      podWith({
        phase: 'Failed',
        conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'New' }],
      }),
      { state: 'FAILED', platformFault: true, platformState: 'Failed PodFailurePolicy: New' },
    ],
    [
      'a failure that is newer than dray',
      jobWith({}, failed('New')),
      undefined,
      { state: 'FAILED' },
    ],
    [
      'a phase that is newer than dray',
      jobWith({}),
      podWith({ phase: 'New' }),
      { state: 'UNKNOWN' },
    ],
    [
      'a pod on a node that is gone',
      ...([jobWith({}), podWith({ phase: 'Running' }, { deletionTimestamp: 'x' })] as const),
      { state: 'STOPPING', platformState: 'Running Terminating' },
    ],
  ] as const)('%s', (_, job, pod, status) => {
    expect(kubernetesStatus(job, pod)).toMatchObject(status);
  });
});
