/** States of a run; `docs/states.md` draws the table. */
export const RUN_STATES = [
  'PENDING',
  'RUNNING',
  'RETRYING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
] as const;
export type RunState = (typeof RUN_STATES)[number];

export const TRANSITIONS = {
  PENDING: ['RUNNING', 'CANCELLED'],
  RUNNING: ['COMPLETED', 'FAILED', 'RETRYING', 'CANCELLED', 'PENDING'],
  RETRYING: ['RUNNING', 'FAILED', 'CANCELLED'],
  FAILED: ['RETRYING'],
  COMPLETED: [],
  // A platform that stops a container with SIGTERM retries it with the next attempt.
  CANCELLED: ['RETRYING'],
} as const satisfies Record<RunState, readonly RunState[]>;

export function canMove(from: RunState, to: RunState): boolean {
  return (TRANSITIONS[from] as readonly RunState[]).includes(to);
}
