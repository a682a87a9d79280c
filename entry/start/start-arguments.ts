import { parseArgs } from 'node:util';
import { JobError, messageOf } from '../../core/errors.ts';
import { dateOfEpochDay, epochDay, parseWindow, type Window } from '../../core/window.ts';

export interface StartArguments {
  readonly window: Window;
  readonly force: boolean;
  /** Leave Postgres running after the run, until Ctrl-C. */
  readonly keep: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

/** The weeks that the sample data have. */
const WEEKS = { first: 23, last: 25 };
const FIRST_DAY = '2017-05-29';
const DAYS = 7;

export const START_HELP = `npm start [-- OPTIONS]

Loads three weeks of real promotions into a Delta table, Parquet files and Postgres, all on this
machine and below .dray/.

  --week N           one week of the sample, ${String(WEEKS.first)} to ${String(WEEKS.last)}
  --from, --to DATE  any window, YYYY-MM-DD, the end exclusive
  --force            load again what is loaded already
  --keep             leave Postgres running until Ctrl-C, to look into it
  --verbose          say more on errors
`;

/** @throws JobError `ARGUMENTS_INVALID`, `WINDOW_INVALID`. */
export function parseStartArguments(argv: readonly string[]): StartArguments {
  const flags = readFlags(argv);
  return {
    window: windowOf(flags.week, flags.from, flags.to),
    force: flags.force ?? false,
    keep: flags.keep ?? false,
    verbose: flags.verbose ?? false,
    help: flags.help ?? false,
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        week: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        force: { type: 'boolean' },
        keep: { type: 'boolean' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [message = ''] = messageOf(error).split('. ');
    throw invalid(message.toLowerCase(), error);
  }
}

function windowOf(
  week: string | undefined,
  from: string | undefined,
  to: string | undefined,
): Window {
  if (week !== undefined) {
    const number = Number(week);
    if (!Number.isInteger(number) || number < WEEKS.first || number > WEEKS.last) {
      throw invalid(`the sample has no week "${week}"`);
    }
    if (from !== undefined || to !== undefined)
      throw invalid('--week and --from/--to exclude each other');
    return weeks(number, number);
  }
  const whole = weeks(WEEKS.first, WEEKS.last);
  return parseWindow(from ?? whole.startDate, to ?? whole.endDate) ?? whole;
}

function weeks(first: number, last: number): Window {
  const start = epochDay(FIRST_DAY) - WEEKS.first * DAYS;
  return {
    startDate: dateOfEpochDay(start + first * DAYS),
    endDate: dateOfEpochDay(start + (last + 1) * DAYS),
  };
}

function invalid(message: string, cause?: unknown): JobError {
  return new JobError('ARGUMENTS_INVALID', message, {
    hint: `use --week ${String(WEEKS.first)} to ${String(WEEKS.last)}, --from and --to, --force, --keep or --verbose`,
    cause,
  });
}
