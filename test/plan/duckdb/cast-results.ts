import { expect } from '@jest/globals';
import { cast } from '../../../plan/expressions/cast.ts';
import type { PlanSession } from '../../../plan/session.ts';
import type { Kind, PlanCell, TypeOf } from '../../../plan/types.ts';
import { valuesOf } from './evaluate.ts';

type Pair = readonly [input: PlanCell, expected: PlanCell];

/** Values that have a result, the same whatever happens to those that have none. */
export async function expectCasts<K extends Kind, T extends Kind>(
  session: PlanSession,
  from: TypeOf<K>,
  to: TypeOf<T>,
  pairs: readonly Pair[],
): Promise<void> {
  const inputs = [...pairs.map(([input]) => input), null];
  const expected = [...pairs.map(([, value]) => value), null];
  for (const onError of ['null', 'fail'] as const) {
    const values = await valuesOf(session, from, inputs, (x) => cast(x, to, { onError }));
    expect(values).toEqual(expected);
  }
}

/** Values that have none. */
export async function expectNone<K extends Kind, T extends Kind>(
  session: PlanSession,
  from: TypeOf<K>,
  to: TypeOf<T>,
  inputs: readonly PlanCell[],
): Promise<void> {
  const orNull = await valuesOf(session, from, inputs, (x) => cast(x, to, { onError: 'null' }));
  expect(orNull).toEqual(inputs.map(() => null));
  for (const input of inputs) {
    await expect(valuesOf(session, from, [input], (x) => cast(x, to))).rejects.toMatchObject({
      code: 'VALUE_INVALID',
    });
  }
}
