import type { Cluster, ClusterState, StepState, StepStatus } from '@aws-sdk/client-emr';
import type { RemoteMeaning, RemoteStatus } from '../../core/submitter.ts';

/**
 * Every state of a step that EMR publishes.
 *
 * @see https://docs.aws.amazon.com/emr/latest/APIReference/API_StepStatus.html
 */
export const EMR_STEP_STATES = {
  PENDING: { state: 'PENDING' },
  RUNNING: { state: 'RUNNING' },
  CANCEL_PENDING: { state: 'STOPPING' },
  COMPLETED: { state: 'SUCCEEDED' },
  FAILED: { state: 'FAILED' },
  CANCELLED: { state: 'CANCELLED' },
  /** EMR itself has cut the step off. */
  INTERRUPTED: { state: 'FAILED', platformFault: true },
} as const satisfies Record<StepState, RemoteMeaning>;

/**
 * Every state of a cluster. It counts where the cluster was made for the run, as long as its step
 * has neither succeeded nor failed.
 *
 * @see https://docs.aws.amazon.com/emr/latest/APIReference/API_ClusterStatus.html
 */
export const EMR_CLUSTER_STATES = {
  STARTING: { state: 'PENDING' },
  BOOTSTRAPPING: { state: 'PENDING' },
  RUNNING: { state: 'RUNNING' },
  /** Up, with nothing to do yet or any more. */
  WAITING: { state: 'RUNNING' },
  TERMINATING: { state: 'STOPPING' },
  /** With the step at neither of these ends: somebody has stopped it. */
  TERMINATED: { state: 'CANCELLED' },
  /** A bootstrap action, the machines or EMR have failed. */
  TERMINATED_WITH_ERRORS: { state: 'FAILED', platformFault: true },
} as const satisfies Record<ClusterState, RemoteMeaning>;

export function stepStatus({ State, StateChangeReason, FailureDetails }: StepStatus): RemoteStatus {
  const { Reason, Message = StateChangeReason?.Message, LogFile } = FailureDetails ?? {};
  const log = LogFile === undefined ? undefined : `log: ${LogFile}`;
  return status(EMR_STEP_STATES, State, [Reason, Message, log]);
}

/** How a run stands that has a cluster of its own. */
export function clusterStatus(
  { Status: { State, StateChangeReason, ErrorDetails } = {} }: Cluster,
  step: StepStatus | undefined,
): RemoteStatus {
  const ofStep = step === undefined ? undefined : stepStatus(step);
  if (ofStep?.state === 'SUCCEEDED' || ofStep?.state === 'FAILED') return ofStep;
  const { Code, Message } = StateChangeReason ?? {};
  const details = (ErrorDetails ?? []).map(({ ErrorMessage }) => ErrorMessage);
  const ofCluster = status(EMR_CLUSTER_STATES, State, [Code, Message, ...details]);
  if (ofStep === undefined || ofCluster.state !== 'RUNNING') return ofCluster;
  // A driver in a container of YARN may outlive its step, but not the cluster, which ends without steps.
  return ofStep.state === 'CANCELLED' ? { ...ofStep, state: 'STOPPING' } : ofStep;
}

function status(
  states: Readonly<Record<string, RemoteMeaning>>,
  own: string | undefined,
  said: readonly (string | undefined)[],
): RemoteStatus {
  const platformState = own ?? '';
  const meaning = Object.hasOwn(states, platformState) ? states[platformState] : undefined;
  const message = said.filter((text) => text !== undefined && text !== '').join(': ');
  return {
    ...(meaning ?? { state: 'UNKNOWN' }),
    platformState,
    ...(message === '' ? {} : { message }),
  };
}
