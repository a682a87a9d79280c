import { isRemoteEnd, type RemoteMeaning, type RemoteStatus } from '../../core/submitter.ts';

const FAILED: RemoteMeaning = { state: 'FAILED' };
const FAULT: RemoteMeaning = { state: 'FAILED', platformFault: true };
const UNKNOWN: RemoteMeaning = { state: 'UNKNOWN' };

type Meanings = Readonly<Record<string, RemoteMeaning>>;

/**
 * `status.state` of a run; at its end the code of the termination counts.
 *
 * @see https://docs.databricks.com/api/workspace/jobs/getrun
 */
export const DATABRICKS_STATES = {
  BLOCKED: { state: 'PENDING' },
  PENDING: { state: 'PENDING' },
  QUEUED: { state: 'PENDING' },
  /** Between two tries of the platform's own. */
  WAITING: { state: 'PENDING' },
  RUNNING: { state: 'RUNNING' },
  /** The task has ended, its cluster has not. */
  TERMINATING: { state: 'STOPPING' },
  TERMINATED: UNKNOWN,
} as const satisfies Meanings;

/** `status.termination_details.code`. */
export const TERMINATION_CODES = {
  SUCCESS: { state: 'SUCCEEDED' },
  /** Of a job with several tasks: one has failed. */
  SUCCESS_WITH_FAILURES: FAILED,
  USER_CANCELED: { state: 'CANCELLED' },
  /** By Databricks, such as at the time limit. */
  CANCELED: FAULT,
  SKIPPED: FAILED,
  DISABLED: FAILED,
  RUN_EXECUTION_ERROR: FAILED,
  INTERNAL_ERROR: FAULT,
  DRIVER_ERROR: FAULT,
  CLUSTER_ERROR: FAULT,
  CLOUD_FAILURE: FAULT,
  CLUSTER_REQUEST_LIMIT_EXCEEDED: FAULT,
  WORKSPACE_RUN_LIMIT_EXCEEDED: FAULT,
  MAX_CONCURRENT_RUNS_EXCEEDED: FAULT,
  MAX_JOB_QUEUE_SIZE_EXCEEDED: FAULT,
  MAX_SPARK_CONTEXTS_EXCEEDED: FAULT,
  REPOSITORY_CHECKOUT_FAILED: FAULT,
  /** Documented, but not among the published values: Databricks runs it again by itself. */
  BREAKING_CHANGE: FAULT,
  BUDGET_POLICY_LIMIT_EXCEEDED: FAILED,
  FEATURE_DISABLED: FAILED,
  INVALID_CLUSTER_REQUEST: FAILED,
  INVALID_RUN_CONFIGURATION: FAILED,
  LIBRARY_INSTALLATION_ERROR: FAILED,
  RESOURCE_NOT_FOUND: FAILED,
  STORAGE_ACCESS_ERROR: FAILED,
  UNAUTHORIZED_ERROR: FAILED,
} as const satisfies Meanings;

/** `status.termination_details.type`, for a code that is newer than the table above. */
export const TERMINATION_TYPES = {
  /** Of what, only the code says. */
  SUCCESS: UNKNOWN,
  CLIENT_ERROR: FAILED,
  INTERNAL_ERROR: FAULT,
  CLOUD_FAILURE: FAULT,
} as const satisfies Meanings;

/** `state.life_cycle_state`, which workspaces had before `status`; the result counts where there is one. */
export const LIFE_CYCLE_STATES = {
  BLOCKED: { state: 'PENDING' },
  PENDING: { state: 'PENDING' },
  QUEUED: { state: 'PENDING' },
  WAITING_FOR_RETRY: { state: 'PENDING' },
  RUNNING: { state: 'RUNNING' },
  TERMINATING: { state: 'STOPPING' },
  TERMINATED: UNKNOWN,
  SKIPPED: FAULT,
  INTERNAL_ERROR: FAULT,
} as const satisfies Meanings;

/** `state.result_state`. */
export const RESULT_STATES = {
  SUCCESS: { state: 'SUCCEEDED' },
  SUCCESS_WITH_FAILURES: FAILED,
  FAILED,
  CANCELED: { state: 'CANCELLED' },
  TIMEDOUT: FAULT,
  MAXIMUM_CONCURRENT_RUNS_REACHED: FAULT,
  EXCLUDED: FAILED,
  DISABLED: FAILED,
  UPSTREAM_FAILED: FAILED,
  UPSTREAM_CANCELED: { state: 'CANCELLED' },
} as const satisfies Meanings;

/** What a run says of itself, as far as dray reads it. */
export interface RunReport {
  readonly status?: {
    readonly state?: string;
    readonly termination_details?: {
      readonly code?: string;
      readonly type?: string;
      readonly message?: string;
    };
    readonly queue_details?: { readonly message?: string };
  };
  readonly state?: {
    readonly life_cycle_state?: string;
    readonly result_state?: string;
    readonly state_message?: string;
  };
}

export function databricksStatus({ status, state }: RunReport): RemoteStatus {
  const said =
    status?.termination_details?.message ?? status?.queue_details?.message ?? state?.state_message;
  const message = said === undefined || said === '' ? {} : { message: said };
  const result = state?.result_state;
  if (status?.state !== undefined) {
    const { code, type } = status.termination_details ?? {};
    const platformState = [status.state, ...(code === undefined ? [] : [code])].join(' ');
    const meaning =
      status.state === 'TERMINATED'
        ? (known(TERMINATION_CODES, code) ?? decided(known(TERMINATION_TYPES, type), result))
        : known(DATABRICKS_STATES, status.state);
    return { ...(meaning ?? UNKNOWN), platformState, ...message };
  }
  const life = state?.life_cycle_state;
  const platformState = [life ?? '', ...(result === undefined ? [] : [result])].join(' ');
  const own = known(LIFE_CYCLE_STATES, life) ?? UNKNOWN;
  const isOver = life === 'TERMINATED' || isRemoteEnd(own.state);
  const meaning = isOver ? decided(own, result) : own;
  return { ...meaning, platformState, ...message };
}

/** By its result; but a failure stays one, whatever result is put beside it. */
function decided(own: RemoteMeaning | undefined, result: string | undefined): RemoteMeaning {
  const found = known(RESULT_STATES, result);
  if (found === undefined) return own ?? UNKNOWN;
  return found.state === 'SUCCEEDED' && own?.state === 'FAILED' ? own : found;
}

function known(meanings: Meanings, name: string | undefined): RemoteMeaning | undefined {
  return name !== undefined && Object.hasOwn(meanings, name) ? meanings[name] : undefined;
}
