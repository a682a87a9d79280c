import type { Argv } from 'yargs';
import type { RunStore } from '../core/run-store.ts';
import { openStore, type Surroundings } from './context.ts';
import type { EntryOutput } from './generic-main.ts';

/** What every command may use; only the composition root makes one. */
export interface Screen {
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

/** What a command may use that looks into the run store. */
export interface CommandContext extends Screen {
  readonly store: RunStore;
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
    screen: Screen,
    signal: AbortSignal,
  ): Promise<number>;
}

interface Definition<Args, Context> {
  readonly usage: string;
  readonly summary: string;
  readonly flags: (yargs: Argv) => Argv<Args>;
  readonly run: (args: Args, context: Context, signal: AbortSignal) => Promise<number>;
}

/** Gives a command's `run` the types that its `flags` declare, and the run store. */
export function defineCommand<Args>(command: Definition<Args, CommandContext>): Command {
  return defineStoreless({
    ...command,
    async run(args, screen, signal) {
      await using store = await openStore(screen.surroundings, screen.storePath);
      return await command.run(args, { ...screen, store }, signal);
    },
  });
}

/** As {@link defineCommand}, for what has to work where the store does not, or needs none. */
export function defineStoreless<Args>(command: Definition<Args, Screen>): Command {
  return {
    usage: command.usage,
    summary: command.summary,
    flags: (yargs) => command.flags(yargs),
    // yargs has parsed them by the flags above.
    run: async (args, screen, signal) => await command.run(args as Args, screen, signal),
  };
}
