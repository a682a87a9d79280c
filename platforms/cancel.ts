import { JobError } from '../core/errors.ts';
import type { SubmissionRecord } from '../core/submission-store.ts';
import { isRemoteEnd, type RemoteStatus } from '../core/submitter.ts';
import { amended, patiently, type SubmitServices } from './submit-once.ts';

const LOOK_EVERY_MS = 2_000;

/**
 * Asks the platform to end a run, and waits until it says that it has ended. When it does not in time,
 * the attempt is fenced: the next one may be sent, and its claims keep the old one from committing.
 *
 * @param withinMs - how long the platform may take.
 * @throws JobError `STOP_UNCONFIRMED`.
 */
export async function cancelRemote(
  record: SubmissionRecord & { readonly remoteId: string },
  withinMs: number,
  services: SubmitServices,
  signal: AbortSignal,
): Promise<RemoteStatus> {
  const { submitter, clock } = services;
  const { remoteId } = record;
  const startMs = clock.monotonicMs();
  await amended(record, { cancelRequestedAt: clock.now().toISOString() }, services);
  await patiently(() => submitter.requestCancel(remoteId, signal), services, signal);
  for (;;) {
    const status = await patiently(() => submitter.status(remoteId, signal), services, signal);
    if (isRemoteEnd(status.state)) return status;
    const leftMs = withinMs - (clock.monotonicMs() - startMs);
    if (leftMs <= 0) {
      await amended(record, { fencedAt: clock.now().toISOString() }, services);
      throw new JobError(
        'STOP_UNCONFIRMED',
        `${submitter.name} was asked to stop ${remoteId} and says ${status.platformState} after ${String(Math.round(withinMs / 1000))} s`,
        {
          hint: 'it may still work and commit; the next attempt (--retry) shuts it out of every target it claims',
        },
      );
    }
    await clock.sleep(Math.min(LOOK_EVERY_MS, leftMs), signal);
  }
}
