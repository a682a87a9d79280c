import type { OutputContract } from '../../core/schema.ts';
import { count, sum } from '../../plan/aggregate.ts';
import { readResult } from '../../plan/content-hash.ts';
import { minus } from '../../plan/expressions/arithmetic.ts';
import { greater, isNotNull } from '../../plan/expressions/comparison.ts';
import { and } from '../../plan/expressions/logic.ts';
import { fieldOf } from '../../plan/nodes.ts';
import { ascending, columnOf, descending } from '../../plan/plan.ts';
import type { PlanRow, PlanSession } from '../../plan/session.ts';
import type { RuleOutcome } from '../job.ts';
import { cellsOf } from './cells.ts';
import type { FreshnessCheck, LoadCheck } from './rules.ts';
import { loadOutcome, outcomeOf } from './verdicts.ts';

const SAMPLES = 3;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Rules about the whole result, looked at in its files.
 *
 * @param rows - of the result; with none there are no files to look at.
 */
export async function checkResult(
  checks: readonly LoadCheck[],
  session: PlanSession,
  contract: OutputContract,
  rows: number,
  signal: AbortSignal,
): Promise<readonly RuleOutcome[]> {
  const outcomes: RuleOutcome[] = [];
  for (const { name, config } of checks) {
    const { action } = config;
    if (config.rule === 'row_count') {
      const { min = 0, max = Infinity } = config;
      const told = `${figure(rows)} rows to load, ${rows < min ? `at least ${figure(min)}` : `at most ${figure(max)}`} are expected`;
      const isFine = rows >= min && rows <= max;
      outcomes.push(loadOutcome({ name, action }, rows, isFine ? undefined : told));
    } else if (config.rule === 'unique') {
      const columns = config.columns.map((column) => column.replace(/^output\./, ''));
      const found = rows === 0 ? { rows: 0 } : await repeated(session, contract, columns, signal);
      const { threshold } = config;
      outcomes.push(outcomeOf({ rule: name, action, checked: rows, threshold, ...found }));
    }
  }
  return outcomes;
}

/** Rows beyond the first of each key, and the keys that are there most often. Nulls are no key. */
async function repeated(
  session: PlanSession,
  contract: OutputContract,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly detail?: string }> {
  const result = readResult(contract);
  const present = columns.map((name) => isNotNull(columnOf(fieldOf(result.node, name))));
  const groups = result
    .filter(() => and(...present))
    .aggregate(columns, () => ({ times: count() }))
    .filter((row) => greater(row.times, 1));
  const [all] = await session.collect(
    groups.aggregate([], (row) => ({
      rows: sum(minus(row.times, 1)),
    })),
    signal,
  );
  const rows = Number(all?.['rows'] ?? 0);
  if (rows === 0) return { rows };
  const order = [descending('times'), ...columns.map((column) => ascending(column))];
  const most = groups.sort(order, SAMPLES);
  const samples = (await session.collect(most, signal)).map(
    (row) => `${cellsOf(row, columns, most.node.fields)} ${String(row['times'])} times`,
  );
  return { rows, detail: `such as ${samples.join('; ')}` };
}

/**
 * Whether the newest value is too old.
 *
 * @param newest - what the plan found, undefined or null over no row.
 */
export function checkFreshness(
  { name, config, value }: FreshnessCheck,
  newest: PlanRow[string] | undefined,
  rows: number,
  now: Date,
): RuleOutcome {
  const { action, column, maxAge } = config;
  const told = { name, action };
  if (newest === undefined || newest === null) {
    return loadOutcome(told, rows, `no row has a ${column}; at most ${maxAge} old is expected`);
  }
  const ms = value.type.kind === 'date' ? Number(newest) * UNIT_MS.d : Number(newest) / 1000;
  const ageMs = now.getTime() - ms;
  if (ageMs <= maxAgeMs(maxAge)) return loadOutcome(told, rows, undefined);
  const shown = cellsOf(
    { [column]: newest },
    [column],
    [{ name: column, type: value.type, nullable: true }],
  );
  return loadOutcome(
    told,
    rows,
    `the newest ${shown} is ${ageOf(ageMs)} old, at most ${maxAge} is expected`,
  );
}

function maxAgeMs(maxAge: string): number {
  const unit = maxAge.at(-1);
  const length = Number(maxAge.slice(0, -1));
  return length * (unit === 'm' || unit === 'h' || unit === 'd' ? UNIT_MS[unit] : 0);
}

function ageOf(ms: number): string {
  const unit = ms >= 2 * UNIT_MS.d ? 'd' : ms >= 2 * UNIT_MS.h ? 'h' : 'm';
  return `${figure(Math.floor(ms / UNIT_MS[unit]))}${unit}`;
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
