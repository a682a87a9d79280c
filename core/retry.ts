import type { Clock } from './clock.ts';
import { toJobError } from './errors.ts';

/** Waits between tries: `firstMs`, doubled each time up to `maxMs`, each shortened by up to half at random. */
export interface Backoff {
  readonly tries: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Waits of a backoff, whatever says how often. */
export type Waits = Pick<Backoff, 'firstMs' | 'maxMs'>;

/**
 * The wait after a try, as `retry` makes it.
 *
 * @param tryNumber - from 1.
 * @param random - a number in [0, 1).
 */
export function halfJitterMs(waits: Waits, tryNumber: number, random: number): number {
  return grown(waits, tryNumber) * (1 - random / 2);
}

/**
 * Anything between nothing and what a wait has grown to: racers that lost to the same winner then come
 * one by one, and not all at once again.
 *
 * @param lost - how often so far, from 1.
 * @param random - a number in [0, 1).
 */
export function fullJitterMs(waits: Waits, lost: number, random: number): number {
  return random * grown(waits, lost);
}

function grown({ firstMs, maxMs }: Waits, times: number): number {
  return Math.min(maxMs, firstMs * 2 ** (times - 1));
}

/**
 * Calls `work` until it returns, or throws something that `again` does not accept, or the tries are used up.
 * A wait is never shorter than the server has asked for.
 *
 * @param random - a number in [0, 1), so that racers spread out.
 */
export async function retry<T>(
  work: (tryNumber: number) => Promise<T>,
  again: (error: unknown) => boolean,
  backoff: Backoff,
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
): Promise<T> {
  for (let tryNumber = 1; ; tryNumber++) {
    try {
      return await work(tryNumber);
    } catch (error) {
      if (tryNumber >= backoff.tries || !again(error)) throw error;
      const { retryAfterMs } = toJobError(error);
      const wait = halfJitterMs(backoff, tryNumber, random());
      await clock.sleep(Math.max(retryAfterMs, wait), signal);
    }
  }
}
