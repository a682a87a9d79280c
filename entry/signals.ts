import { JobError } from '../core/errors.ts';

/** The two signals that end a run, and what the run then says. */
const SIGNALS = {
  SIGINT: { code: 'INTERRUPTED', name: 'Ctrl-C (SIGINT)' },
  SIGTERM: { code: 'TERMINATED', name: 'SIGTERM' },
} as const;

/**
 * One abort signal for the whole process. The first SIGINT or SIGTERM aborts it, and the run ends in
 * an orderly way; a second one ends the process at once, as if it had been killed.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, { code, name }] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code === 'INTERRUPTED' ? 130 : 143);
      controller.abort(
        new JobError(code, `stopped by ${name}; the targets are as they were`, {
          hint: 'run the same command again: it starts afresh and loads nothing twice',
        }),
      );
    });
  }
  return controller.signal;
}
