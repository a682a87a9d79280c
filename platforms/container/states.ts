import type { RemoteMeaning, RemoteStatus } from '../../core/submitter.ts';

/**
 * Every status that the engine publishes; an exited container goes by its exit code.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container/operation/ContainerInspect
 */
export const CONTAINER_STATES = {
  created: { state: 'PENDING' },
  running: { state: 'RUNNING' },
  paused: { state: 'RUNNING' },
  restarting: { state: 'RUNNING' },
  removing: { state: 'STOPPING' },
  exited: { state: 'FAILED' },
  dead: { state: 'FAILED', platformFault: true },
} as const satisfies Readonly<Record<string, RemoteMeaning>>;

/** What `docker inspect` has under `State`. */
export interface ContainerState {
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Error: string;
}

export function containerStatus(found: ContainerState): RemoteStatus {
  const { Status, ExitCode, OOMKilled, Error: said } = found;
  const known: Readonly<Record<string, RemoteMeaning>> = CONTAINER_STATES;
  const meaning = Object.hasOwn(known, Status) ? known[Status] : undefined;
  if (Status !== 'exited') {
    return {
      ...(meaning ?? { state: 'UNKNOWN' }),
      platformState: Status,
      ...(said === '' ? {} : { message: said }),
    };
  }
  const platformState = `exited ${String(ExitCode)}`;
  if (ExitCode === 0) return { state: 'SUCCEEDED', platformState };
  if (OOMKilled) {
    return { state: 'FAILED', platformState, message: 'killed at its memory limit' };
  }
  // 130 and 143 are ours; 137 is the engine's SIGKILL at the end of the grace.
  if ([130, 137, 143].includes(ExitCode)) return { state: 'CANCELLED', platformState };
  return { state: 'FAILED', platformState, ...(said === '' ? {} : { message: said }) };
}
