import { ENGINES, type EngineName } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { parseWindow } from '../../core/window.ts';
import { createJob } from '../../jobs/factory.ts';
import { compareEngines } from '../../jobs/parity.ts';
import { defineCommand } from '../command.ts';
import { openConfig } from '../config-envelope.ts';
import { openInspection } from './inspection.ts';
import { jobFlags } from './job-flags.ts';
import { parityLines } from './parity-view.ts';

/** `dray parity JOB --config FILE`: the job's plan on every engine that is here, over a sample. */
export const parity = defineCommand({
  usage: 'parity <job>',
  summary: 'compare the engines over a sample of the source; write nothing',
  flags: (yargs) =>
    jobFlags(yargs)
      .option('start_date', {
        type: 'string',
        alias: 'from',
        describe: 'first day of the window, YYYY-MM-DD',
      })
      .option('end_date', {
        type: 'string',
        alias: 'to',
        describe: 'day after its last one, YYYY-MM-DD',
      })
      .option('rows', { type: 'number', default: 10_000, describe: 'rows of the sample, about' })
      .option('engines', {
        type: 'string',
        default: ENGINES.join(','),
        describe: 'engines to compare with the first of them',
      }),
  async run(args, context, signal) {
    const { surroundings } = context;
    const config = await openConfig(args.config, surroundings);
    const window = parseWindow(args.start_date, args.end_date);
    const engines = enginesIn(args.engines);
    if (!Number.isInteger(args.rows) || args.rows < 1) {
      throw new JobError('ARGUMENTS_INVALID', '--rows is not a number of rows', {
        hint: 'give a whole number from 1',
      });
    }
    const { context: inspected, platform, redactor } = openInspection('parity', context);
    const job = createJob(args.job, config);
    const report = await compareEngines(
      await job.computation(inspected),
      { engines, rows: args.rows, window, hasSpark: platform.hasSpark },
      inspected,
      signal,
    );
    for (const line of parityLines(report, context)) context.out(redactor.redact(line));
    return report.engines.some(({ difference }) => difference !== undefined) ? 1 : 0;
  },
});

function enginesIn(text: string): readonly EngineName[] {
  return text.split(',').map((name) => {
    const found = ENGINES.find((engine) => engine === name.trim());
    if (found !== undefined) return found;
    throw new JobError('ARGUMENTS_INVALID', `--engines: there is no engine "${printable(name)}"`, {
      hint: `engines: ${ENGINES.join(', ')}`,
    });
  });
}
