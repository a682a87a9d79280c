import { JobError, toJobError } from '../core/errors.ts';
import { isRemoteEnd, type RemoteStatus } from '../core/submitter.ts';
import { patiently, type SubmitServices } from './submit-once.ts';

export type FollowEvent =
  | { readonly kind: 'state'; readonly status: RemoteStatus }
  | { readonly kind: 'log'; readonly line: string };

/** Between two questions: the first wait, half as much again each time up to the second. */
const WAIT_MS = [2_000, 20_000] as const;
/** How long the platform may be out of reach, or in a state that nobody knows. */
const PATIENCE_MS = 10 * 60_000;

type FollowServices = Pick<SubmitServices, 'submitter' | 'clock' | 'random'>;

/**
 * Watches a remote run: every change of its state, and the lines it prints where the platform hands
 * them out. Ends with its end.
 *
 * @throws JobError `REMOTE_LOST` when the platform knows no such run, or says for ten minutes what nobody
 *   understands; `PLATFORM_UNAVAILABLE` when it is out of reach as long; the signal's reason.
 */
export async function* follow(
  remoteId: string,
  { submitter, clock, random }: FollowServices,
  signal: AbortSignal,
): AsyncGenerator<FollowEvent, RemoteStatus> {
  let shown: string | undefined;
  let cursor: string | undefined;
  let wait: number = WAIT_MS[0];
  let doubtfulSinceMs: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const status = await reached(remoteId);
    // What was printed before the end comes before it.
    if (submitter.logs !== undefined) {
      const page = await submitter.logs(remoteId, cursor, signal).catch((error: unknown) => {
        // A line that nobody could read must not lose the run.
        if (toJobError(error).code === 'PLATFORM_UNAVAILABLE') return undefined;
        throw error;
      });
      for (const line of page?.lines ?? []) yield { kind: 'log', line };
      cursor = page?.cursor ?? cursor;
    }
    const now = JSON.stringify(status);
    if (now !== shown) {
      yield { kind: 'state', status };
      [wait] = WAIT_MS;
    }
    shown = now;
    if (isRemoteEnd(status.state)) return status;
    doubtfulSinceMs =
      status.state === 'UNKNOWN' ? (doubtfulSinceMs ?? clock.monotonicMs()) : undefined;
    if (doubtfulSinceMs !== undefined && clock.monotonicMs() - doubtfulSinceMs >= PATIENCE_MS) {
      throw notUnderstood(remoteId, status);
    }
    await clock.sleep(wait * (1 - random() / 4), signal);
    wait = Math.min(WAIT_MS[1], wait * 1.5);
  }

  async function reached(id: string): Promise<RemoteStatus> {
    const sinceMs = clock.monotonicMs();
    for (;;) {
      try {
        return await patiently(() => submitter.status(id, signal), { clock, random }, signal);
      } catch (error) {
        signal.throwIfAborted();
        const isOver = clock.monotonicMs() - sinceMs >= PATIENCE_MS;
        if (isOver || toJobError(error).code !== 'PLATFORM_UNAVAILABLE') throw error;
      }
    }
  }

  function notUnderstood(id: string, { platformState }: RemoteStatus): JobError {
    return new JobError(
      'REMOTE_LOST',
      `${submitter.name} calls the state of run "${id}" "${platformState}", which dray does not know`,
      { hint: `look at it on ${submitter.name}; a newer version of dray may know the state` },
    );
  }
}
