import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';

/** Time that moves only when somebody sleeps or a test moves it: an hour takes no time. */
export interface TestClock extends Clock {
  move(ms: number): void;
}

export function testClock(start = '2017-06-12T02:00:00.000Z'): TestClock {
  let ms = Date.parse(start);
  return {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    move(by) {
      ms += by;
    },
    async sleep(by, signal) {
      signal.throwIfAborted();
      ms += by;
      await setImmediate();
      signal.throwIfAborted();
    },
  };
}
