import type { JobRunState } from '@aws-sdk/client-glue';
import type { RemoteMeaning } from '../../core/submitter.ts';

/**
 * Every state that Glue publishes.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html
 */
export const GLUE_STATES = {
  /** Queued by Glue for want of capacity or of a free slot of the account. */
  WAITING: { state: 'PENDING' },
  STARTING: { state: 'PENDING' },
  RUNNING: { state: 'RUNNING' },
  STOPPING: { state: 'STOPPING' },
  STOPPED: { state: 'CANCELLED' },
  SUCCEEDED: { state: 'SUCCEEDED' },
  FAILED: { state: 'FAILED' },
  /** The job's own limit of minutes; the work was cut off. */
  TIMEOUT: { state: 'FAILED', platformFault: true },
  /** Glue itself has failed. */
  ERROR: { state: 'FAILED', platformFault: true },
  /** It has waited for capacity longer than Glue keeps a run waiting. */
  EXPIRED: { state: 'FAILED', platformFault: true },
} as const satisfies Record<JobRunState, RemoteMeaning>;

export function glueMeaning(state: string | undefined): RemoteMeaning {
  const known: Readonly<Record<string, RemoteMeaning>> = GLUE_STATES;
  return (Object.hasOwn(known, state ?? '') ? known[state ?? ''] : undefined) ?? UNKNOWN;
}

const UNKNOWN: RemoteMeaning = { state: 'UNKNOWN' };
