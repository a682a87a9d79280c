import { compileExpression } from '../../../plan/evaluate/compile.ts';
import type { Expression } from '../../../plan/expression.ts';
import { columnOf } from '../../../plan/plan.ts';
import type { Kind, PlanCell, TypeOf } from '../../../plan/types.ts';

/** The value of an expression that looks at no column. */
export function valueOf(expression: Expression): PlanCell {
  return compileExpression(expression, [])([]);
}

/** A value as a column of a row has it, so that no literal is treated in a special way. */
export function column<K extends Kind>(type: TypeOf<K>, name = 'a'): Expression<K> {
  return columnOf<K>({ name, type, nullable: true });
}

/** What a function of one value gives for each of some values. */
export function map<K extends Kind>(
  type: TypeOf<K>,
  build: (a: Expression<K>) => Expression,
  values: readonly PlanCell[],
): readonly PlanCell[] {
  const run = compileExpression(build(column(type)), [{ name: 'a' }]);
  return values.map((value) => run([value]));
}

/** The message of the error that a function throws. */
export function failure(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'no error';
}
