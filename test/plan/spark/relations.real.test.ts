import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openBigdataPlans } from '../../../engines/bigdata/plan-session.ts';
import type { BigdataSession } from '../../../engines/bigdata/session.ts';
import {
  average,
  count,
  countDistinct,
  countIf,
  countOf,
  max,
  min,
  sum,
} from '../../../plan/aggregate.ts';
import { plus } from '../../../plan/expressions/arithmetic.ts';
import { equal, greater, isNull } from '../../../plan/expressions/comparison.ts';
import { not } from '../../../plan/expressions/logic.ts';
import { ascending, descending, read, relation, sql } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { decimal, float64, int32, int64, string } from '../../../plan/types.ts';
import { describeOnSpark, failureOf, forever } from '../../engines/bigdata/on-spark.ts';

const ROWS = `select * from values
  (1, 'a', double('NaN'), cast(1.50 as decimal(5,2))),
  (1, 'b', double('-0.0'), cast(2.50 as decimal(5,2))),
  (null, 'c', 0D, null), (null, null, double('NaN'), cast(0.01 as decimal(5,2))),
  (2, '😀', null, cast(-1 as decimal(5,2)))
  as t(k, s, f, d)`;
const rows = read('rows', { k: int32, s: string, f: float64, d: decimal(5, 2) });

