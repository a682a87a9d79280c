import { Socket } from 'node:net';
import { JobError } from '../core/errors.ts';

/**
 * Aborts when the launcher that started this process is gone, whatever ended it: it holds the other
 * end of a pipe open, whose number it hands over as `DRAY_PARENT_FD`. Never aborts without one.
 *
 * The pipe does not keep the process alive.
 */
export function abortWithLauncher(env: Readonly<Record<string, string | undefined>>): AbortSignal {
  const controller = new AbortController();
  const fd = Number(env['DRAY_PARENT_FD'] ?? '');
  if (!Number.isInteger(fd) || fd < 3) return controller.signal;
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('error', () => undefined);
  pipe.on('close', () => {
    controller.abort(
      new JobError(
        'TERMINATED',
        'stopped because its launcher is gone; the targets are as they were',
        {
          hint: 'run the same command again: it starts afresh and loads nothing twice',
        },
      ),
    );
  });
  pipe.resume().unref();
  return controller.signal;
}
