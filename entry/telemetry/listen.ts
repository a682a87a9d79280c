import { messageOf } from '../../core/errors.ts';
import type { RunWatcher } from '../../core/events.ts';
import type { RunStore } from '../../core/run-store.ts';
import type { Tell } from '../../core/telemetry.ts';
import type { RunInfo } from '../../jobs/job.ts';
import type { RunServices } from '../../jobs/runner.ts';
import type { Surroundings } from '../context.ts';
import { renderReport } from '../report/render.ts';
import { observedStore, observedWatcher } from './observe.ts';
import type { PipesSession } from './pipes/session.ts';
import { openRemoteTelemetry } from './remote.ts';

/** Who listens to a run beside those at its terminal. */
export interface Listeners {
  /** Where the submitter looks: a folder, `s3://...`, or `log`. */
  readonly telemetry?: string;
  readonly pipes?: PipesSession;
  /** Writes a line on stderr. */
  readonly err: (line: string) => void;
}

/** The parts of a run that are listened to. Disposing it brings away what was heard. */
export interface Listened extends AsyncDisposable {
  readonly store: RunStore;
  readonly watcher: RunWatcher;
  /** Leaves the report for the submitter too. */
  reporting(services: RunServices): RunServices;
}

export async function listenTo(
  { runId, attempt }: RunInfo,
  { store, watcher }: Pick<Listened, 'store' | 'watcher'>,
  { telemetry: place, pipes, err }: Listeners,
  { surroundings, redact }: { surroundings: Surroundings; redact: (text: string) => string },
  signal: AbortSignal,
): Promise<Listened> {
  const remote =
    place === undefined
      ? undefined
      : openRemoteTelemetry({
          ...{ place, runId, attempt, surroundings, err, redact },
          storeId: await store.storeId(),
        });
  let leaving: Promise<void> | undefined;
  const tell: Tell = (body, at) => {
    try {
      remote?.tell(body, at);
      pipes?.tell(body, at);
    } catch (error) {
      // What cannot be told must not fail what it tells of.
      err(`telemetry: ${messageOf(error)}`);
    }
  };
  signal.addEventListener('abort', () => {
    // A platform that stops a process gives it a few seconds.
    remote?.hurry();
    pipes?.hurry();
  });
  return {
    store: observedStore(store, tell, pipes?.origin),
    watcher: observedWatcher(watcher, tell),
    reporting: (services) => ({
      ...services,
      async writeReport(ended) {
        const written = await services.writeReport(ended);
        if (written !== undefined) leaving = remote?.leaveReport(renderReport(ended));
        return written;
      },
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all([leaving, remote?.[Symbol.asyncDispose]()]);
    },
  };
}
