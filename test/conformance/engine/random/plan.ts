import * as aggregates from '../../../../plan/aggregate.ts';
import type { Expression } from '../../../../plan/expression.ts';
import {
  ascending,
  columnOf,
  descending,
  type Order,
  read,
  type Relation,
} from '../../../../plan/plan.ts';
import {
  bool,
  type Field,
  int32,
  type OrderedKind,
  type PlanType,
  sameType,
} from '../../../../plan/types.ts';
import { columnTypes, MONEY } from './columns.ts';
import { at, grow } from './expression.ts';
import { PARTIAL } from './productions.ts';
import type { ExpressionRecipe, Recipe, StepRecipe, TableName } from './recipe.ts';

const TYPES = Object.values(columnTypes);
const NOTHING: ExpressionRecipe = { pick: 0, args: [] };

/** The plan of a recipe. */
export function planOf({ steps, last }: Recipe): Relation {
  let next = 0;
  const fresh = () => `c${String(next++)}`;
  const plan = follow(source('left', steps), steps, fresh);
  if (last === undefined) return plan;
  const partial = at(PARTIAL, last.pick);
  let used = 0;
  // The last step, so that every engine computes it for exactly the rows of the result.
  return plan.derive(() => ({
    last: partial((type) => grow(type, last.args[used++] ?? NOTHING, plan.node.fields), last.pick),
  }));
}

/** A table, or some of its columns. */
function source(name: TableName, steps: readonly StepRecipe[]): Relation {
  const wanted = steps[0]?.columns ?? [];
  const names = Object.keys(columnTypes).filter(
    (_, index) => index < 2 || !wanted.some((each) => each % 11 === index),
  );
  return read(name, Object.fromEntries(names.map((each) => [each, columnTypes[each] ?? int32])));
}

type Step = (input: Relation, recipe: StepRecipe, fresh: () => string) => Relation;

function follow(input: Relation, steps: readonly StepRecipe[], fresh: () => string): Relation {
  return steps.reduce((relation, recipe) => at(STEPS, recipe.op)(relation, recipe, fresh), input);
}

const filter: Step = (input, { expressions }) =>
  input.filter(() => bools(grow(bool, expressions[0] ?? NOTHING, input.node.fields)));

const derive: Step = (input, { columns, expressions }, fresh) =>
  input.derive(() =>
    Object.fromEntries(
      expressions.map((each, index) => {
        const type = at(TYPES, columns[index] ?? each.pick);
        const replaced = at(input.node.fields, each.pick);
        const name = each.pick % 5 === 0 ? replaced.name : fresh();
        return [name, grow(type, each, input.node.fields)];
      }),
    ),
  );

const select: Step = (input, { columns }) => {
  const kept = chosenFields(input, columns, 1);
  return input.select(() => Object.fromEntries(kept.map((field) => [field.name, columnOf(field)])));
};

/** By all other columns, so that rows that are equal in them are equal. */
const dedupe: Step = (input, { op, columns }) => {
  const key = chosenFields(input, columns, 1).map((field) => field.name);
  const others = input.node.fields.filter((field) => !key.includes(field.name));
  return input.dedupe({ key, keep: orders(others, op) });
};

const sort: Step = (input, { op, columns }) =>
  input.sort(orders(input.node.fields, op), columns[0] === undefined ? undefined : columns[0] % 20);

const aggregate: Step = (input, { columns, expressions }, fresh) => {
  const by = chosenFields(input, columns.slice(0, 2), 0).map((field) => field.name);
  const { fields } = input.node;
  return input.aggregate(by, () =>
    Object.fromEntries([
      [fresh(), aggregates.count()],
      ...expressions.map((each, index): [string, aggregates.Aggregate] => [
        fresh(),
        at(MEASURES, columns[index] ?? each.pick)((type) => grow(type, each, fields), each.pick),
      ]),
    ]),
  );
};

const union: Step = (input, { other }) => {
  const { fields } = input.node;
  const again = filterOnly(input, other);
  // Columns are taken by name: the other way round changes nothing.
  const turned = again.select(() =>
    Object.fromEntries([...fields].reverse().map((field) => [field.name, columnOf(field)])),
  );
  return input.union(turned);
};

const filterOnly = (input: Relation, steps: readonly StepRecipe[]): Relation =>
  steps.reduce((each, recipe) => filter(each, recipe, () => ''), input);

const JOINS = ['join', 'leftJoin', 'semiJoin', 'antiJoin'] as const;

const join: Step = (input, { op, columns, other }, fresh) => {
  const right = follow(source('right', other), other, fresh);
  const renamed = new Map(right.node.fields.map((field) => [field, fresh()]));
  const pairs = input.node.fields.flatMap((left) =>
    right.node.fields
      .filter((each) => sameType(each.type, left.type))
      .map((each) => ({ left: left.name, right: renamed.get(each) ?? '' })),
  );
  if (pairs.length === 0) return input;
  const on = (columns.length > 0 ? columns.slice(0, 2) : [0]).map((pick) => at(pairs, pick));
  const distinct = on.filter(
    (pair, index) => on.findIndex((each) => each.right === pair.right) === index,
  );
  const named = right.select(() =>
    Object.fromEntries([...renamed].map(([field, name]) => [name, columnOf(field)])),
  );
  return input[at(JOINS, op)](named, distinct);
};

const STEPS: readonly Step[] = [filter, derive, select, dedupe, aggregate, join, union, sort];

type Measure = (argument: (type: PlanType) => Expression, pick: number) => aggregates.Aggregate;

const MEASURES: readonly Measure[] = [
  (a) => aggregates.countIf(bools(a(bool))),
  (a, pick) => aggregates.countOf(a(at(TYPES, pick))),
  (a, pick) => aggregates.countDistinct(ordered(a(at(TYPES, pick)))),
  (a, pick) => aggregates.min(ordered(a(at(TYPES, pick)))),
  (a, pick) => aggregates.max(ordered(a(at(TYPES, pick)))),
  (a, pick) => aggregates.sum(a(at([int32, MONEY], pick)) as Expression<'int32' | 'decimal'>),
  (a, pick) => aggregates.average(a(at([int32, MONEY], pick)) as Expression<'int32' | 'decimal'>),
];

function chosenFields(
  { node }: Relation,
  picks: readonly number[],
  least: number,
): readonly Field[] {
  const found = new Set(picks.map((pick) => at(node.fields, pick)));
  return found.size >= least ? [...found] : node.fields.slice(0, least);
}

function orders(fields: readonly Field[], pick: number): readonly Order[] {
  return fields.map(({ name }, index) => {
    const nulls = (pick + index) % 3 === 0 ? 'first' : 'last';
    return (pick >> (index % 5)) % 2 === 0 ? ascending(name, nulls) : descending(name, nulls);
  });
}

/** The recipe grew it for this type. */
function bools(expression: Expression): Expression<'bool'> {
  return expression as Expression<'bool'>;
}

function ordered(expression: Expression): Expression<OrderedKind> {
  return expression as Expression<OrderedKind>;
}
