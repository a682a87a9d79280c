import { createHash } from 'node:crypto';

/**
 * What a platform knows one attempt by, 64 characters of [0-9a-f]: the same for every try at sending
 * it, another one for each attempt, since a platform that honours it gives back the old run for ever.
 *
 * @param place - what tells one workspace, account or job of the platform from another.
 */
export function submissionToken(of: {
  readonly platform: string;
  readonly place: string;
  readonly job: string;
  readonly runId: string;
  readonly attempt: number;
}): string {
  const { platform, place, job, runId, attempt } = of;
  return createHash('sha256')
    .update(JSON.stringify(['dray.submission/1', platform, place, job, runId, attempt]))
    .digest('hex');
}
