import { JobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { printable } from '../../core/printable.ts';
import { finish, runAndWatch } from '../generic-main.ts';
import { openConfig } from '../config-envelope.ts';
import { jobs } from '../../jobs/registry.ts';
import { defineCommand } from '../command.ts';
import { requestOf, runFlags } from './job-flags.ts';

/** `dray run JOB --config FILE`: the generic entry for people. */
export const run = defineCommand({
  usage: 'run <job>',
  summary: 'run a job here',
  flags: (yargs) =>
    runFlags(yargs)
      .option('created-by', { type: 'string', describe: 'column created_by (default: dray)' })
      .option('run-id', { type: 'string', describe: 'id of the run (default: a new one)' })
      .option('attempt', { type: 'number', describe: 'number of the attempt (default: 1)' })
      .option('force', { type: 'boolean', default: false, describe: 'load again what is loaded' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'check; write nothing' })
      .option('json', { type: 'boolean', default: false, describe: 'print the result line' })
      .option('verbose', { type: 'boolean', default: false, describe: 'say more on errors' }),
  async run(args, context, signal) {
    const { surroundings, output } = context;
    if (!Object.keys(jobs).includes(args.job)) {
      const near = nearest(args.job, Object.keys(jobs));
      throw new JobError('JOB_UNKNOWN', `there is no job "${printable(args.job)}"`, {
        hint: `${near === undefined ? '' : `did you mean "${near}"? `}jobs: ${Object.keys(jobs).join(', ')}`,
      });
    }
    const config = await openConfig(args.config, surroundings);
    const result = await runAndWatch(
      {
        ...requestOf(args, config, context),
        force: args.force,
        dryRun: args['dry-run'],
        ...(args['created-by'] === undefined ? {} : { createdBy: args['created-by'] }),
        ...(args['run-id'] === undefined ? {} : { runId: args['run-id'] }),
        ...(args.attempt === undefined ? {} : { attempt: args.attempt }),
      },
      surroundings,
      output,
      signal,
    );
    return finish(result, output, surroundings, args.verbose, args.json);
  },
});
