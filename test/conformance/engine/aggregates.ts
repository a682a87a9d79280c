import { expect, it } from '@jest/globals';
import { type Aggregate, describeAggregate } from '../../../plan/aggregate.ts';
import type { Expression } from '../../../plan/expression.ts';
import { remainder } from '../../../plan/expressions/arithmetic.ts';
import { equal, less } from '../../../plan/expressions/comparison.ts';
import { when } from '../../../plan/expressions/conditional.ts';
import { literal, nullOf } from '../../../plan/expressions/literal.ts';
import { compareRows } from '../../../plan/parity/rows.ts';
import { columnOf, read, type Relation } from '../../../plan/plan.ts';
import { int32, type Kind, type PlanCell, type TypeOf } from '../../../plan/types.ts';
import type { AggregateCase } from './case.ts';
import { AGGREGATE_CASES } from './cases/aggregate.ts';
import { columnName } from './edge-tables.ts';
import { codeOf } from './outcome.ts';
import { differenceText, firstOf } from './report.ts';
import type { World } from './world.ts';

const CASES = Object.values(AGGREGATE_CASES).flat();
const EXAMPLES = CASES.flatMap((each) => each.examples.map((example) => ({ each, ...example })));
const GROUPS = 7;

export function itAggregatesTheSame(world: () => World): void {
  it('gives each figure the value that its examples name', async () => {
    const wrong: string[] = [];
    for (const { name, plans } of world().engines) {
      for (const { each, rows, is } of EXAMPLES) {
        const asked = figureOf(each, rows);
        const title = `${name}: ${describeAggregate(each.build(...columnsOf(each)))} of ${String(rows.length)} rows`;
        if (typeof is === 'symbol') {
          const code = await codeOf(plans.collect(asked, world().signal));
          if (code !== 'VALUE_INVALID') wrong.push(`${title}: ${code}`);
          continue;
        }
        const found = await plans.collect(asked, world().signal);
        const difference = compareRows(asked.node, [{ figure: is }], found);
        if (difference !== undefined)
          wrong.push(`${title}: ${differenceText(asked.node.fields, difference)}`);
      }
    }
    expect(firstOf(wrong)).toEqual([]);
  });

  it.each([
    ['all pairs of edge values', (source: Relation) => source],
    ['no rows', (source: Relation) => source.filter(() => less(idOf(), 0))],
  ])('gives each figure of %s the same value on every engine', async (_, of) => {
    const [first, ...others] = world().engines;
    const grouped = of(edges(world())).derive(() => ({
      group: remainder(idOf(), GROUPS, { onZero: 'null' }),
    }));
    for (const by of [[], ['group']]) {
      const asked = grouped.aggregate(by, () => Object.fromEntries(CASES.map(figureOver)));
      const expected = await first.plans.collect(asked, world().signal);
      for (const { name, plans } of others) {
        const found = await plans.collect(asked, world().signal);
        const difference = compareRows(asked.node, expected, found, by);
        expect([name, difference && differenceText(asked.node.fields, difference)]).toEqual([
          name,
          undefined,
        ]);
      }
    }
  });
}

/** `f0`, `f1`, ... over the table of pairs. */
function figureOver(each: AggregateCase, index: number): [string, Aggregate] {
  const columns = columnsOf(each);
  const { where } = each;
  const args =
    where === undefined
      ? columns
      : columns.map((column) => when(where(...columns), column).otherwise(nullOf(column.type)));
  return [`f${String(index)}`, each.build(...args)];
}

/** The table of pairs with the columns that the figures take. */
function edges({ tables }: World): Relation {
  const names = CASES.flatMap(({ args }) => args.map(columnName));
  const types = names.map((name) => [name, tables.pairs[name]?.type ?? int32] as const);
  return read('pairs', { id: int32, ...Object.fromEntries(types) });
}

function columnsOf({ args }: AggregateCase): readonly Expression[] {
  return args.map((type, at) => columnOf({ name: columnName(type, at), type, nullable: true }));
}

/** The figure over some rows: the first ones of a table, with the values put in by their number. */
export function figureOf({ args, build }: AggregateCase, rows: readonly PlanCell[][]): Relation {
  const valueOf = (type: TypeOf<Kind>, at: number): Expression =>
    rows.reduceRight<Expression>(
      (rest, row, id) => when(equal(idOf(), id), literal(row[at] ?? null, type)).otherwise(rest),
      nullOf(type),
    );
  return read('examples', { id: int32 })
    .filter(() => less(idOf(), rows.length))
    .aggregate([], () => ({
      figure: build(...args.map((type, at) => valueOf(type as TypeOf<Kind>, at))),
    }));
}

function idOf(): Expression<'int32'> {
  return columnOf({ name: 'id', type: int32, nullable: true });
}