describeOnSpark('the printed relations', (spark) => {
  let session: BigdataSession;
  let plans: PlanSession;

  beforeAll(async () => {
    session = await spark.open();
    plans = openBigdataPlans(session);
    await plans.bind('rows', ROWS, forever);
  });
  afterAll(async () => {
    await plans[Symbol.asyncDispose]();
  });

  it('filter, derive and sort with nulls where they are told to be', async () => {
    const plan = rows
      .filter((row) => not(equal(row.s, 'b')))
      .derive((row) => ({ k: plus(row.k, 1), old: row.k }))
      .select(({ k, old, s }) => ({ k, old, s }))
      .sort([descending('k', 'last'), ascending('s', 'first')]);
    expect(await plans.collect(plan, forever)).toEqual([
      { k: 3, old: 2, s: '😀' },
      { k: 2, old: 1, s: 'a' },
      { k: null, old: null, s: 'c' },
    ]);
    const top = rows.sort([ascending('k', 'first'), descending('s', 'first')], 2);
    expect((await plans.collect(top, forever)).map(({ s }) => s)).toEqual([null, 'c']);
  });

  it('keep the best row of each key, null keys being equal', async () => {
    const best = rows
      .dedupe({ key: ['k'], keep: [descending('f', 'last')] })
      .sort([ascending('k')]);
    expect(await plans.collect(best, forever)).toEqual([
      { k: 1, s: 'a', f: NaN, d: 150n },
      { k: 2, s: '😀', f: null, d: -100n },
      { k: null, s: null, f: NaN, d: 1n },
    ]);
    const any = rows.select(({ k }) => ({ k })).dedupe({ key: ['k'], keep: [] });
    expect(await plans.collect(any, forever)).toHaveLength(3);
  });

  it('join on equal columns, null equalling nothing', async () => {
    const names = rows
      .filter((row) => not(isNull(row.d)))
      .select((row) => ({ id: row.k, name: row.s }));
    const on = [{ left: 'k', right: 'id' }] as const;
    const left = rows.filter((row) => equal(row.s, 'a')).select(({ k }) => ({ k }));
    const nulls = rows.filter((row) => isNull(row.k)).select(({ k }) => ({ k }));
    const sorted = left.join(names, on).sort([ascending('name')]);
    expect(await plans.collect(sorted, forever)).toEqual([
      { k: 1, name: 'a' },
      { k: 1, name: 'b' },
    ]);
    expect(await plans.collect(nulls.join(names, on), forever)).toEqual([]);
    expect(await plans.collect(nulls.leftJoin(names, on), forever)).toEqual([
      { k: null, name: null },
      { k: null, name: null },
    ]);
    expect(await plans.collect(left.semiJoin(names, on), forever)).toEqual([{ k: 1 }]);
    expect(await plans.collect(nulls.antiJoin(names, on), forever)).toHaveLength(2);
    expect(
      await plans.collect(
        rows.join(
          rows.select(({ k }) => ({ k })),
          ['k'],
        ),
        forever,
      ),
    ).toHaveLength(5);
  });

  it('aggregate groups, and no row at all', async () => {
    const figures = (from: typeof rows) =>
      from.aggregate([], (row) => ({
        n: count(),
        ones: countIf(equal(row.k, 1)),
        named: countOf(row.s),
        keys: countDistinct(row.k),
        pairs: countDistinct(row.k, row.s),
        floats: countDistinct(row.f),
        total: sum(row.d),
        mean: average(row.d),
        keyTotal: sum(row.k),
        keyMean: average(row.k),
        low: min(row.s),
        high: max(row.f),
      }));
    expect(await plans.collect(figures(rows), forever)).toEqual([
      {
        ...{ n: 5n, ones: 2n, named: 4n, keys: 2n, pairs: 3n, floats: 2n },
        ...{ total: 301n, mean: 0.7525, keyTotal: 4n, keyMean: 4 / 3, low: 'a', high: NaN },
      },
    ]);
    const none = rows.filter((row) => equal(row.s, 'nobody'));
    expect(await plans.collect(figures(none), forever)).toEqual([
      {
        ...{ n: 0n, ones: 0n, named: 0n, keys: 0n, pairs: 0n, floats: 0n },
        ...{ total: null, mean: null, keyTotal: null, keyMean: null, low: null, high: null },
      },
    ]);
    const groups = rows.aggregate(['f'], () => ({ n: count() })).sort([ascending('f')]);
    expect(await plans.collect(groups, forever)).toEqual([
      { f: 0, n: 2n },
      { f: NaN, n: 2n },
      { f: null, n: 1n },
    ]);
  });

  it('sum integers exactly whatever the order, and fail where the sum does not fit', async () => {
    await plans.bind(
      'limits',
      `select * from values (9223372036854775807), (9223372036854775807), (-9223372036854775807) as t(n)`,
      forever,
    );
    const limits = read('limits', { n: int64 });
    const total = limits.aggregate([], (row) => ({ total: sum(row.n), mean: average(row.n) }));
    expect(await plans.collect(total, forever)).toEqual([
      { total: 9223372036854775807n, mean: 9223372036854775807 / 3 },
    ]);
    const tooMuch = limits
      .filter((row) => greater(row.n, 0))
      .aggregate([], (row) => ({ total: sum(row.n) }));
    expect(await failureOf(plans.collect(tooMuch, forever))).toMatchObject({
      code: 'VALUE_INVALID',
    });
  });

  it('unite rows by the names of their columns, a shared part printed once', async () => {
    const shared = rows.aggregate(['k'], () => ({ n: count() }));
    const swapped = shared.select(({ n, k }) => ({ n, k }));
    const united = shared.union(relation(swapped.node)).sort([ascending('k')]);
    expect(await plans.collect(united, forever)).toEqual([
      { k: 1, n: 2n },
      { k: 1, n: 2n },
      { k: 2, n: 1n },
      { k: 2, n: 1n },
      { k: null, n: 2n },
      { k: null, n: 2n },
    ]);
  });

  it('run a step in the words of Spark, with its types', async () => {
    const own = sql(
      {
        spark: `select k, 'two\n  lines' as note, count(*) as n from $1 where s <> '$2' group by k`,
      },
      { k: int64, note: string, n: int32 },
      rows,
    ).sort([ascending('k')]);
    expect(await plans.collect(own, forever)).toEqual([
      { k: 1n, note: 'two\n  lines', n: 2 },
      { k: 2n, note: 'two\n  lines', n: 1 },
      { k: null, note: 'two\n  lines', n: 1 },
    ]);
  });
});
