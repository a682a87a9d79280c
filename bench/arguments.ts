import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dateOfEpochDay, epochDay, type Window } from '../core/window.ts';

/** Monday of week 1 of the data; week 53 ends it. */
const WEEK_1_START = '2016-12-26';
const LAST_WEEK = 53;

const USAGE = `usage: npm run bench -- [--weeks A-B] [--data DIR] [--yardsticks N] [--keep]
  --weeks A-B     only these weeks of 1-53, for a quick try (also: --rows weeks=N)
  --data DIR      folder with promotions.parquet and products.parquet, instead of fetching them
  --yardsticks N  how often the same rows are loaded by psql; the best counts (default 2)
  --keep          leave the loaded targets and the database for a look`;

export interface BenchOptions {
  /** Absent: the whole year. */
  readonly weeks?: { readonly first: number; readonly last: number };
  readonly dataDir?: string;
  readonly yardsticks: number;
  readonly keep: boolean;
}

/** @throws Error with the usage text for anything it does not know. */
export function parseArguments(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      weeks: { type: 'string' },
      rows: { type: 'string' },
      data: { type: 'string' },
      yardsticks: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: false },
    },
  });
  const weeks = values.weeks ?? values.rows?.replace(/^weeks=/, '1-');
  const yardsticks = Number(values.yardsticks);
  if (!(Number.isInteger(yardsticks) && yardsticks > 0)) throw new Error(USAGE);
  return {
    yardsticks,
    keep: values.keep,
    ...(weeks === undefined ? {} : { weeks: parseWeeks(weeks) }),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
  };
}

function parseWeeks(text: string): { readonly first: number; readonly last: number } {
  const [, a, b = a] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [Number(a), Number(b)];
  if (!(first >= 1 && first <= last && last <= LAST_WEEK)) throw new Error(USAGE);
  return { first, last };
}

/** The weeks as dates, Monday to Monday. */
export function windowOf({ weeks }: BenchOptions): Window | undefined {
  if (weeks === undefined) return undefined;
  const origin = epochDay(WEEK_1_START);
  return {
    startDate: dateOfEpochDay(origin + 7 * (weeks.first - 1)),
    endDate: dateOfEpochDay(origin + 7 * weeks.last),
  };
}

export function weekNumbers({ weeks }: BenchOptions): readonly number[] {
  const { first, last } = weeks ?? { first: 1, last: LAST_WEEK };
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Where the benchmark keeps what it makes, below the checkout. */
export function foldersOf(root: string) {
  const home = join(root, '.dray/bench');
  return {
    home,
    download: join(home, 'data'),
    cluster: join(home, 'postgres'),
    out: join(home, 'out'),
    extensions: join(root, '.dray/extensions'),
  } as const;
}
