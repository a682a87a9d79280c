import type { RunWatcher } from '../../core/events.ts';
import type { RunStore } from '../../core/run-store.ts';
import type { Tell } from '../../core/telemetry.ts';

/** A fact that belongs to the record of a run from its beginning: what has asked for it. */
export interface Origin {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The store, with what it has recorded of a run told on. */
export function observedStore(store: RunStore, tell: Tell, origin: Origin | undefined): RunStore {
  return {
    ...store,
    async startAttempt(attempt) {
      await store.startAttempt(attempt);
      const { job, window, createdBy, servicePlatform, config, runId, at } = attempt;
      tell(
        {
          ...{
            kind: 'start',
            job,
            created_by: createdBy,
            service_provider: servicePlatform,
            config,
          },
          window:
            window === undefined
              ? null
              : { start_date: window.startDate, end_date: window.endDate },
        },
        at,
      );
      if (origin === undefined) return;
      await store.appendEvent({ runId, attempt: attempt.attempt, at, ...origin });
      tell({ kind: 'event', ...origin }, at);
    },
    async putStep(runId, step) {
      await store.putStep(runId, step);
      const { name, state, startedAt, endedAt } = step;
      const ended = endedAt === undefined ? {} : { ended_at: endedAt };
      tell({ kind: 'step', name, state, started_at: startedAt, ...ended });
    },
    async appendEvent(event) {
      await store.appendEvent(event);
      tell({ kind: 'event', type: event.type, data: event.data }, event.at);
    },
    async endAttempt(end) {
      const isOurs = await store.endAttempt(end);
      const { state, engine, result, at } = end;
      const named = engine === undefined ? {} : { engine };
      if (isOurs) tell({ kind: 'end', state, result, ...named }, at);
      return isOurs;
    },
  };
}

/** The watcher, with progress and notes told on; steps are the store's to tell. */
export function observedWatcher(watcher: RunWatcher, tell: Tell): RunWatcher {
  let step = '';
  return {
    stepStarted(name) {
      step = name;
      watcher.stepStarted(name);
    },
    stepEnded(name, outcome) {
      watcher.stepEnded(name, outcome);
    },
    progress(part, done, total) {
      tell({ kind: 'progress', step, part, done, total });
      watcher.progress(part, done, total);
    },
    note(level, message) {
      tell({ kind: 'log', level, text: message });
      watcher.note(level, message);
    },
  };
}
