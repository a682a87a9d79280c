import type { Clock } from './clock.ts';

/** Waits between tries: `firstMs`, doubled each time up to `maxMs`, each shortened by up to half at random. */
export interface Backoff {
  readonly tries: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Anything between nothing and what a wait has grown to: racers that lost to the same winner then come
 * one by one, and not all at once again.
 *
 * @param lost - how often so far, from 1.
 * @param random - a number in [0, 1).
 */
export function fullJitterMs(
  { firstMs, maxMs }: Pick<Backoff, 'firstMs' | 'maxMs'>,
  lost: number,
  random: number,
): number {
  return random * Math.min(maxMs, firstMs * 2 ** (lost - 1));
}

/**
 * Calls `work` until it returns, or throws something that `again` does not accept, or the tries are used up.
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
      const wait = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (tryNumber - 1));
      await clock.sleep(wait * (1 - random() / 2), signal);
    }
  }
}
