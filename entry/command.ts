import type { Argv } from 'yargs';
import type { RunStore } from '../core/run-store.ts';
import type { Surroundings } from './context.ts';
import type { EntryOutput } from './generic-main.ts';

/** What a command may use; only the composition root makes one. */
export interface CommandContext {
  readonly store: RunStore;
  /** File of the store, where `--store` names one. */
  readonly storePath?: string;
  readonly surroundings: Surroundings;
  readonly output: EntryOutput;
  /** Prints a line on stdout. */
  out(text: string): void;
  /** Prints a line on stderr. */
  err(text: string): void;
  /** Columns that a line may have; infinite when the output is no terminal. */
  readonly width: number;
  readonly color: boolean;
}

/** A command of the CLI as a value. */
export interface Command {
  /** Its words and arguments as yargs has them: `runs show <run_id>`. */
  readonly usage: string;
  readonly summary: string;
  flags(yargs: Argv): Argv;
  /** @returns the exit code. */
  run(
    args: Readonly<Record<string, unknown>>,
    context: CommandContext,
    signal: AbortSignal,
  ): Promise<number>;
}

/** Gives a command's `run` the types that its `flags` declare. */
export function defineCommand<Args>(command: {
  readonly usage: string;
  readonly summary: string;
  readonly flags: (yargs: Argv) => Argv<Args>;
  readonly run: (args: Args, context: CommandContext, signal: AbortSignal) => Promise<number>;
}): Command {
  return {
    usage: command.usage,
    summary: command.summary,
    flags: (yargs) => command.flags(yargs),
    // yargs has parsed them by the flags above.
    run: async (args, context, signal) => await command.run(args as Args, context, signal),
  };
}
