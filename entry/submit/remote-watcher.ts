import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { printable } from '../../core/printable.ts';
import type { RunStore } from '../../core/run-store.ts';
import type { TelemetryMessage } from '../../core/telemetry.ts';
import type { CommandContext } from '../command.ts';
import { terminalWatcher } from '../terminal/watcher.ts';

/** Shows a run that works elsewhere as if it worked here. */
export interface RemoteWatcher extends Disposable {
  show(messages: readonly TelemetryMessage[]): void;
  /** A line that is not the run's own. */
  say(line: string): void;
}

/** Begins with what the record has of the attempt: its step, and how far that has come. */
export async function remoteWatcher(
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
  context: Pick<CommandContext, 'store' | 'surroundings' | 'output' | 'color'>,
): Promise<RemoteWatcher> {
  const { output, surroundings, color, store } = context;
  const clock = remoteClock(surroundings.clock ?? systemClock);
  const watcher = terminalWatcher({
    ...{ stream: output.stderr, isTty: output.stderr.isTTY === true, clock, color },
    // The run has masked its secrets itself; here nobody knows them.
    redact: (text) => text,
  });
  for (const message of await known(runId, attempt, store)) {
    clock.tell(message.at);
    if (message.part === undefined) watcher.stepStarted(printable(message.step));
    else watcher.progress(printable(message.part), message.done, message.total);
  }

  function show(message: TelemetryMessage): void {
    clock.tell(message.at);
    switch (message.kind) {
      case 'step': {
        const { name, state, started_at: started, ended_at: ended } = message;
        if (state === 'RUNNING') watcher.stepStarted(printable(name));
        else {
          const ms = Date.parse(ended ?? started) - Date.parse(started);
          const ok = state === 'COMPLETED';
          watcher.stepEnded(printable(name), { ok, seconds: ms / 1000 });
        }
        return;
      }
      case 'progress':
        watcher.progress(printable(message.part), message.done, message.total);
        return;
      case 'log':
        watcher.note(message.level, message.text);
        return;
      case 'dropped':
        watcher.note('warning', `${String(message.count)} messages of the run were lost`);
        return;
      case 'event':
      case 'start':
      case 'end':
        return;
    }
    message satisfies never;
  }

  return {
    show(messages) {
      for (const message of messages) show(message);
    },
    say(line) {
      watcher.note('info', line);
    },
    [Symbol.dispose]() {
      watcher[Symbol.dispose]();
    },
  };
}

interface Known {
  readonly at: string;
  readonly step: string;
  readonly part?: string;
  readonly done: number;
  readonly total: number;
}

async function known(runId: string, attempt: number, store: RunStore): Promise<readonly Known[]> {
  const steps = await store.listSteps(runId);
  const step = steps.find((one) => one.attempt === attempt && one.state === 'RUNNING');
  if (step === undefined) return [];
  const parts = await store.listProgress(runId);
  return [
    { at: step.startedAt, step: step.name, done: 0, total: 0 },
    ...parts.filter((one) => one.attempt === attempt && one.step === step.name),
  ];
}

/** A clock that goes on from the time that was last told: rates are those of the run, not of its news. */
function remoteClock(clock: Clock): Clock & { tell(at: string): void } {
  let toldMs = 0;
  let heardMs = clock.monotonicMs();
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    monotonicMs: () => toldMs + clock.monotonicMs() - heardMs,
    tell(at) {
      toldMs = Date.parse(at);
      heardMs = clock.monotonicMs();
    },
  };
}
