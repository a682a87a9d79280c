import type { RunWatcher } from '../../core/events.ts';

/** Nobody watches, or there is no run to watch. */
export const SILENT: RunWatcher = {
  stepStarted: () => undefined,
  stepEnded: () => undefined,
  progress: () => undefined,
  note: () => undefined,
};
