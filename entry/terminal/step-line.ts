import { count } from '../wording.ts';
import { duration, type Paint, rate } from './format.ts';

/** One stream of work within a step, such as the rows staged in one sink. */
export interface PartProgress {
  readonly name: string;
  readonly startMs: number;
  /** Of the last progress. */
  readonly seenMs: number;
  readonly done: number;
  readonly total: number;
}

const NAME_WIDTH = 10;
/** `59 min 59 s` is the longest that is usual. */
const SECONDS_WIDTH = 11;

/** The line of a step at work. */
export function runningStepLine(
  step: string,
  seconds: number,
  frame: string,
  paint: Paint,
): string {
  const time = duration(seconds).padStart(SECONDS_WIDTH);
  return `${paint('accent', frame)} ${step.padEnd(NAME_WIDTH)}${paint('quiet', time)}`;
}

/** What stays on the terminal of a step that has ended. */
export function endedStepLine(
  step: string,
  outcome: { readonly ok: boolean; readonly seconds: number },
  parts: readonly PartProgress[],
  paint: Paint,
): string {
  const mark = outcome.ok ? paint('good', '✓') : paint('bad', '✗');
  const seconds = duration(outcome.seconds).padStart(SECONDS_WIDTH);
  const rows = outcome.ok ? rowsText(step, parts, outcome.seconds) : 'failed';
  const line = `${mark} ${step.padEnd(NAME_WIDTH)}${seconds}`;
  return rows === '' ? line : `${line}  ${paint(outcome.ok ? 'quiet' : 'bad', rows)}`;
}

function rowsText(step: string, parts: readonly PartProgress[], seconds: number): string {
  const [only, ...others] = parts;
  if (only === undefined) return '';
  if (others.length === 0 && only.name === step) {
    return [`${count(only.done)} rows`, rate(only.done, seconds)].filter(Boolean).join(', ');
  }
  return `${parts.map(({ name, done }) => `${name} ${count(done)}`).join(', ')} rows`;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LONGEST_BAR = 28;
const SHORTEST_BAR = 6;

/**
 * A line for work that goes on: name, bar, percent, rows, rate, time. What does not fit the width is
 * left out from the right, so that a line never wraps.
 */
export function progressLine(
  { name, startMs, seenMs, done, total }: PartProgress,
  nowMs: number,
  width: number,
  paint: Paint,
): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const seconds = ((share === 1 ? seenMs : nowMs) - startMs) / 1000;
  const percent = `${String(Math.floor(share * 100))}%`.padStart(4);
  const all = count(total);
  const details = [
    percent,
    `${count(done).padStart(all.length)} / ${all}`,
    (seconds < 0.1 ? '' : rate(done, seconds)).padStart(16),
    duration(seconds).padStart(SECONDS_WIDTH),
  ];
  const head = `  ${name.padEnd(NAME_WIDTH)}`;
  const room = width - 1 - head.length;
  const shown: string[] = [];
  let used = SHORTEST_BAR;
  for (const detail of details) {
    if (used + 1 + detail.length > room) break;
    shown.push(detail);
    used += 1 + detail.length;
  }
  const bar = Math.min(LONGEST_BAR, SHORTEST_BAR + room - used);
  if (bar < 1) return head.slice(0, Math.max(0, width - 1));
  return `${head}${drawBar(share, bar, paint)}${shown.map((detail) => ` ${detail}`).join('')}`;
}

function drawBar(share: number, width: number, paint: Paint): string {
  const eighths = Math.floor(share * width * 8);
  const part = EIGHTHS[eighths % 8] ?? '';
  const whole = Math.floor(eighths / 8);
  const rest = width - whole - part.length;
  return paint('accent', '█'.repeat(whole) + part) + paint('quiet', '░'.repeat(rest));
}
