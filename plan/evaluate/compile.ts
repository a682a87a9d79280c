import type { Expression } from '../expression.ts';
import type { Field, PlanCell } from '../types.ts';
import { arithmetic } from './arithmetic.ts';
import { casts } from './cast.ts';
import { comparison } from './comparison.ts';
import { dates } from './date.ts';
import type { Compile } from './functions.ts';
import { hashes } from './hash.ts';
import { logic } from './logic.ts';
import { nested } from './nested.ts';
import { pattern } from './pattern.ts';
import { text } from './text.ts';
import { times } from './time.ts';
import { constant, type Vector } from './vector.ts';

const FUNCTIONS: Compile = {
  ...comparison,
  ...logic,
  ...arithmetic,
  ...casts,
  ...text,
  ...pattern,
  ...hashes,
  ...dates,
  ...times,
  ...nested,
};

/**
 * Makes an expression run over batches.
 *
 * @param fields - the columns of the batches, in their order.
 * @returns a vector that throws RowFailure for a selected row without a result.
 */
export function compileVector(
  expression: Expression,
  fields: readonly Pick<Field, 'name'>[],
): Vector {
  const compile = (each: Expression): Vector => {
    switch (each.op) {
      case 'column': {
        const at = fields.findIndex((field) => field.name === each.name);
        if (at < 0) throw new RangeError(`there is no column "${each.name}"`);
        return ({ columns }) => columns[at] ?? [];
      }
      case 'literal':
        return constant(each.value);
      case 'call':
        return (FUNCTIONS[each.name] as unknown as AnyCompile)(
          each,
          each.args.map(compile),
          compile,
        );
    }
  };
  return compile(expression);
}

/** The compiler cannot see that a name and its call belong together in a union. */
type AnyCompile = (
  call: Expression,
  args: readonly Vector[],
  compile: (expression: Expression) => Vector,
) => Vector;

/**
 * Makes an expression run over single rows.
 *
 * @param fields - the columns of the rows, in their order.
 * @returns a function that throws RowFailure for a row without a result.
 */
export function compileExpression(
  expression: Expression,
  fields: readonly Pick<Field, 'name'>[],
): (row: readonly PlanCell[]) => PlanCell {
  const vector = compileVector(expression, fields);
  return (row) =>
    vector({ columns: row.map((cell) => [cell]), size: 1, selection: [0] })[0] ?? null;
}
