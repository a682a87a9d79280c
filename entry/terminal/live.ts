import type { RunWatcher } from '../../core/events.ts';
import { createDisplay } from './display.ts';
import type { Paint } from './format.ts';
import { endedStepLine, type PartProgress, progressLine, runningStepLine } from './step-line.ts';
import type { TerminalOptions } from './stream.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPINNER_MS = 80;
const DEFAULT_COLUMNS = 80;

/** The step at work, drawn over and over below the lines that stay. */
export function liveWatcher(
  { stream, clock }: TerminalOptions,
  paint: Paint,
): RunWatcher & Disposable {
  let step: { readonly name: string; readonly startMs: number } | undefined;
  const parts = new Map<string, PartProgress>();
  const display = createDisplay(stream);

  function headLine(): string {
    if (step === undefined) return '';
    const ms = clock.monotonicMs() - step.startMs;
    const frame = SPINNER[Math.floor(ms / SPINNER_MS) % SPINNER.length] ?? '';
    return runningStepLine(step.name, ms / 1000, frame, paint);
  }
  function partLine(part: string): string {
    const progress = parts.get(part);
    if (progress === undefined) return '';
    const width = stream.columns ?? DEFAULT_COLUMNS;
    return progressLine(progress, clock.monotonicMs(), width, paint);
  }
  function drawAll(): void {
    if (step === undefined) return;
    display.add(headLine);
    for (const part of parts.keys()) {
      display.add(() => partLine(part));
    }
  }
  /** Lines that stay are written where the drawing was; the drawing goes on below them. */
  function writeLine(line: string): void {
    display.clear();
    stream.write(`${line}\n`);
    drawAll();
  }
  return {
    stepStarted(name) {
      display.clear();
      parts.clear();
      step = { name, startMs: clock.monotonicMs() };
      drawAll();
    },
    stepEnded(name, outcome) {
      const line = endedStepLine(name, outcome, [...parts.values()], paint);
      step = undefined;
      writeLine(line);
    },
    progress(part, done, total) {
      const nowMs = clock.monotonicMs();
      const known = parts.get(part);
      const startMs = known?.startMs ?? step?.startMs ?? nowMs;
      parts.set(part, { name: part, startMs, seenMs: nowMs, done, total });
      if (known === undefined && step !== undefined) display.add(() => partLine(part));
    },
    note(level, message) {
      writeLine(level === 'warning' ? paint('careful', `! warning: ${message}`) : `  ${message}`);
    },
    [Symbol.dispose]() {
      step = undefined;
      display.clear();
    },
  };
}
