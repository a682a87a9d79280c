import type { Argv } from 'yargs';
import type { CommandContext } from '../command.ts';
import type { RunRequest } from '../run.ts';

/** A job and its config. */
export function jobFlags(yargs: Argv) {
  return yargs
    .positional('job', { type: 'string', demandOption: true, describe: 'name of the job' })
    .option('config', {
      type: 'string',
      demandOption: true,
      describe: 'file with the config, or the JSON itself',
    });
}

/** A job, its config, and the window of a run. */
export function runFlags(yargs: Argv) {
  return jobFlags(yargs)
    .option('from', { type: 'string', describe: 'first day of the window, YYYY-MM-DD' })
    .option('to', { type: 'string', describe: 'day after its last one, YYYY-MM-DD' });
}

/** What {@link runFlags} say of a run; the config is open by now. */
export function requestOf(
  args: {
    readonly job: string;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  },
  config: unknown,
  { storePath }: CommandContext,
): RunRequest {
  return {
    jobName: args.job,
    config,
    ...(args.from === undefined ? {} : { startDate: args.from }),
    ...(args.to === undefined ? {} : { endDate: args.to }),
    ...(storePath === undefined ? {} : { store: storePath }),
  };
}
