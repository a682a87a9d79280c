import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  abs,
  ceil,
  floor,
  minus,
  negate,
  plus,
  round,
  sign,
  times,
} from '../../../plan/expressions/arithmetic.ts';
import { decimalNumber } from '../../../plan/expressions/literal.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { decimal, type PlanCell } from '../../../plan/types.ts';
import { openPlans, valuesOf } from './evaluate.ts';

const NINES = 10n ** 38n - 1n;

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('decimals in DuckDB', () => {
  it.each<[string, number, number, PlanCell, string, PlanCell, PlanCell, PlanCell]>([
    ['within 64 bits', 5, 2, 99999n, '0.001', 999991n, 999989n, 99999n],
    [
      'across 64 bits',
      18,
      4,
      999999999999999999n,
      '1',
      1000000000000009999n,
      999999999999989999n,
      999999999999999999n,
    ],
    [
      'of other scales',
      10,
      0,
      9999999999n,
      '0.999999999',
      9999999999999999999n,
      9999999998000000001n,
      9999999989000000001n,
    ],
    [
      'beyond 64 bits',
      30,
      10,
      -(10n ** 30n - 1n),
      '1.5',
      -(10n ** 30n - 1n) + 15000000000n,
      -(10n ** 30n - 1n) - 15000000000n,
      (-(10n ** 30n) + 1n) * 15n,
    ],
  ])('are exact %s', async (_, precision, scale, input, other, sum, difference, product) => {
    const type = decimal(precision, scale);
    const by = decimalNumber(other);
    expect(await valuesOf(session, type, [input, null], (x) => plus(x, by))).toEqual([sum, null]);
    expect(await valuesOf(session, type, [input, null], (x) => minus(x, by))).toEqual([
      difference,
      null,
    ]);
    expect(await valuesOf(session, type, [input, null], (x) => times(x, by))).toEqual([
      product,
      null,
    ]);
  });

  it('have room for 38 digits of a product', async () => {
    const nines = decimalNumber('9'.repeat(19));
    const product = await valuesOf(session, decimal(19, 19), [10n ** 19n - 1n], (x) =>
      times(x, nines),
    );
    expect(product).toEqual([(10n ** 19n - 1n) ** 2n]);
  });

  it('are rounded half away from zero', async () => {
    const inputs = [125n, -125n, 124n, -124n, 0n, null, 995n];
    expect(await valuesOf(session, decimal(3, 2), inputs, (x) => round(x, 1))).toEqual([
      13n,
      -13n,
      12n,
      -12n,
      0n,
      null,
      100n,
    ]);
    expect(
      await valuesOf(
        session,
        decimal(38, 38),
        [NINES, -NINES, 5n * 10n ** 37n, 5n * 10n ** 37n - 1n],
        (x) => round(x, 0),
      ),
    ).toEqual([1n, -1n, 1n, 0n]);
    expect(await valuesOf(session, decimal(38, 1), [NINES], (x) => round(x, 0))).toEqual([
      10n ** 37n,
    ]);
  });

  it('have a floor, a ceiling and a sign', async () => {
    const inputs = [150n, -150n, 100n, -1n, 0n, null];
    const type = decimal(5, 2);
    expect(await valuesOf(session, type, inputs, (x) => floor(x))).toEqual([
      1n,
      -2n,
      1n,
      -1n,
      0n,
      null,
    ]);
    expect(await valuesOf(session, type, inputs, (x) => ceil(x))).toEqual([
      2n,
      -1n,
      1n,
      0n,
      0n,
      null,
    ]);
    expect(await valuesOf(session, type, inputs, (x) => sign(x))).toEqual([1, -1, 1, -1, 0, null]);
    expect(await valuesOf(session, type, inputs, (x) => negate(x))).toEqual([
      -150n,
      150n,
      -100n,
      1n,
      0n,
      null,
    ]);
    expect(await valuesOf(session, type, inputs, (x) => abs(x))).toEqual([
      150n,
      150n,
      100n,
      1n,
      0n,
      null,
    ]);
    expect(await valuesOf(session, decimal(38, 38), [NINES, -NINES], (x) => ceil(x))).toEqual([
      1n,
      0n,
    ]);
    expect(await valuesOf(session, decimal(38, 0), [NINES], (x) => negate(x))).toEqual([-NINES]);
  });
});
