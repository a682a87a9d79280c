import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Aggregate,
  average,
  count,
  countDistinct,
  countIf,
  countOf,
  max,
  min,
  sum,
} from '../../../plan/aggregate.ts';
import { greater, less } from '../../../plan/expressions/comparison.ts';
import { read } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { decimal, int32, int64, string } from '../../../plan/types.ts';
import { forever, openPlans } from './evaluate.ts';
import { bind, bindEdge, edge, rowsOf, rowText } from './rows.ts';

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('an aggregate in DuckDB', () => {
  it('has one row over no rows', async () => {
    await session.bind(
      'none',
      'select 1 as n, cast(1.5 as decimal(5,2)) as d where false',
      forever,
    );
    const none = read('none', { n: int32, d: decimal(5, 2) }).aggregate([], (row) => ({
      rows: count(),
      some: countIf(greater(row.n, 0)),
      of: countOf(row.n),
      distinct: countDistinct(row.n, row.d),
      sum: sum(row.n),
      decimals: sum(row.d),
      average: average(row.n),
      min: min(row.d),
      max: max(row.n),
    }));
    expect(await rowsOf(session, none)).toEqual([[0n, 0n, 0n, 0n, null, null, null, null, null]]);
  });

  it('makes one group of nulls, one of NaN and one of both zeros', async () => {
    await bindEdge(session);
    const groups = edge.aggregate(['x'], (row) => ({ rows: count(), last: max(row.i) }));
    expect(await rowsOf(session, groups)).toEqual(
      [
        [0, 2n, 2],
        [1, 1n, 7],
        [null, 2n, 6],
        [NaN, 2n, 4],
      ].sort((a, b) => (rowText(a) < rowText(b) ? -1 : 1)),
    );
    const distinct = edge.aggregate([], (row) => ({
      one: countDistinct(row.x),
      two: countDistinct(row.x, row.i),
      max: max(row.x),
    }));
    expect(await rowsOf(session, distinct)).toEqual([[3n, 5n, NaN]]);
  });

  it('sums exactly, and ends the run where the sum is no int64', async () => {
    await session.bind(
      'large',
      `select unnest([9223372036854775807, 9223372036854775807, -9223372036854775807]) as n, cast('9999999999999999999999999999' as decimal(28,0)) as d`,
      forever,
    );
    const large = read('large', { n: int64, d: decimal(28, 0) });
    const figures = large.aggregate([], (row) => ({
      n: sum(row.n),
      d: sum(row.d),
      a: average(row.d),
      b: average(row.n),
    }));
    expect(await rowsOf(session, figures)).toEqual([
      [
        2n ** 63n - 1n,
        3n * (10n ** 28n - 1n),
        2.9999999999999999999999999997e28 / 3,
        9223372036854775807 / 3,
      ],
    ]);
    const over = large
      .filter((row) => greater(row.n, 0))
      .aggregate([], (row) => ({ n: sum(row.n) }));
    for (const plan of [over, over.filter((row) => less(row.n, 5))]) {
      await expect(session.collect(plan, forever)).rejects.toMatchObject({ code: 'VALUE_INVALID' });
    }
  });

  it('averages by the nearest double of the sum, where the own cast of DuckDB is one too low', async () => {
    await session.bind('one', `select 107949793731744264.2518513349 as d`, forever);
    const one = read('one', { d: decimal(28, 10) }).aggregate([], (row) => ({ a: average(row.d) }));
    expect(await rowsOf(session, one)).toEqual([[107949793731744264.2518513349]]);
  });

  it('takes the least and greatest text by bytes', async () => {
    await bind(session, 'words', `('～'), ('😀'), ('a'), ('B'), (null)`, 'w');
    const words = read('words', { w: string }).aggregate([], (row) => ({
      min: min(row.w),
      max: max(row.w),
      n: countOf(row.w),
    }));
    expect(await rowsOf(session, words)).toEqual([['B', '😀', 4n]]);
  });

  it.each<[string, (x: Parameters<typeof sum>[0]) => Aggregate]>([
    ['sum', (x) => sum(x)],
    ['min', (x) => min(x)],
  ])('gives %s the name of a column that it replaces', async (_, measure) => {
    await bind(session, 't', '(1, 10), (1, 20)', 'a, b');
    const t = read('t', { a: int64, b: int64 }).aggregate(['a'], (row) => ({ b: measure(row.b) }));
    expect(await rowsOf(session, t)).toHaveLength(1);
  });
});
