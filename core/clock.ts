import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time: everything that waits or stamps takes one, so tests choose the time. */
export interface Clock {
  now(): Date;
  /** Milliseconds of a clock that never steps back; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted();
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
