import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Clock } from '../../../core/clock.ts';
import { terminalWatcher } from '../../../entry/terminal/watcher.ts';
import { Screen } from './screen.ts';

let nowMs = 0;
const clock: Clock = {
  now: () => new Date(nowMs),
  monotonicMs: () => nowMs,
  sleep: () => Promise.resolve(),
};

function watch(screen: Screen, options: { isTty: boolean; color?: boolean }) {
  return terminalWatcher({
    stream: screen,
    clock,
    color: false,
    redact: (text) => text.replaceAll('geheim', '***'),
    ...options,
  });
}

/** Lets time go by, for the clock and for the redrawing. */
function pass(ms: number): void {
  nowMs += ms;
  jest.advanceTimersByTime(ms);
}

beforeEach(() => {
  nowMs = 1_000;
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('on a terminal', () => {
  it('leaves one line per step', () => {
    const screen = new Screen(80);
    using watcher = watch(screen, { isTty: true });
    watcher.stepStarted('check');
    pass(400);
    expect(screen.text()).toMatch(/^. check {11}0\.[34] s$/u);
    watcher.stepEnded('check', { ok: true, seconds: 0.4 });
    watcher.stepStarted('claim');
    watcher.stepEnded('claim', { ok: false, seconds: 65 });
    expect(screen.text()).toBe('✓ check           0.4 s\n✗ claim      1 min 05 s  failed');
  });

  it('shows a bar per sink while they stage, and its rows afterwards', () => {
    const screen = new Screen(100);
    using watcher = watch(screen, { isTty: true });
    watcher.stepStarted('write');
    watcher.progress('unity', 0, 4_000);
    watcher.progress('redshift', 0, 4_000);
    pass(1_000);
    watcher.progress('unity', 4_000, 4_000);
    watcher.progress('redshift', 1_000, 4_000);
    pass(1_000);
    const [, unity, redshift, ...others] = screen.text().split('\n');
    expect(unity).toMatch(/unity {5}█{28} 100% 4,000 \/ 4,000 +4,000 rows\/s +1\.0 s$/);
    expect(redshift).toMatch(
      /redshift {2}█{7}░{21} +25% 1,000 \/ 4,000 +5\d\d rows\/s +(1\.9|2\.0) s$/,
    );
    expect(others).toEqual([]);
    watcher.stepEnded('write', { ok: true, seconds: 2 });
    expect(screen.text()).toBe('✓ write           2.0 s  unity 4,000, redshift 1,000 rows');
  });

  it('shows the rows of a step that has one stream of its own', () => {
    const screen = new Screen(100);
    using watcher = watch(screen, { isTty: true });
    watcher.stepStarted('transform');
    watcher.progress('transform', 8_000, 8_000);
    watcher.stepEnded('transform', { ok: true, seconds: 2 });
    expect(screen.text()).toBe('✓ transform       2.0 s  8,000 rows, 4,000 rows/s');
  });

  it('prints notes above the bars, whole, and goes on below', () => {
    const screen = new Screen(40);
    using watcher = watch(screen, { isTty: true });
    watcher.stepStarted('write');
    watcher.progress('unity', 1, 10);
    pass(500);
    watcher.note('warning', 'a warning that is longer than the terminal is wide');
    watcher.note('info', 'waiting');
    pass(500);
    const lines = screen.text().split('\n');
    expect(lines.slice(0, 3).join('')).toBe(
      '! warning: a warning that is longer than the terminal is wide  waiting',
    );
    expect(lines.slice(3).join('\n')).toMatch(/^. write .*\n {2}unity .*10%/u);
  });

  it.each([10, 20, 30, 45, 60])('never wraps a bar in %i columns', (columns) => {
    const screen = new Screen(columns);
    using watcher = watch(screen, { isTty: true });
    watcher.stepStarted('write');
    watcher.progress('unity', 123_456, 441_696);
    pass(2_000);
    const [, bar = '', ...others] = screen.text().split('\n');
    expect(Array.from(bar).length).toBeLessThan(columns);
    expect(others).toEqual([]);
  });

  it('leaves nothing half drawn when it is disposed in the middle', () => {
    const screen = new Screen(80);
    const watcher = watch(screen, { isTty: true });
    watcher.stepStarted('write');
    watcher.progress('unity', 5, 10);
    pass(500);
    watcher[Symbol.dispose]();
    pass(500);
    expect(screen.text()).toBe('');
    expect(screen.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      screen.raw.lastIndexOf('\u001b[?25l'),
    );
  });

  it('uses colours only when it may', () => {
    const plain = new Screen(80);
    const coloured = new Screen(80);
    for (const [screen, color] of [[plain, false] as const, [coloured, true] as const]) {
      using watcher = watch(screen, { isTty: true, color });
      watcher.stepEnded('check', { ok: true, seconds: 1 });
    }
    expect(plain.raw).not.toContain('\u001b[32m');
    expect(coloured.raw).toContain('\u001b[32m✓');
  });
});

describe('in a log', () => {
  it('writes whole lines and at most one per stream in five seconds', () => {
    const screen = new Screen(200);
    using watcher = watch(screen, { isTty: false });
    watcher.stepStarted('write');
    for (let done = 0; done <= 1_200; done += 1) {
      watcher.progress('unity', done, 1_200);
      watcher.progress('stage', done, 1_200);
      pass(10);
    }
    watcher.stepEnded('write', { ok: true, seconds: 12 });
    expect(screen.raw.split('\n')).toEqual([
      'write: started',
      'unity: 500 of 1,200 rows, 41%, 100 rows/s',
      'stage: 500 of 1,200 rows, 41%, 100 rows/s',
      'unity: 1,000 of 1,200 rows, 83%, 100 rows/s',
      'stage: 1,000 of 1,200 rows, 83%, 100 rows/s',
      'write: done in 12.0 s',
      '',
    ]);
  });

  it('writes notes at once', () => {
    const screen = new Screen(200);
    using watcher = watch(screen, { isTty: false });
    watcher.note('warning', 'low on disk');
    watcher.note('info', 'waiting');
    expect(screen.raw).toBe('warning: low on disk\nwaiting\n');
  });
});

it.each([true, false])('masks secrets and control characters in notes (terminal: %s)', (isTty) => {
  const screen = new Screen(80);
  using watcher = watch(screen, { isTty });
  watcher.note('warning', 'password geheim\u001b[2J\r\nforged');
  expect(screen.text()).toContain('warning: password ***\\u001b[2J\\r\\nforged');
});
