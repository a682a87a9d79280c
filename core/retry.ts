import type { Clock } from './clock.ts';

/** Waits between tries: `firstMs`, doubled each time up to `maxMs`, each shortened by up to half at random. */
export interface Backoff {
  readonly tries: number;
  readonly firstMs: number;
  readonly maxMs: number;
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
