import { expect, it } from '@jest/globals';
import { JobError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';
import { testClock } from '../twins/clock.ts';

const BACKOFF = { tries: 3, firstMs: 1_000, maxMs: 4_000 };

it.each([
  [0, 500 + 1_000],
  [600, 600 + 1_000],
  [9_000, 9_000 + 9_000],
])('waits at least the %i ms that the server asks for', async (retryAfterMs, waited) => {
  const clock = testClock();
  const before = clock.monotonicMs();
  const busy = new JobError('PLATFORM_UNAVAILABLE', 'busy', { retryAfterMs });
  const { signal } = new AbortController();
  const work = () => Promise.reject(busy);
  await expect(
    retry(
      work,
      () => true,
      BACKOFF,
      clock,
      () => 0.999_999_9,
      signal,
    ),
  ).rejects.toBe(busy);
  expect(Math.round(clock.monotonicMs() - before)).toBe(waited);
});
