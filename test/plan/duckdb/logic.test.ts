import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Expression } from '../../../plan/expression.ts';
import {
  equal,
  greater,
  greaterOrEqual,
  isIn,
  isNull,
  less,
  lessOrEqual,
  notEqual,
  same,
} from '../../../plan/expressions/comparison.ts';
import { coalesce, greatest, least, nullIf, when } from '../../../plan/expressions/conditional.ts';
import { boolean, decimalNumber, nullOf, text } from '../../../plan/expressions/literal.ts';
import { and, not, or } from '../../../plan/expressions/logic.ts';
import {
  element,
  field,
  listLength,
  listOf,
  presentOf,
  structOf,
} from '../../../plan/expressions/nested.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { bool, decimal, float64, int32, list, type PlanCell, string } from '../../../plan/types.ts';
import { openPlans, valuesOf } from './evaluate.ts';

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('comparisons in DuckDB', () => {
  it.each<[string, (x: Expression<'float64'>) => Expression, readonly PlanCell[]]>([
    ['equal', (x) => equal(x, Number.NaN), [false, false, true, null]],
    ['notEqual', (x) => notEqual(x, 0), [false, true, true, null]],
    ['less', (x) => less(x, Number.NaN), [true, true, false, null]],
    ['lessOrEqual', (x) => lessOrEqual(x, 0), [true, false, false, null]],
    ['greater', (x) => greater(x, Infinity), [false, false, true, null]],
    ['greaterOrEqual', (x) => greaterOrEqual(x, 0), [true, true, true, null]],
    ['same', (x) => same(x, Number.NaN), [false, false, true, false]],
    ['isNull', (x) => isNull(x), [false, false, false, true]],
    ['isIn', (x) => isIn(x, [0, Number.NaN]), [true, false, true, null]],
  ])('take NaN as itself and above all numbers, -0 as 0: %s', async (_, apply, expected) => {
    expect(await valuesOf(session, float64, [-0, Infinity, NaN, null], apply)).toEqual(expected);
  });

  it('order texts by their UTF-8 bytes, spaces at the end included', async () => {
    const inputs = ['😀', '～', 'a ', 'a', 'B', 'é', ''];
    const below = await valuesOf(session, string, inputs, (x) => less(x, '😀'));
    expect(below).toEqual([false, true, true, true, true, true, true]);
    expect(await valuesOf(session, string, inputs, (x) => equal(x, 'a'))).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(await valuesOf(session, string, inputs, (x) => less(x, 'a'))).toEqual([
      false,
      false,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('compare decimals of different scales', async () => {
    const inputs = [150n, 151n, -150n, null];
    const by = decimalNumber('1.500');
    expect(await valuesOf(session, decimal(5, 2), inputs, (x) => equal(x, by))).toEqual([
      true,
      false,
      false,
      null,
    ]);
    expect(
      await valuesOf(session, decimal(5, 2), inputs, (x) => isIn(x, [by, decimalNumber('-1.5')])),
    ).toEqual([true, false, true, null]);
  });

  it('have null-safe equality of two nulls', async () => {
    expect(await valuesOf(session, int32, [1, null], (x) => same(x, nullOf(int32)))).toEqual([
      false,
      true,
    ]);
  });
});

describe('logic in DuckDB', () => {
  it('has three values', async () => {
    const inputs = [true, false, null];
    const nothing = nullOf(bool);
    expect(await valuesOf(session, bool, inputs, (x) => and(x, nothing))).toEqual([
      null,
      false,
      null,
    ]);
    expect(await valuesOf(session, bool, inputs, (x) => or(x, nothing))).toEqual([
      true,
      null,
      null,
    ]);
    expect(await valuesOf(session, bool, inputs, (x) => not(x))).toEqual([false, true, null]);
    expect(await valuesOf(session, bool, inputs, (x) => and(x, boolean(true), x))).toEqual(inputs);
    expect(await valuesOf(session, bool, [true], () => and())).toEqual([true]);
    expect(await valuesOf(session, bool, [true], () => or())).toEqual([false]);
  });

  it('takes the value of the first condition that is true', async () => {
    const apply = (x: Expression<'int32'>) =>
      when(greater(x, 10), text('large')).when(greater(x, 1), 'some').otherwise('few');
    expect(await valuesOf(session, int32, [11, 2, 1, null], apply)).toEqual([
      'large',
      'some',
      'few',
      'few',
    ]);
    const orNull = (x: Expression<'int32'>) => when(equal(x, 1), text('one')).orNull();
    expect(await valuesOf(session, int32, [1, 2, null], orNull)).toEqual(['one', null, null]);
  });

  it('looks for a value that is there', async () => {
    const inputs = [3, 1, null];
    expect(await valuesOf(session, int32, inputs, (x) => coalesce(x, 7))).toEqual([3, 1, 7]);
    expect(await valuesOf(session, int32, inputs, (x) => nullIf(x, 3))).toEqual([null, 1, null]);
    expect(await valuesOf(session, int32, inputs, (x) => greatest(x, 2, nullOf(int32)))).toEqual([
      3, 2, 2,
    ]);
    expect(await valuesOf(session, int32, inputs, (x) => least(x, 2, nullOf(int32)))).toEqual([
      2, 1, 2,
    ]);
    expect(await valuesOf(session, float64, [NaN, -Infinity, null], (x) => greatest(x, 1))).toEqual(
      [NaN, 1, 1],
    );
    expect(await valuesOf(session, float64, [NaN, -Infinity, null], (x) => least(x, 1))).toEqual([
      1,
      -Infinity,
      1,
    ]);
    expect(await valuesOf(session, float64, [NaN, 1], (x) => nullIf(x, NaN))).toEqual([null, 1]);
  });
});

describe('lists and structs in DuckDB', () => {
  it('are made of values, and looked into', async () => {
    const inputs = ['a', null];
    expect(await valuesOf(session, string, inputs, (x) => listOf(x, text('b')))).toEqual([
      ['a', 'b'],
      [null, 'b'],
    ]);
    expect(await valuesOf(session, string, inputs, (x) => presentOf(x, text('b'), x))).toEqual([
      ['a', 'b', 'a'],
      ['b'],
    ]);
    expect(await valuesOf(session, string, [null], (x) => presentOf(x))).toEqual([[]]);
    const pair = (x: Expression<'string'>) => structOf({ 'Some name': x, n: listOf(x) });
    expect(await valuesOf(session, string, inputs, pair)).toEqual([
      ['a', ['a']],
      [null, [null]],
    ]);
    expect(
      await valuesOf(session, string, inputs, (x) => field(pair(x), 'Some name', string)),
    ).toEqual(inputs);
  });

  it('count from 1, and have nothing beyond the end', async () => {
    const inputs = [['a', null, 'c'], [], null];
    const type = list(string);
    expect(await valuesOf(session, type, inputs, listLength)).toEqual([3, 0, null]);
    expect(await valuesOf(session, type, inputs, (x) => element(x, 3, string))).toEqual([
      'c',
      null,
      null,
    ]);
    expect(await valuesOf(session, type, inputs, (x) => element(x, 2, string))).toEqual([
      null,
      null,
      null,
    ]);
  });
});
