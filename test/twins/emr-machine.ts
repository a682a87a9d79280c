import type { Answer } from '../../platforms/twins/aws-json.ts';
import type { Execution } from '../../platforms/twins/glue.ts';

/** How clusters and steps go; all times in milliseconds of the clock. */
export interface EmrBehaviour {
  /** Until a new cluster is up. */
  bootMs: number;
  /** Until a cluster that is up starts a step. */
  startMs: number;
  runMs: number;
  /** Until a cancelled step, or a terminated cluster, has ended. */
  stopMs: number;
  /** New steps and clusters are missing from lists for so long. */
  hiddenMs: number;
  /** State of a step that nobody has cancelled, when it is over. */
  end: string;
  message?: string;
  /** Why a new cluster does not come up. */
  clusterFailure?: string;
}

export interface EmrStep {
  readonly id: string;
  readonly config: Answer;
  readonly args: readonly string[];
  readonly createdMs: number;
  readonly behaviour: Readonly<EmrBehaviour>;
  state: string;
  startedMs?: number;
  cancelledMs?: number;
  endedMs?: number;
  execution?: Execution;
  exit?: number;
}

export interface EmrCluster {
  readonly id: string;
  readonly request: Answer;
  readonly createdMs: number;
  readonly behaviour: Readonly<EmrBehaviour>;
  readonly steps: EmrStep[];
  state: string;
  /** Why it ends, and since when it does. */
  ending?: { readonly code: string; readonly sinceMs: number };
}

export interface EmrMachineOptions {
  readonly nowMs: () => number;
  /** Does the work of a step that starts; without it, time alone does. */
  readonly execute?: ((args: readonly string[], stepId: string) => Execution) | undefined;
}

const STEP_ENDS = ['COMPLETED', 'CANCELLED', 'FAILED', 'INTERRUPTED'];
export const CLUSTER_ENDS = ['TERMINATED', 'TERMINATED_WITH_ERRORS'];
/** Moves clusters and their steps on, as far as the time of the clock has got. */
export function emrMachine({ nowMs, execute }: EmrMachineOptions) {
  function end(step: EmrStep, state: string): void {
    step.state = state;
    step.endedMs = nowMs();
  }

  function advanceStep(cluster: EmrCluster, step: EmrStep): void {
    const { startMs, runMs, stopMs } = step.behaviour;
    if (step.state === 'PENDING') {
      const busy = cluster.steps.filter(({ state }) =>
        ['RUNNING', 'CANCEL_PENDING'].includes(state),
      );
      const upMs = Math.max(step.createdMs, cluster.createdMs + cluster.behaviour.bootMs);
      if (cluster.ending !== undefined || step.cancelledMs !== undefined) end(step, 'CANCELLED');
      else if (busy.length < concurrencyOf(cluster) && nowMs() >= upMs + startMs) {
        step.state = 'RUNNING';
        step.startedMs = nowMs();
        if (execute !== undefined) {
          step.execution = execute(step.args, step.id);
          void step.execution.ended.then((code) => {
            step.exit = code;
          });
        }
      }
    }
    if (step.state === 'RUNNING') {
      if (cluster.ending !== undefined) step.cancelledMs ??= cluster.ending.sinceMs;
      if (step.cancelledMs !== undefined) {
        step.state = 'CANCEL_PENDING';
        step.execution?.stop();
      } else if (step.execution !== undefined) {
        if (step.exit !== undefined) end(step, step.exit === 0 ? 'COMPLETED' : 'FAILED');
      } else if (nowMs() - (step.startedMs ?? 0) >= runMs) {
        end(step, step.behaviour.end);
      }
    }
    if (step.state === 'CANCEL_PENDING') {
      const isOver = nowMs() - (step.cancelledMs ?? 0) >= stopMs;
      if (isOver && (step.execution === undefined || step.exit !== undefined))
        end(step, 'CANCELLED');
    }
  }

  function advance(cluster: EmrCluster): EmrCluster {
    if (CLUSTER_ENDS.includes(cluster.state)) return cluster;
    const { bootMs, stopMs, clusterFailure } = cluster.behaviour;
    const age = nowMs() - cluster.createdMs;
    if (age >= bootMs && clusterFailure !== undefined) terminate(cluster, clusterFailure);
    for (const step of cluster.steps) advanceStep(cluster, step);
    const failed = cluster.steps.some(
      ({ state, config }) =>
        state === 'FAILED' && config['ActionOnFailure'] === 'TERMINATE_CLUSTER',
    );
    const active = cluster.steps.some(isActive);
    if (failed) terminate(cluster, 'STEP_FAILURE');
    else if (age >= bootMs && !active && !staysUp(cluster))
      terminate(cluster, 'ALL_STEPS_COMPLETED');
    if (cluster.ending === undefined) {
      if (age < bootMs) cluster.state = age < bootMs / 2 ? 'STARTING' : 'BOOTSTRAPPING';
      else cluster.state = active ? 'RUNNING' : 'WAITING';
      return cluster;
    }
    const { code, sinceMs } = cluster.ending;
    const isOver = nowMs() - sinceMs >= stopMs && !active;
    const clean = ['USER_REQUEST', 'ALL_STEPS_COMPLETED'].includes(code);
    const last = clean ? 'TERMINATED' : 'TERMINATED_WITH_ERRORS';
    cluster.state = isOver ? last : 'TERMINATING';
    return cluster;
  }

  function terminate(cluster: EmrCluster, code: string): void {
    cluster.ending ??= { code, sinceMs: nowMs() };
  }

  return {
    advance,
    terminate,
    cancel: (cluster: EmrCluster, step: EmrStep): void => {
      step.cancelledMs ??= nowMs();
      advanceStep(cluster, step);
    },
  };
}

export function isActive({ state }: EmrStep): boolean {
  return !STEP_ENDS.includes(state);
}

export function staysUp({ request }: EmrCluster): boolean {
  const { KeepJobFlowAliveWhenNoSteps: stays } = request['Instances'] as Answer;
  return stays === true;
}

export function concurrencyOf({ request }: EmrCluster): number {
  return Number(request['StepConcurrencyLevel'] ?? 1);
}
