import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { JobError, messageOf } from '../../../../core/errors.ts';
import { explain } from '../../../../plan/explain.ts';
import { compareRows } from '../../../../plan/parity/rows.ts';
import { traceDifference } from '../../../../plan/parity/trace.ts';
import type { Relation } from '../../../../plan/plan.ts';
import { inputsOf, type RelationNode } from '../../../../plan/relation.ts';
import type { PlanRow } from '../../../../plan/session.ts';
import type { Engine } from '../engines.ts';
import { type Column, writeColumns } from '../parquet.ts';
import { differenceText } from '../report.ts';
import type { World } from '../world.ts';
import { columnTypes } from './columns.ts';
import { planOf } from './plan.ts';
import { recipe, type Recipe, TABLE_NAMES } from './recipe.ts';

type Outcome = { readonly rows: readonly PlanRow[] } | { readonly error: unknown };

/**
 * Runs random plans over random data on every engine. They have to give the same rows, or all to end
 * with VALUE_INVALID: only the last step may have no value for a row, so that no engine can leave it
 * out for a row of the result, and none can reach it for another.
 *
 * @param seed - of an earlier run, to repeat it.
 */
export async function compareRandomPlans(
  world: World,
  options: { readonly plans: number; readonly seed?: number },
): Promise<{ readonly seed: number; readonly rows: number; readonly failing: number }> {
  const counts = { done: 0, rows: 0, failing: 0 };
  const property = fc.asyncProperty(recipe, async (each) => {
    const plan = planOf(each);
    await bindTables(world, each, sourcesOf(plan.node));
    const [first, ...others] = world.engines;
    const expected = await outcomeOf(first, plan, world.signal);
    for (const engine of others) {
      const found = await outcomeOf(engine, plan, world.signal);
      const said = differenceOf(plan, expected, found);
      if (said === undefined) continue;
      const culprit = await traceDifference(plan.node, [first.plans, engine.plans], world.signal);
      throw new Error(
        [
          `${first.name} and ${engine.name} differ: ${said}`,
          explain(plan.node),
          `in: ${culprit === undefined ? 'no step alone' : `${culprit.step}: ${culprit.expression ?? ''}: ${culprit.values.join(' and ')}`}`,
        ].join('\n'),
      );
    }
    counts.done += 1;
    if ('rows' in expected) counts.rows += expected.rows.length;
    else counts.failing += 1;
  });
  const found = await fc.check(property, {
    numRuns: options.plans,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    // Shrinking runs every engine again and again; what is left after a while is small enough.
    interruptAfterTimeLimit: options.plans * 10_000,
  });
  if (found.failed) {
    throw new Error(
      `after ${String(found.numRuns)} plans, seed ${String(found.seed)}: ${messageOf(found.errorInstance)}`,
      { cause: found.errorInstance },
    );
  }
  return { seed: found.seed, rows: counts.rows, failing: counts.failing };
}

function differenceOf(plan: Relation, left: Outcome, right: Outcome): string | undefined {
  if ('rows' in left && 'rows' in right) {
    const difference = compareRows(plan.node, left.rows, right.rows);
    return difference && differenceText(plan.node.fields, difference);
  }
  const [a, b] = [codeOf(left), codeOf(right)];
  // Of no rows there is nothing to compute, but a planner may fold what has no column in it.
  const alike = [a, b].every((each) => each === 'VALUE_INVALID' || each === '0 rows');
  return alike ? undefined : `${a} and ${b}`;
}

function codeOf(outcome: Outcome): string {
  if ('rows' in outcome) return `${String(outcome.rows.length)} rows`;
  const { error } = outcome;
  return error instanceof JobError && error.code === 'VALUE_INVALID'
    ? error.code
    : `the error ${messageOf(error)}`;
}

async function outcomeOf(engine: Engine, plan: Relation, signal: AbortSignal): Promise<Outcome> {
  try {
    return { rows: await engine.plans.collect(plan, signal) };
  } catch (error) {
    return { error };
  }
}

/** Gives every engine the tables that a plan reads; the files of the one before are gone then. */
async function bindTables(
  { engines, directory, signal }: World,
  { tables }: Recipe,
  sources: ReadonlySet<string>,
): Promise<void> {
  for (const name of TABLE_NAMES) {
    if (!sources.has(name)) continue;
    const rows = tables[name];
    const columns = Object.entries(columnTypes).map(([column, type]): [string, Column] => [
      column,
      { type, values: rows.length === 0 ? [null] : rows.map((row) => row[column] ?? null) },
    ]);
    // A path is a table to Spark, which remembers what it has read there.
    const path = join(directory, `${name}-${randomUUID()}.parquet`);
    await writeColumns(
      engines[1].plans.sql,
      Object.fromEntries(columns),
      rows.length,
      path,
      signal,
    );
    for (const engine of engines) await engine.bindFile(name, path, signal);
    const before = files.get(name);
    files.set(name, path);
    if (before !== undefined) await rm(before, { force: true });
  }
}

function sourcesOf(node: RelationNode): ReadonlySet<string> {
  if (node.op === 'read') return new Set([node.source]);
  return new Set(inputsOf(node).flatMap((input) => [...sourcesOf(input)]));
}

/** The file that each table is bound to now. */
const files = new Map<string, string>();
