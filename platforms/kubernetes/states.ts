import type { RemoteMeaning, RemoteStatus } from '../../core/submitter.ts';
import { CONTAINER, STOP_ANNOTATION } from './request.ts';

/** Conditions of a Job, and what it is without one. */
export const KUBERNETES_JOB = {
  Complete: { state: 'SUCCEEDED' },
  Failed: { state: 'FAILED' },
  /** It has failed, and its pods have yet to end. */
  FailureTarget: { state: 'STOPPING' },
  SuccessCriteriaMet: { state: 'RUNNING' },
  Suspended: { state: 'PENDING' },
  /** It has a time of deletion: somebody deletes it in the foreground. */
  Deleting: { state: 'STOPPING' },
  /** No pod was made for it yet. */
  Created: { state: 'PENDING' },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

/** Why a Job has failed. */
export const KUBERNETES_JOB_FAILURES = {
  BackoffLimitExceeded: { state: 'FAILED' },
  PodFailurePolicy: { state: 'FAILED' },
  DeadlineExceeded: { state: 'FAILED', platformFault: true },
  FailedIndexes: { state: 'FAILED' },
  MaxFailedIndexesExceeded: { state: 'FAILED' },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

/** Of a pod. Its end is not that of the Job, which has the last word a moment later. */
export const KUBERNETES_POD = {
  Pending: { state: 'PENDING' },
  Running: { state: 'RUNNING' },
  Succeeded: { state: 'RUNNING' },
  Failed: { state: 'RUNNING' },
  /** The node has been out of reach for a while. */
  Unknown: { state: 'UNKNOWN' },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

/**
 * Why a pod has failed: its own reason, that of its condition DisruptionTarget, or the container's.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
 */
export const KUBERNETES_POD_FAILURES = {
  PreemptionByScheduler: { state: 'FAILED', platformFault: true },
  DeletionByTaintManager: { state: 'FAILED', platformFault: true },
  EvictionByEvictionAPI: { state: 'FAILED', platformFault: true },
  DeletionByPodGC: { state: 'FAILED', platformFault: true },
  TerminationByKubelet: { state: 'FAILED', platformFault: true },
  DisruptionTarget: { state: 'FAILED', platformFault: true },
  Evicted: { state: 'FAILED', platformFault: true },
  Preempting: { state: 'FAILED', platformFault: true },
  Terminated: { state: 'FAILED', platformFault: true },
  NodeShutdown: { state: 'FAILED', platformFault: true },
  NodeLost: { state: 'FAILED', platformFault: true },
  NodeAffinity: { state: 'FAILED', platformFault: true },
  OutOfcpu: { state: 'FAILED', platformFault: true },
  OutOfmemory: { state: 'FAILED', platformFault: true },
  OutOfpods: { state: 'FAILED', platformFault: true },
  'OutOfephemeral-storage': { state: 'FAILED', platformFault: true },
  UnexpectedAdmissionError: { state: 'FAILED', platformFault: true },
  DeadlineExceeded: { state: 'FAILED', platformFault: true },
  ContainerStatusUnknown: { state: 'FAILED', platformFault: true },
  OOMKilled: { state: 'FAILED' },
  Error: { state: 'FAILED' },
  ContainerCannotRun: { state: 'FAILED' },
  StartError: { state: 'FAILED' },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

/** Why a pod waits. None of it is an end: the cluster tries for ever. */
export const KUBERNETES_WAITING = {
  Unschedulable: { state: 'PENDING' },
  SchedulingGated: { state: 'PENDING' },
  ContainerCreating: { state: 'PENDING' },
  PodInitializing: { state: 'PENDING' },
  ErrImagePull: { state: 'PENDING' },
  ImagePullBackOff: { state: 'PENDING' },
  InvalidImageName: { state: 'PENDING' },
  ErrImageNeverPull: { state: 'PENDING' },
  ImageInspectError: { state: 'PENDING' },
  RegistryUnavailable: { state: 'PENDING' },
  CreateContainerConfigError: { state: 'PENDING' },
  CreateContainerError: { state: 'PENDING' },
  RunContainerError: { state: 'PENDING' },
  CrashLoopBackOff: { state: 'PENDING' },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What counts of a Job. */
export interface Job {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
  };
}

/** What counts of a pod. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: ContainerState;
    }[];
  };
}

type Table = Readonly<Record<string, RemoteMeaning>>;
type Told = Omit<RemoteStatus, 'state' | 'platformFault'>;
/** Ends by a signal that somebody has sent. */
const SIGNALLED = new Set([130, 143]);
const MESSAGE_LENGTH = 500;

/** How a run is, by its Job and the pod that was made for it. */
export function kubernetesStatus(job: Job, pod: Pod | undefined): RemoteStatus {
  const of = (type: string) =>
    job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
  const failed = of('Failed');
  if (of('Complete') !== undefined)
    return { ...KUBERNETES_JOB.Complete, platformState: 'Complete' };
  if (failed !== undefined) return failedStatus(job, failed, pod);
  const isStopped = job.metadata.annotations?.[STOP_ANNOTATION] !== undefined;
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const found = of(type);
    if (found !== undefined) {
      return { ...KUBERNETES_JOB[type], ...told(`${type} ${found.reason ?? ''}`, found.message) };
    }
  }
  if (job.metadata.deletionTimestamp !== undefined) {
    return { ...KUBERNETES_JOB.Deleting, platformState: 'Deleting' };
  }
  if (of('Suspended') !== undefined) {
    return { ...KUBERNETES_JOB.Suspended, platformState: 'Suspended' };
  }
  if (pod === undefined) {
    return { state: isStopped ? 'STOPPING' : 'PENDING', platformState: 'Created' };
  }
  const status = podStatus(pod);
  return isStopped ? { ...status, state: 'STOPPING' } : status;
}

/** Whether a pod has nothing that runs any more. */
function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function failedStatus(
  { metadata }: Job,
  { reason = '', message }: Condition,
  pod: Pod | undefined,
): RemoteStatus {
  const platformState = `Failed ${reason}`;
  // Before Kubernetes 1.31 a Job fails first, and its pods end afterwards.
  if (pod !== undefined && !isOver(pod)) return { state: 'STOPPING', ...told(platformState) };
  const stopped = metadata.annotations?.[STOP_ANNOTATION];
  if (reason === 'DeadlineExceeded' && stopped !== undefined) {
    // Whoever has waited for its start in vain wants it tried again elsewhere.
    const inVain = /: (.+)$/s.exec(stopped)?.[1];
    if (inVain === undefined) return { state: 'CANCELLED', ...told(platformState, stopped) };
    return { state: 'FAILED', platformFault: true, ...told(platformState, inVain) };
  }
  const own = pod === undefined ? byMessage(message ?? '') : podFailure(pod);
  if (own === undefined) {
    const meaning = meaningIn(KUBERNETES_JOB_FAILURES, reason) ?? KUBERNETES_JOB.Failed;
    return { ...meaning, ...told(platformState, message) };
  }
  return { ...own, ...told(`${platformState}: ${own.platformState}`, own.message ?? message) };
}

/** What the Job itself has kept of a pod that is gone. */
function byMessage(message: string): RemoteStatus | undefined {
  if (message.includes('has condition DisruptionTarget')) {
    return { ...KUBERNETES_POD_FAILURES.DisruptionTarget, platformState: 'DisruptionTarget' };
  }
  const [, code] = / failed with exit code (\d+)/.exec(message) ?? [];
  return code === undefined ? undefined : exitStatus(Number(code), false, undefined);
}

function podFailure({ status = {}, metadata }: Pod): RemoteStatus | undefined {
  const disruption = status.conditions?.find(
    (one) => one.type === 'DisruptionTarget' && one.status === 'True',
  );
  const terminated = status.containerStatuses?.find(({ name }) => name === CONTAINER)?.state
    ?.terminated;
  for (const { reason, message } of [disruption ?? {}, status]) {
    if (reason === undefined) continue;
    const meaning = meaningIn(KUBERNETES_POD_FAILURES, reason);
    if (meaning !== undefined || disruption !== undefined) {
      return {
        ...(meaning ?? KUBERNETES_POD_FAILURES.DisruptionTarget),
        ...told(reason, message ?? status.message),
      };
    }
  }
  if (terminated === undefined) return undefined;
  const { exitCode, reason = '', message } = terminated;
  if (reason === 'OOMKilled') {
    return { ...KUBERNETES_POD_FAILURES.OOMKilled, ...told(reason, 'killed at its memory limit') };
  }
  if (reason === 'Error' || reason === '' || reason === 'Completed') {
    return exitStatus(exitCode, metadata.deletionTimestamp !== undefined, message);
  }
  const meaning = meaningIn(KUBERNETES_POD_FAILURES, reason) ?? KUBERNETES_POD_FAILURES.Error;
  return { ...meaning, ...told(`${reason} ${String(exitCode)}`, message) };
}

/** @param isDeleted - somebody has deleted the pod: 137 is the end of the grace then. */
function exitStatus(code: number, isDeleted: boolean, message: string | undefined): RemoteStatus {
  const isStop = SIGNALLED.has(code) || (code === 137 && isDeleted);
  const said = message ?? (code === 137 && !isDeleted ? 'killed by SIGKILL' : undefined);
  return {
    ...(isStop ? { state: 'CANCELLED' } : KUBERNETES_POD_FAILURES.Error),
    ...told(`exited ${String(code)}`, said),
  };
}

function podStatus({ status = {}, metadata }: Pod): RemoteStatus {
  const { phase = 'Pending', conditions = [], containerStatuses = [] } = status;
  const meaning: RemoteMeaning = meaningIn(KUBERNETES_POD, phase) ?? { state: 'UNKNOWN' };
  if (metadata.deletionTimestamp !== undefined && !isOver({ metadata, status })) {
    return { state: 'STOPPING', ...told(`${phase} Terminating`, status.message) };
  }
  if (phase !== 'Pending') return { ...meaning, ...told(phase, status.message) };
  const unscheduled = conditions.find(
    (one) => one.type === 'PodScheduled' && one.status === 'False',
  );
  const waiting = containerStatuses.find(({ name }) => name === CONTAINER)?.state?.waiting;
  const { reason, message } = unscheduled ?? waiting ?? {};
  return { ...meaning, ...told(reason === undefined ? phase : `${phase} ${reason}`, message) };
}

function told(platformState: string, message?: string): Told {
  const short = message?.trim().slice(0, MESSAGE_LENGTH) ?? '';
  return { platformState: platformState.trim(), ...(short === '' ? {} : { message: short }) };
}

function meaningIn(table: Table, word: string): RemoteMeaning | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
