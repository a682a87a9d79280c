import { messageOf } from '../../core/errors.ts';
import type { RunWatcher } from '../../core/events.ts';
import { systemClock } from '../../core/clock.ts';
import { type DemoPlaces, formerPort } from './demo-config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';

/** Starts the demo's Postgres, shown as a step; on the port that it had before, where it is free. */
export async function startDemoPostgres(
  places: DemoPlaces,
  watcher: RunWatcher,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const startMs = systemClock.monotonicMs();
  const end = (ok: boolean): void => {
    watcher.stepEnded('postgres', { ok, seconds: (systemClock.monotonicMs() - startMs) / 1000 });
  };
  watcher.stepStarted('postgres');
  try {
    const server = await startOnFormerPort(places, watcher, signal);
    end(true);
    return server;
  } catch (error) {
    end(false);
    throw error;
  }
}

async function startOnFormerPort(
  places: DemoPlaces,
  watcher: RunWatcher,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const options = {
    dataDir: places.postgres,
    onProgress(line: string) {
      if (!line.startsWith('starting')) watcher.note('info', line);
    },
  };
  const port = await formerPort(places.config);
  if (port === undefined) return await startEmbeddedPostgres(options, signal);
  try {
    return await startEmbeddedPostgres({ ...options, port }, signal);
  } catch (error) {
    if (!/could not bind|already in use/i.test(messageOf(error))) throw error;
    watcher.note(
      'warning',
      `another program has port ${String(port)} now: Postgres gets a new one, and is loaded anew`,
    );
    return await startEmbeddedPostgres(options, signal);
  }
}
