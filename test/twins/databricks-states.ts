/** `state` of a run, as workspaces have it beside `status`: of the end, by the code of the termination. */
const OLD_ENDS: Readonly<Record<string, readonly [life: string, result: string]>> = {
  SUCCESS: ['TERMINATED', 'SUCCESS'],
  SUCCESS_WITH_FAILURES: ['TERMINATED', 'SUCCESS_WITH_FAILURES'],
  USER_CANCELED: ['TERMINATED', 'CANCELED'],
  CANCELED: ['TERMINATED', 'TIMEDOUT'],
  SKIPPED: ['SKIPPED', 'EXCLUDED'],
  DISABLED: ['SKIPPED', 'DISABLED'],
  MAX_CONCURRENT_RUNS_EXCEEDED: ['SKIPPED', 'MAXIMUM_CONCURRENT_RUNS_REACHED'],
  MAX_JOB_QUEUE_SIZE_EXCEEDED: ['SKIPPED', 'MAXIMUM_CONCURRENT_RUNS_REACHED'],
};

const PLATFORM_ERRORS = ['INTERNAL_ERROR', 'DRIVER_ERROR', 'WORKSPACE_RUN_LIMIT_EXCEEDED'];

export function oldState(
  state: string,
  code: string | undefined,
): Readonly<Record<string, string | boolean>> {
  if (code === undefined) {
    return { life_cycle_state: state === 'WAITING' ? 'WAITING_FOR_RETRY' : state };
  }
  // A run whose task has failed is an INTERNAL_ERROR, though the task is not.
  const [life, result] = OLD_ENDS[code] ?? ['INTERNAL_ERROR', 'FAILED'];
  return { life_cycle_state: state === 'TERMINATING' ? state : life, result_state: result };
}

export function terminationType(code: string): string {
  if (['SUCCESS', 'SUCCESS_WITH_FAILURES', 'USER_CANCELED'].includes(code)) return 'SUCCESS';
  if (code === 'CLOUD_FAILURE') return code;
  return PLATFORM_ERRORS.includes(code) ? 'INTERNAL_ERROR' : 'CLIENT_ERROR';
}
