import type { RunWatcher } from '../../core/events.ts';
import { count } from '../wording.ts';
import { duration, type Paint, rate } from './format.ts';
import type { TerminalOptions } from './stream.ts';

/** A log is for reading later: one line per stream within this time is enough. */
const EVERY_MS = 5_000;

/** Lines for a log: no cursor movement, nothing that is overwritten. */
export function plainWatcher(
  { stream, clock }: TerminalOptions,
  paint: Paint,
): RunWatcher & Disposable {
  const streams = new Map<string, { readonly startMs: number; shownMs: number }>();
  const write = (line: string): void => {
    stream.write(`${line}\n`);
  };
  return {
    stepStarted(step) {
      streams.clear();
      write(`${step}: started`);
    },
    stepEnded(step, { ok, seconds }) {
      write(`${step}: ${ok ? 'done' : paint('bad', 'failed')} in ${duration(seconds)}`);
    },
    progress(part, done, total) {
      const nowMs = clock.monotonicMs();
      const known = streams.get(part);
      if (known === undefined) {
        streams.set(part, { startMs: nowMs, shownMs: nowMs });
        return;
      }
      if (nowMs - known.shownMs < EVERY_MS) return;
      known.shownMs = nowMs;
      const percent = total > 0 ? Math.floor((done / total) * 100) : 0;
      const speed = rate(done, (nowMs - known.startMs) / 1000);
      write(`${part}: ${count(done)} of ${count(total)} rows, ${percent}%, ${speed}`);
    },
    note(level, message) {
      write(level === 'warning' ? `${paint('careful', 'warning')}: ${message}` : message);
    },
    [Symbol.dispose]: () => undefined,
  };
}
