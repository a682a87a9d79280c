import type { RunWatcher } from '../../core/events.ts';
import { printable } from '../../core/printable.ts';
import { painter } from './format.ts';
import { liveWatcher } from './live.ts';
import { plainWatcher } from './plain.ts';
import type { TerminalOptions } from './stream.ts';

/** Shows a run on a terminal or in a log. Disposing it removes what is still being drawn. */
export function terminalWatcher(options: TerminalOptions): RunWatcher & Disposable {
  const paint = painter(options.color);
  const watcher = options.isTty ? liveWatcher(options, paint) : plainWatcher(options, paint);
  return {
    ...watcher,
    note(level, message) {
      watcher.note(level, printable(options.redact(message)));
    },
  };
}
