import { configValues } from '../../core/config-values.ts';
import { createRedactor } from '../../core/secrets.ts';
import { createJob } from '../../jobs/factory.ts';
import { defineCommand } from '../command.ts';
import { openConfig } from '../config-envelope.ts';
import { finish } from '../generic-main.ts';
import { runFromConfig } from '../run.ts';
import { SILENT } from '../terminal/silent.ts';
import { requestOf, runFlags } from './job-flags.ts';
import { planJson, planLines } from './plan-view.ts';

/** `dray plan JOB --config FILE`: what a run would do, found out without writing anything. */
export const plan = defineCommand({
  usage: 'plan <job>',
  summary: 'show what a run would do: config, source, steps, targets; write nothing',
  flags: (yargs) =>
    runFlags(yargs)
      .option('force', { type: 'boolean', default: false, describe: 'as if with run --force' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .option('verbose', { type: 'boolean', default: false, describe: 'say more on errors' }),
  async run(args, context, signal) {
    const { surroundings, output } = context;
    const config = await openConfig(args.config, surroundings);
    const { config: parsed } = createJob(args.job, config);
    const redactor = createRedactor();
    const result = await runFromConfig(
      {
        ...requestOf(args, config, context),
        ...{ force: args.force, dryRun: true, preview: true },
      },
      surroundings,
      { watcher: SILENT, redactor },
      signal,
    );
    const { outcome } = result;
    if (outcome?.preview === undefined) {
      return finish(result, output, surroundings, args.verbose, false);
    }
    const told = {
      ...{ job: args.job, outcome, preview: outcome.preview, line: result.line },
      config: configValues(config, parsed),
    };
    const lines = args.json ? [JSON.stringify(planJson(told), null, 2)] : planLines(told, context);
    for (const each of lines) context.out(redactor.redact(each));
    return 0;
  },
});
