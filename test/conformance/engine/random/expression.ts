import type { Expression } from '../../../../plan/expression.ts';
import { literal } from '../../../../plan/expressions/literal.ts';
import { columnOf } from '../../../../plan/plan.ts';
import { type Field, type PlanType, sameType } from '../../../../plan/types.ts';
import { edgesOf } from '../edges.ts';
import { type ExpressionRecipe, MAX_DEPTH } from './recipe.ts';
import { PRODUCTIONS } from './productions.ts';

const NOTHING: ExpressionRecipe = { pick: 0, args: [] };

/** An expression of a type over some columns that has a value for every row. */
export function grow(
  type: PlanType,
  recipe: ExpressionRecipe,
  fields: readonly Field[],
  depth = MAX_DEPTH,
): Expression {
  const columns = fields.filter((field) => sameType(field.type, type));
  const literals = edgesOf(type).filter((each) => typeof each !== 'string' || !each.includes('\0'));
  const leaves = columns.length > 0 ? columns.length * 2 : 0;
  const calls = depth > 0 ? (PRODUCTIONS[type.kind] ?? []) : [];
  // Columns first, since a plan of them is the easiest to read; then calls, then literals.
  let pick = recipe.pick % (leaves + calls.length + 2);
  if (pick < leaves) return columnOf(at(columns, pick));
  pick -= leaves;
  if (pick >= calls.length) return literal(at(literals, recipe.pick), type);
  let used = 0;
  return at(calls, pick)((wanted) => {
    const next = recipe.args[used++] ?? { ...NOTHING, pick: recipe.pick + used };
    return grow(wanted, next, fields, depth - 1);
  }, recipe.pick);
}

/** The item at an index, however large. */
export function at<T>(items: readonly T[], index: number): T {
  const found = items[index % items.length];
  if (found === undefined) throw new RangeError('there is nothing to choose from');
  return found;
}
