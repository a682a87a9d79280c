import type { Expression } from '../../../plan/expression.ts';
import type { Kind, PlanCell, TypeOf } from '../../../plan/types.ts';

/** One expression over values that stand in columns, and what it is by the plan's meaning. */
export interface Case {
  readonly values: readonly PlanCell[];
  readonly types: readonly TypeOf<Kind>[];
  readonly make: (...columns: Expression[]) => Expression;
  readonly is: PlanCell;
}

/** A function of one value: pairs of a value and its result. */
export function unary<K extends Kind>(
  type: TypeOf<K>,
  make: (a: Expression<K>) => Expression,
  pairs: readonly (readonly [PlanCell, PlanCell])[],
): readonly Case[] {
  return pairs.map(([value, is]) => ({
    ...{ values: [value], types: [type], is },
    make: (a) => make(a as Expression<K>),
  }));
}

/** A function of two values: both, and the result. */
export function binary<K extends Kind, L extends Kind>(
  types: readonly [TypeOf<K>, TypeOf<L>],
  make: (a: Expression<K>, b: Expression<L>) => Expression,
  triples: readonly (readonly [PlanCell, PlanCell, PlanCell])[],
): readonly Case[] {
  return triples.map(([a, b, is]) => ({
    ...{ values: [a, b], types, is },
    make: (left, right) => make(left as Expression<K>, right as Expression<L>),
  }));
}
