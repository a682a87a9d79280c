import { randomUUID } from 'node:crypto';

export interface Meta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: unknown[];
}
interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastProbeTime?: string;
}
/** An object of the API, as far as the twin looks into it. */
export interface Thing {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [key: string]: unknown;
}

/** What the controller of Jobs does to the cluster. */
export interface ForJobs {
  nowMs(): number;
  podsOf(job: Thing): Thing[];
  /** @returns why there is none. */
  createPod(job: Thing, pod: Thing): string | undefined;
  deletePod(pod: Thing, graceS: number): void;
  remove(thing: Thing): void;
  changed(thing: Thing): void;
  warn(job: Thing, message: string): void;
}

const JOB_TRACKING = 'batch.kubernetes.io/job-tracking';
export const FOREGROUND = 'foregroundDeletion';
const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * One look of the controller of Jobs at a Job: pods made, counted and deleted, its conditions, its end.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export function lookAtJob(job: Thing, cluster: ForJobs): void {
  const { metadata } = job;
  const spec = job.spec ?? {};
  const status = (job.status ??= {});
  const now = cluster.nowMs();
  const pods = cluster.podsOf(job);
  const alive = pods.filter((pod) => !isOver(pod));
  const conditions = (status['conditions'] ??= []) as Condition[];
  const has = (type: string) => conditions.find((one) => one.type === type);

  function become(type: string, reason: string, message: string): void {
    if (has(type) !== undefined) return;
    const time = { lastTransitionTime: at(now), lastProbeTime: at(now) };
    conditions.push({ type, status: 'True', reason, message, ...time });
    cluster.changed(job);
  }

  function endPods(): void {
    for (const pod of alive) {
      if (pod.metadata.deletionTimestamp === undefined) cluster.deletePod(pod, graceOf(pod));
    }
  }

  if (metadata.deletionTimestamp !== undefined) {
    endPods();
    for (const pod of pods.filter(isOver)) cluster.remove(pod);
    if (alive.length === 0) cluster.remove(job);
    return;
  }
  const ended = has('Complete') ?? has('Failed');
  if (ended !== undefined) {
    const ttl = spec['ttlSecondsAfterFinished'] as number | undefined;
    const endedMs = Date.parse(ended.lastTransitionTime ?? '');
    if (ttl !== undefined && now - endedMs >= ttl * 1000) {
      for (const pod of pods) cluster.remove(pod);
      cluster.remove(job);
    }
    return;
  }
  if (spec['suspend'] === true) {
    endPods();
    become('Suspended', 'JobSuspended', 'Job suspended');
    return;
  }
  status['startTime'] ??= at(now);
  const deadline = spec['activeDeadlineSeconds'] as number | undefined;
  const startedMs = Date.parse(status['startTime'] as string);
  if (deadline !== undefined && now - startedMs >= deadline * 1000) {
    const message = 'Job was active longer than specified deadline';
    become('FailureTarget', 'DeadlineExceeded', message);
  }
  const target = has('FailureTarget');
  if (target !== undefined) {
    endPods();
    if (alive.length === 0) become('Failed', target.reason ?? '', target.message ?? '');
    return;
  }
  if (pods.some((pod) => pod.status?.['phase'] === 'Succeeded')) {
    const message = 'Reached expected number of succeeded pods';
    become('SuccessCriteriaMet', 'CompletionsReached', message);
    become('Complete', 'CompletionsReached', message);
    return;
  }
  const failed = pods.find((pod) => pod.status?.['phase'] === 'Failed');
  if (failed !== undefined) {
    const [reason, message] = byPolicy(failed);
    become('FailureTarget', reason, message);
    become('Failed', reason, message);
    return;
  }
  if (pods.length === 0) {
    const why = cluster.createPod(job, podFor(job));
    if (why !== undefined) cluster.warn(job, `Error creating: ${why}`);
  }
}

export function isOver({ status }: Thing): boolean {
  return /^(Succeeded|Failed)$/.test(String(status?.['phase']));
}

export function graceOf(pod: Thing): number {
  return (pod.spec?.['terminationGracePeriodSeconds'] as number | undefined) ?? 30;
}

/** The first rule of dray's policy that matches: a disruption, an exit code. */
function byPolicy(pod: Thing): readonly [reason: string, message: string] {
  const { conditions = [], containerStatuses = [] } = (pod.status ?? {}) as {
    conditions?: Condition[];
    containerStatuses?: { state?: { terminated?: { exitCode: number } } }[];
  };
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  if (conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True')) {
    const message = `Pod ${name} has condition DisruptionTarget matching FailJob rule at index 0`;
    return ['PodFailurePolicy', message];
  }
  const code = containerStatuses[0]?.state?.terminated?.exitCode ?? 0;
  if (code === 0) {
    return ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'];
  }
  const message = `Container dray for pod ${name} failed with exit code ${String(code)} matching FailJob rule at index 1`;
  return ['PodFailurePolicy', message];
}

function podFor({ metadata, spec = {} }: Thing): Thing {
  const template = spec['template'] as Partial<Pick<Thing, 'metadata' | 'spec'>>;
  const { name, namespace = '', uid } = metadata;
  const job = { 'job-name': name, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      ...{ name: `${name}-${randomUUID().slice(0, 5)}`, namespace, finalizers: [JOB_TRACKING] },
      labels: { ...template.metadata?.labels, ...job } as Record<string, string>,
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: structuredClone(template.spec ?? {}),
    status: { phase: 'Pending' },
  };
}
