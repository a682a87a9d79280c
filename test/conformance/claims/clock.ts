import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../core/clock.ts';
import { RENEW_EVERY_MS } from '../../../core/claims.ts';

/**
 * The clock of one process that holds or wants a claim. Short sleeps (looking whether a claim is
 * free) end at once and count as slept; long ones (renewals) last until `renew()`: a process whose
 * clock is left alone is a process that has stopped.
 */
export interface ProcessClock extends Clock {
  /** Lets the sleeping renewal go on. */
  renew(): void;
}

export function processClock(): ProcessClock {
  let elapsedMs = 0;
  let wake = new AbortController();
  return {
    now: () => new Date(elapsedMs),
    monotonicMs: () => elapsedMs,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      elapsedMs += ms;
      if (ms < RENEW_EVERY_MS) {
        await setImmediate();
      } else {
        await aborted(AbortSignal.any([signal, wake.signal]));
      }
      signal.throwIfAborted();
    },
    renew() {
      wake.abort();
      wake = new AbortController();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
