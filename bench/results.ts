import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFormatted } from './formatted.ts';

/** When a part was measured, with what, on what. */
const measured = z.object({
  date: z.string(),
  command: z.string(),
  scope: z.string(),
  /** Of the last minute before: more than a fraction of the cores, and others were at work. */
  load: z.number(),
});

const pairs = z.array(z.tuple([z.string(), z.string()]));
const parts = z.array(z.object({ name: z.string(), seconds: z.number() }));

const psql = z.object({
  measured,
  tool: z.string(),
  figures: pairs,
  accounting: z.string(),
  columns: z.number(),
  problems: z.array(z.string()),
  steps: parts,
  draySeconds: z.number(),
  toolSeconds: z.number(),
  command: z.string(),
});

const run = z.object({
  seconds: z.number(),
  sparkSeconds: z.number(),
  cpuSeconds: z.number().optional(),
  serverCpu: z.number().optional(),
  peakMb: z.number().optional(),
  parts,
});

const contest = z.object({
  measured,
  read: z.number(),
  loaded: z.number(),
  columns: z.number(),
  contestants: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      runs: z.array(run),
      accounting: z.string(),
      problems: z.array(z.string()),
    }),
  ),
});

const curve = z.object({
  measured,
  points: z.array(z.object({ engine: z.string(), rows: z.number(), runs: z.array(run) })),
  problems: z.array(z.string()),
});

const connect = z.object({
  measured,
  spark: z.string(),
  rows: z.number(),
  statements: z.array(z.object({ name: z.string(), sql: z.string() })),
  /** Seconds of each statement, in their order; a row a run. */
  dray: z.array(z.array(z.number())),
  pyspark: z.array(z.array(z.number())),
  problems: z.array(z.string()),
});

const results = z.object({
  machine: pairs.optional(),
  psql: psql.optional(),
  contest: contest.optional(),
  curve: curve.optional(),
  connect: connect.optional(),
});

export type Measurement = z.output<typeof measured>;
export type PsqlResult = z.output<typeof psql>;
export type ContestResult = z.output<typeof contest>;
export type CurveResult = z.output<typeof curve>;
export type ConnectResult = z.output<typeof connect>;
export type Run = z.output<typeof run>;
/** All figures there are; a part that was measured again replaces what there was of it. */
export type Results = z.output<typeof results>;

export async function readResults(path: string): Promise<Results> {
  return existsSync(path) ? results.parse(JSON.parse(await readFile(path, 'utf8'))) : {};
}

export async function writeResults(path: string, all: Results): Promise<void> {
  await writeFormatted(path, JSON.stringify(all, undefined, 2));
}

export function problemsOf({ psql: a, contest: b, curve: c, connect: d }: Results): string[] {
  const own = [a, c, d].flatMap((part) => part?.problems ?? []);
  const theirs = (b?.contestants ?? []).flatMap(({ name, problems }) =>
    problems.map((problem) => `${name}: ${problem}`),
  );
  return [...own, ...theirs];
}

/** The middle one; of an even number the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** The run in the middle by its seconds. */
export function medianRun(runs: readonly Run[]): Run | undefined {
  const middle = median(runs.map(({ seconds }) => seconds));
  return runs.find(({ seconds }) => seconds === middle);
}

/** The highest of any run. */
export function peakOf(runs: readonly Run[]): number | undefined {
  const peaks = runs.flatMap(({ peakMb }) => peakMb ?? []);
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}
