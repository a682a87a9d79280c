import type { CallOf } from '../expression.ts';
import type { PlanCell, PlanValue } from '../types.ts';
import type { Compile } from './functions.ts';
import { comparatorOf, equalityOf } from './order.ts';
import { binary, given, unary, variadic, type Vector } from './vector.ts';

type Ordering = 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual';

export const comparison = {
  equal: (call, args) => binary(call, args, equality(call)),
  notEqual: (call, args) => {
    const equal = equality(call);
    return binary(call, args, (a: PlanValue, b: PlanValue) => !equal(a, b));
  },
  less: (call, args) => ordering(call, args, (order) => order < 0),
  lessOrEqual: (call, args) => ordering(call, args, (order) => order <= 0),
  greater: (call, args) => ordering(call, args, (order) => order > 0),
  greaterOrEqual: (call, args) => ordering(call, args, (order) => order >= 0),
  same: (call, args) => {
    const equal = equality(call);
    return variadic(args, ([a = null, b = null]) =>
      a === null || b === null ? a === b : equal(a, b),
    );
  },
  isNull: (_, args) => nullTest(given(args[0])),
  isIn: (call, args) => isIn(call, args),
} satisfies Partial<Compile>;

function nullTest(value: Vector): Vector {
  return (batch) => {
    const values = value(batch);
    const out = new Array<PlanCell>(batch.size);
    for (const row of batch.selection) out[row] = values[row] === null;
    return out;
  };
}

function equality({ args: [a, b] }: CallOf<'equal' | 'notEqual' | 'same'>) {
  return equalityOf(given(a).type, given(b).type);
}

function ordering(
  call: CallOf<Ordering>,
  args: readonly Vector[],
  holds: (order: number) => boolean,
): Vector {
  const [a, b] = call.args;
  const compare = comparatorOf(given(a).type, given(b).type);
  return binary(call, args, (x: PlanValue, y: PlanValue) => holds(compare(x, y)));
}

/** A set compares as the plan does: NaN is in it once, and -0 is 0. */
function isIn(call: CallOf<'isIn'>, args: readonly Vector[]): Vector {
  const [first, ...others] = call.args;
  const type = given(first).type;
  const listed = others.flatMap((each) =>
    each.op === 'literal' && each.value !== null ? [{ value: each.value, type: each.type }] : [],
  );
  if (type.kind === 'decimal') {
    const tests = listed.map((each) => ({ ...each, equal: equalityOf(type, each.type) }));
    return unary(call, args, (a: PlanValue) => tests.some(({ value, equal }) => equal(a, value)));
  }
  const values = new Set(listed.map((each) => each.value));
  return unary(call, args, (a: PlanValue) => values.has(a));
}
