import type { RemoteMeaning, RemoteStatus } from '../../core/submitter.ts';

/** What becomes of a process; one that has exited goes by its exit code. */
export const LOCAL_STATES = {
  starting: { state: 'PENDING' },
  running: { state: 'RUNNING' },
  exited: { state: 'FAILED' },
  /** Without an exit code: killed, or the machine was started again. */
  gone: { state: 'FAILED', platformFault: true },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

export function exitedStatus(code: number): RemoteStatus {
  const platformState = `exited ${String(code)}`;
  if (code === 0) return { state: 'SUCCEEDED', platformState };
  // The job's own codes of a run that was stopped, and the shell's of a program without any.
  return { state: code === 130 || code === 143 ? 'CANCELLED' : 'FAILED', platformState };
}
