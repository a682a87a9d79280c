import fc from 'fast-check';
import type { PlanCell } from '../../../../plan/types.ts';
import { columnTypes, valuesOf } from './columns.ts';

/*
 * What fast-check makes and shrinks is a recipe of plain numbers; plan.ts and expression.ts make a
 * plan of it, choosing `number % choices` wherever there is a choice. The simplest choice is the first.
 */

export interface ExpressionRecipe {
  readonly pick: number;
  readonly args: readonly ExpressionRecipe[];
}

export interface StepRecipe {
  readonly op: number;
  readonly columns: readonly number[];
  readonly expressions: readonly ExpressionRecipe[];
  /** Steps of the other side of a join or a union. */
  readonly other: readonly StepRecipe[];
}

export interface Recipe {
  readonly tables: Readonly<Record<TableName, readonly Row[]>>;
  readonly steps: readonly StepRecipe[];
  /** Adds a last column that may have no value for some row. */
  readonly last: ExpressionRecipe | undefined;
}

export type Row = Readonly<Record<string, PlanCell>>;

export const TABLE_NAMES = ['left', 'right'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** Calls within calls, at most. */
export const MAX_DEPTH = 3;

const number = fc.nat({ max: 999 });

function expression(depth: number): fc.Arbitrary<ExpressionRecipe> {
  return fc.record({
    pick: number,
    args:
      depth > 0 ? fc.array(expression(depth - 1), { maxLength: 3, size: 'max' }) : fc.constant([]),
  });
}

const wholeExpression = expression(MAX_DEPTH);

function step(depth: number): fc.Arbitrary<StepRecipe> {
  return fc.record({
    op: number,
    columns: fc.array(number, { maxLength: 4 }),
    expressions: fc.array(wholeExpression, { maxLength: 3, size: 'max' }),
    other: depth > 0 ? fc.array(step(depth - 1), { maxLength: 2 }) : fc.constant([]),
  });
}

const row: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(
    Object.keys(columnTypes).map((name) => [name, fc.constantFrom(...valuesOf(name))]),
  ),
);

export const recipe: fc.Arbitrary<Recipe> = fc.record({
  tables: fc.record({
    left: fc.array(row, { maxLength: 30, size: 'max' }),
    right: fc.array(row, { maxLength: 12, size: 'max' }),
  }),
  steps: fc.array(step(1), { maxLength: 4, size: 'max' }),
  last: fc.option(wholeExpression, { nil: undefined, freq: 2 }),
});
