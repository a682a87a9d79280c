import type { Clock } from '../../core/clock.ts';

/** Where people read along; `process.stderr` is one. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width in characters, when it is a terminal; changes as the window does. */
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly stream: TerminalStream;
  /** Draw and redraw; else only whole lines are written, as for a log. */
  readonly isTty: boolean;
  readonly clock: Clock;
  readonly color: boolean;
  /** Masks secrets in a text. */
  readonly redact: (text: string) => string;
}
