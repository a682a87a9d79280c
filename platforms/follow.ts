import { JobError, toJobError } from '../core/errors.ts';
import { isRemoteEnd, type RemoteStatus } from '../core/submitter.ts';
import { fromLogLine, type TelemetryMessage } from '../core/telemetry.ts';
import { patiently, type SubmitServices } from './submit-once.ts';

export type FollowEvent =
  | { readonly kind: 'state'; readonly status: RemoteStatus }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'telemetry'; readonly messages: readonly TelemetryMessage[] };

/** Between two questions: the first wait, half as much again each time up to the second. */
const WAIT_MS = [2_000, 20_000] as const;
/** The second of them, while the run tells something. */
const TOLD_MS = 5_000;
/** How long the platform may be out of reach, or in a state that nobody knows. */
const PATIENCE_MS = 10 * 60_000;

type FollowServices = Pick<SubmitServices, 'submitter' | 'clock' | 'random'>;

/**
 * Watches a remote run: every change of its state, and the lines it prints where the platform hands
 * them out; what the run itself tells between those lines, or in a place of its own. Ends with its end.
 *
 * @param read - what has come to that place since the last call; it keeps its troubles to itself.
 * @throws JobError `REMOTE_LOST` when the platform knows no such run, or says for ten minutes what nobody
 *   understands; `PLATFORM_UNAVAILABLE` when it is out of reach as long; the signal's reason.
 */
export async function* follow(
  remoteId: string,
  { submitter, clock, random }: FollowServices,
  signal: AbortSignal,
  read?: (signal: AbortSignal) => Promise<readonly TelemetryMessage[]>,
): AsyncGenerator<FollowEvent, RemoteStatus> {
  let shown: string | undefined;
  let cursor: string | undefined;
  let wait: number = WAIT_MS[0];
  let doubtfulSinceMs: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const status = await reached(remoteId);
    let told = (await read?.(signal)) ?? [];
    let isTold = told.length > 0;
    // What was printed before the end comes before it.
    if (submitter.logs !== undefined) {
      const page = await submitter.logs(remoteId, cursor, signal).catch((error: unknown) => {
        // A line that nobody could read must not lose the run.
        if (toJobError(error).code === 'PLATFORM_UNAVAILABLE') return undefined;
        throw error;
      });
      for (const line of page?.lines ?? []) {
        const message = fromLogLine(line);
        if (message !== undefined) {
          told = [...told, message];
          isTold = true;
          continue;
        }
        if (told.length > 0) yield { kind: 'telemetry', messages: told };
        told = [];
        yield { kind: 'log', line };
      }
      cursor = page?.cursor ?? cursor;
    }
    if (told.length > 0) yield { kind: 'telemetry', messages: told };
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
    wait = Math.min(isTold ? TOLD_MS : WAIT_MS[1], wait * 1.5);
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
