import { call, type Expression } from '../expression.ts';
import { bool } from '../types.ts';

/* Three-valued, as in SQL: false and null is false, true or null is true. */

export function and(...conditions: readonly Expression<'bool'>[]): Expression<'bool'> {
  return call(
    'and',
    bool,
    conditions.some((each) => each.nullable),
    conditions,
    {},
  );
}

export function or(...conditions: readonly Expression<'bool'>[]): Expression<'bool'> {
  return call(
    'or',
    bool,
    conditions.some((each) => each.nullable),
    conditions,
    {},
  );
}

export function not(condition: Expression<'bool'>): Expression<'bool'> {
  return call('not', bool, condition.nullable, [condition], {});
}
