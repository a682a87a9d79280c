import type { CallOf, Expression } from '../expression.ts';
import type { FunctionName } from '../functions.ts';
import type { Vector } from './vector.ts';

/** For each function, how a call becomes a vector over those of its arguments. */
export type Compile = {
  readonly [F in FunctionName]: (
    call: CallOf<F>,
    args: readonly Vector[],
    compile: (expression: Expression) => Vector,
  ) => Vector;
};
