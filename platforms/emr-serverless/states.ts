import type { JobRunState } from '@aws-sdk/client-emr-serverless';
import type { RemoteMeaning } from '../../core/submitter.ts';

/**
 * Every state that EMR Serverless publishes.
 *
 * @see https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/job-states.html
 */
export const EMR_SERVERLESS_STATES = {
  SUBMITTED: { state: 'PENDING' },
  /** It waits for the application's limit of runs. */
  QUEUED: { state: 'PENDING' },
  PENDING: { state: 'PENDING' },
  SCHEDULED: { state: 'PENDING' },
  RUNNING: { state: 'RUNNING' },
  CANCELLING: { state: 'STOPPING' },
  CANCELLED: { state: 'CANCELLED' },
  SUCCESS: { state: 'SUCCEEDED' },
  FAILED: { state: 'FAILED' },
} as const satisfies Record<JobRunState, RemoteMeaning>;

export function emrServerlessMeaning(state: string): RemoteMeaning {
  const known: Readonly<Record<string, RemoteMeaning>> = EMR_SERVERLESS_STATES;
  return (Object.hasOwn(known, state) ? known[state] : undefined) ?? { state: 'UNKNOWN' };
}
