import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dateOfEpochDay, epochDay, type Window } from '../core/window.ts';

/** Monday of week 1 of the data; week 53 ends it. */
const WEEK_1_START = '2016-12-26';
const LAST_WEEK = 53;

export const CONTESTANTS = ['bulk', 'row', 'bigdata', 'pyspark', 'polars'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export const PARTS = ['psql', 'contest', 'curve', 'connect'] as const;
export type Part = (typeof PARTS)[number];

const USAGE = `usage: npm run bench -- [options]
  --only LIST     some of: ${PARTS.join(', ')}; or contestants alone: ${CONTESTANTS.join(', ')}
  --runs N        how often each contestant runs; the median counts (default 3)
  --rows N        only the first N rows of the source
  --weeks A-B     only these weeks of 1-53, as the window of the load
  --quick         the sample in the repository, 1 run
  --data DIR      folder with promotions.parquet and products.parquet, instead of fetching them
  --yardsticks N  how often the same rows are loaded by psql; the best counts (default 2)
  --keep          leave the loaded targets and the databases for a look`;

export interface BenchOptions {
  readonly parts: readonly Part[];
  readonly contestants: readonly Contestant[];
  readonly runs: number;
  /** Absent: all of the source. */
  readonly rows?: number;
  readonly quick: boolean;
  /** Absent: the whole year. */
  readonly weeks?: { readonly first: number; readonly last: number };
  readonly dataDir?: string;
  readonly yardsticks: number;
  readonly keep: boolean;
  /** As it was typed, for the report. */
  readonly command: string;
}

/** @throws Error with the usage text for anything it does not know. */
export function parseArguments(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      runs: { type: 'string' },
      rows: { type: 'string' },
      weeks: { type: 'string' },
      quick: { type: 'boolean', default: false },
      data: { type: 'string' },
      yardsticks: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const { quick, keep, rows, weeks, data } = values;
  return {
    ...chosen(values.only),
    runs: count(values.runs ?? (quick ? '1' : '3')),
    quick,
    yardsticks: count(values.yardsticks ?? (quick ? '1' : '2')),
    keep,
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    ...(rows === undefined ? {} : { rows: count(rows) }),
    ...(weeks === undefined ? {} : { weeks: parseWeeks(weeks) }),
    ...(data === undefined ? {} : { dataDir: data }),
  };
}

/** Contestants that are named make up the contest. */
function chosen(only: string | undefined): Pick<BenchOptions, 'parts' | 'contestants'> {
  if (only === undefined) return { parts: PARTS, contestants: CONTESTANTS };
  const names = only.split(',').map((name) => name.trim());
  const parts = PARTS.filter((part) => names.includes(part));
  const contestants = CONTESTANTS.filter((contestant) => names.includes(contestant));
  if (parts.length + contestants.length !== names.length) throw new Error(USAGE);
  if (contestants.length === 0) return { parts, contestants: CONTESTANTS };
  return { parts: [...new Set<Part>(['contest', ...parts])], contestants };
}

function count(text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number > 0)) throw new Error(USAGE);
  return number;
}

function parseWeeks(text: string): { readonly first: number; readonly last: number } {
  const [, a, b = a] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [Number(a), Number(b)];
  if (!(first >= 1 && first <= last && last <= LAST_WEEK)) throw new Error(USAGE);
  return { first, last };
}

/** Whether the figures are those that bench/RESULTS.md holds: everything, nothing left out. */
export function isWhole({ rows, weeks, quick, contestants, parts }: BenchOptions): boolean {
  const wholeYear = rows === undefined && weeks === undefined && !quick;
  return wholeYear && (!parts.includes('contest') || contestants.length === CONTESTANTS.length);
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
    slices: join(home, 'slices'),
    cluster: join(home, 'postgres'),
    out: join(home, 'out'),
    logs: join(home, 'logs'),
    extensions: join(root, '.dray/extensions'),
  } as const;
}
