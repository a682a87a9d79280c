import { JobError } from '../core/errors.ts';

/** The two signals that end a run, and what the run then says. */
const SIGNALS = {
  SIGINT: { code: 'INTERRUPTED', name: 'Ctrl-C (SIGINT)' },
  SIGTERM: { code: 'TERMINATED', name: 'SIGTERM' },
} as const;

export interface StopSignals {
  /** Aborts with the first SIGINT or SIGTERM. */
  readonly first: AbortSignal;
  /**
   * Takes the second signal, which else ends the process at once, as if it had been killed. The third
   * one does so then.
   */
  takeSecond(): AbortSignal;
}

/** The signals of the whole process: the first one lets the work end in an orderly way. */
export function stopSignals(): StopSignals {
  const controllers = [new AbortController()];
  for (const [signal, { code, name }] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      const next = controllers.find((controller) => !controller.signal.aborted);
      if (next === undefined) process.exit(code === 'INTERRUPTED' ? 130 : 143);
      next.abort(
        new JobError(code, `stopped by ${name}; the targets are as they were`, {
          hint: 'run the same command again: it starts afresh and loads nothing twice',
        }),
      );
    });
  }
  const [first = new AbortController()] = controllers;
  return {
    first: first.signal,
    takeSecond() {
      const second = controllers[1] ?? new AbortController();
      controllers[1] = second;
      return second.signal;
    },
  };
}

/** {@link stopSignals} for what ends at once with the second signal. */
export function abortOnSignals(): AbortSignal {
  return stopSignals().first;
}
