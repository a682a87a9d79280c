import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { MASK } from '../../core/redact.ts';
import { defineCommand } from '../command.ts';
import { openConfig } from '../config-envelope.ts';
import { systemClock } from '../../core/clock.ts';
import { finish, runAndWatch } from '../generic-main.ts';
import { keptByRun, REPLAYED } from './kept.ts';

/** `dray quarantine replay RUN`: the run's window again, its quarantined rows as they are now. */
export const quarantineReplay = defineCommand({
  usage: 'quarantine replay <run_id>',
  summary: 'load the quarantined rows of a run again, after they or the rules were corrected',
  flags: (yargs) =>
    yargs
      .positional('run_id', { type: 'string', demandOption: true, describe: 'id of the run' })
      .option('config', { type: 'string', describe: 'config to use (default: that of the run)' })
      .option('created-by', { type: 'string', describe: 'column created_by (default: dray)' })
      .option('json', { type: 'boolean', default: false, describe: 'print the result line' })
      .option('verbose', { type: 'boolean', default: false, describe: 'say more on errors' }),
  async run(args, context, signal) {
    const { store, surroundings, output, storePath } = context;
    const kept = await keptByRun(args.run_id, store);
    const { run, place, corrected_by: earlier, source } = kept;
    const config =
      args.config === undefined
        ? await store.getConfig(run.runId)
        : await openConfig(args.config, surroundings);
    if (JSON.stringify(config).includes(MASK)) {
      throw new JobError(
        'ARGUMENTS_INVALID',
        `the record of run "${printable(run.runId)}" holds no password: a literal one is not kept`,
        { hint: 'give the config again with --config, or write the password as secret://...' },
      );
    }
    const result = await runAndWatch(
      {
        ...{ jobName: run.job, config, corrections: { places: [...earlier, place], source } },
        ...(run.window === undefined
          ? {}
          : { startDate: run.window.startDate, endDate: run.window.endDate }),
        ...(args['created-by'] === undefined ? {} : { createdBy: args['created-by'] }),
        ...(storePath === undefined ? {} : { store: storePath }),
      },
      surroundings,
      output,
      signal,
    );
    const { outcome, line } = result;
    if (outcome !== undefined) {
      const isNew = outcome.sinks.some(({ status }) => status !== 'reused');
      const at = (surroundings.clock ?? systemClock).now().toISOString();
      const { runId, attempt } = run;
      // A replay that found everything loaded says nothing new, unless nobody has noted the first.
      if (isNew || kept.replay === undefined) {
        const data = { by: line.run_id, left: outcome.counts.quarantined };
        await store.appendEvent({ runId, attempt, at, type: REPLAYED, data });
      }
    }
    return finish(result, output, surroundings, args.verbose, args.json);
  },
});
