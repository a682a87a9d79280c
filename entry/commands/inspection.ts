import type { EngineName } from '../../core/engine.ts';
import { printable } from '../../core/printable.ts';
import { createRedactor, type Redactor } from '../../core/secrets.ts';
import type { EngineContext } from '../../jobs/job.ts';
import type { RunServices } from '../../jobs/runner.ts';
import type { CommandContext } from '../command.ts';
import { createServices } from '../context.ts';
import { SILENT } from '../terminal/silent.ts';

/** What a command has that looks at a job's data outside a run. */
export interface Inspection {
  readonly context: EngineContext;
  readonly platform: RunServices['platform'];
  /** Knows the secrets that were resolved; whatever is printed goes through it. */
  readonly redactor: Redactor;
}

/** @param name - what Spark's operations are tagged with, in the place of a run's id. */
export function openInspection(name: string, command: CommandContext): Inspection {
  const redactor = createRedactor();
  const services = createServices(command.surroundings, command.store, {
    watcher: SILENT,
    redactor,
  });
  const context = {
    ...services,
    warn(message: string) {
      command.err(printable(redactor.redact(message)));
    },
    openEngine: (engine: EngineName, options: object, signal: AbortSignal) =>
      services.openEngine(engine, { ...options, runId: name }, signal),
  };
  return { context, platform: services.platform, redactor };
}
