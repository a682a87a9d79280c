import { describe, expect, it } from '@jest/globals';
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
import { plus, times } from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { equal, greater, isNull, less } from '../../../plan/expressions/comparison.ts';
import { concat } from '../../../plan/expressions/text.ts';
import { ascending, descending, read, sql } from '../../../plan/plan.ts';
import { decimal, float64, int32, int64, string } from '../../../plan/types.ts';
import { forever, openPlans } from './plans.ts';

const sales = read('sales', { id: int32, shop: string, paid: int64 });
const SALES = `select * from (values
  (1, 'a', 10), (2, 'b', 20), (3, 'a', 30), (4, null, 40), (5, 'b', null)) as v(id, shop, paid)`;
const shops = read('shops', { shop: string, city: string });
const SHOPS = `select * from (values ('a', 'Rome'), ('b', 'Bern'), ('b', 'Basel'), (null, 'Nowhere'))
  as v(shop, city)`;

describe('the row engine', () => {
  it('selects, derives and filters', async () => {
    await using plans = await openPlans({ sales: SALES });
    const shaped = sales
      .derive((row) => ({ label: concat(row.shop, '-', cast(row.id, string)) }))
      .filter((row) => greater(row.id, 2))
      .select((row) => ({ label: row.label, twice: times(row.paid, 2n) }));
    expect(await plans.collect(shaped, forever)).toEqual([
      { label: 'a-3', twice: 60n },
      { label: null, twice: 80n },
      { label: 'b-5', twice: null },
    ]);
  });

  it('reads null where a value does not fit its type, and text of anything', async () => {
    await using plans = await openPlans({ odd: `select 3000000000 as a, 1.5 as b` });
    const odd = read('odd', { a: int32, b: string });
    expect(await plans.collect(odd, forever)).toEqual([{ a: null, b: '1.5' }]);
  });

  it('keeps one row a key, the first in the order asked for', async () => {
    await using plans = await openPlans({ sales: SALES });
    const best = sales.dedupe({ key: ['shop'], keep: [descending('paid', 'last')] });
    const sorted = best.sort([ascending('id')]);
    expect((await plans.collect(sorted, forever)).map((row) => row['id'])).toEqual([2, 3, 4]);
  });

  it('takes two nulls and two zeros of a key for one', async () => {
    await using plans = await openPlans({
      numbers: `select * from (values (1, '-0.0'::double), (2, 0.0), (3, null), (4, null), (5, 'nan'), (6, 'nan'))
        as v(id, n)`,
    });
    const numbers = read('numbers', { id: int32, n: float64 });
    const once = numbers.dedupe({ key: ['n'], keep: [ascending('id')] }).sort([ascending('id')]);
    expect((await plans.collect(once, forever)).map((row) => row['id'])).toEqual([1, 3, 5]);
  });

  it('tells keys apart whose hashes are the same', async () => {
    // Of so many keys, some have the same hash of 32 bits.
    const rows = 300_000;
    await using plans = await openPlans({
      many: `select i * 7919 as id, i as n from range(${String(rows)}) r(i) union all select 0, -1`,
    });
    const many = read('many', { id: int64, n: int64 });
    const once = many.dedupe({ key: ['id'], keep: [ascending('n')] });
    const figures = once.aggregate([], (row) => ({
      rows: count(),
      keys: countDistinct(row.id),
      least: min(row.n),
    }));
    expect(await plans.collect(figures, forever)).toEqual([
      { rows: BigInt(rows), keys: BigInt(rows), least: -1n },
    ]);
  });

  it('joins on equal keys, of which a null is none', async () => {
    await using plans = await openPlans({ sales: SALES, shops: SHOPS });
    const pairs = sales
      .join(shops, ['shop'])
      .select((row) => ({ id: row.id, city: row.city }))
      .sort([ascending('id'), ascending('city')]);
    expect(await plans.collect(pairs, forever)).toEqual([
      { id: 1, city: 'Rome' },
      { id: 2, city: 'Basel' },
      { id: 2, city: 'Bern' },
      { id: 3, city: 'Rome' },
      { id: 5, city: 'Basel' },
      { id: 5, city: 'Bern' },
    ]);
  });

  it('keeps rows without a partner in a left join, with nulls', async () => {
    await using plans = await openPlans({ sales: SALES, shops: SHOPS });
    const rome = shops.filter((row) => equal(row.city, 'Rome'));
    const left = sales.leftJoin(rome, ['shop']).sort([ascending('id')]);
    expect((await plans.collect(left, forever)).map((row) => row['city'])).toEqual([
      ...['Rome', null, 'Rome', null, null],
    ]);
    const all = sales.leftJoin(shops, ['shop']).aggregate([], () => ({ rows: count() }));
    expect(await plans.collect(all, forever)).toEqual([{ rows: 7n }]);
  });

  it('has each row once in a semi join, and those without a partner in an anti join', async () => {
    await using plans = await openPlans({ sales: SALES, shops: SHOPS });
    const ids = async (how: 'semiJoin' | 'antiJoin') => {
      const joined = sales[how](shops, ['shop']).sort([ascending('id')]);
      return (await plans.collect(joined, forever)).map((row) => row['id']);
    };
    expect(await ids('semiJoin')).toEqual([1, 2, 3, 5]);
    expect(await ids('antiJoin')).toEqual([4]);
  });

  it('has figures by group, nulls being one', async () => {
    await using plans = await openPlans({ sales: SALES });
    const figures = sales
      .aggregate(['shop'], (row) => ({
        rows: count(),
        paid: countOf(row.paid),
        large: countIf(greater(row.paid, 15n)),
        total: sum(row.paid),
        mean: average(row.id),
        last: max(row.id),
      }))
      .sort([ascending('shop', 'first')]);
    expect(await plans.collect(figures, forever)).toEqual([
      { shop: null, rows: 1n, paid: 1n, large: 1n, total: 40n, mean: 4, last: 4 },
      { shop: 'a', rows: 2n, paid: 2n, large: 1n, total: 40n, mean: 2, last: 3 },
      { shop: 'b', rows: 2n, paid: 1n, large: 1n, total: 20n, mean: 3.5, last: 5 },
    ]);
  });

  it('has one row of figures over no rows, and no group', async () => {
    await using plans = await openPlans({ sales: SALES });
    const none = sales.filter((row) => less(row.id, 0));
    const figures = none.aggregate([], (row) => ({
      rows: count(),
      shops: countDistinct(row.shop),
      total: sum(row.paid),
      mean: average(row.paid),
      least: min(row.shop),
    }));
    expect(await plans.collect(figures, forever)).toEqual([
      { rows: 0n, shops: 0n, total: null, mean: null, least: null },
    ]);
    const groups = none.aggregate(['shop'], () => ({ rows: count() }));
    expect(await plans.collect(groups, forever)).toEqual([]);
  });

  it('sums decimals exactly, and refuses a sum beyond int64', async () => {
    await using plans = await openPlans({
      big: `select 9223372036854775807 as n, 0.01::decimal(28,2) as d from range(2)`,
    });
    const big = read('big', { n: int64, d: decimal(28, 2) });
    const cents = big.aggregate([], (row) => ({
      d: sum(row.d),
      both: countDistinct(row.d, row.n),
    }));
    expect(await plans.collect(cents, forever)).toEqual([{ d: 2n, both: 1n }]);
    const sums = big.aggregate([], (row) => ({ n: sum(row.n) }));
    await expect(plans.collect(sums, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: 'sum(n): 18446744073709551614 is beyond int64',
    });
  });

  it('puts relations together by column name', async () => {
    await using plans = await openPlans({ sales: SALES });
    const turned = sales.select((row) => ({
      paid: row.paid,
      shop: row.shop,
      id: plus(row.id, 10),
    }));
    const both = sales.union(turned).filter((row) => isNull(row.shop));
    expect(await plans.collect(both, forever)).toEqual([
      { id: 4, shop: null, paid: 40n },
      { id: 14, shop: null, paid: 40n },
    ]);
  });

  it('sorts by several keys with nulls where they are asked for', async () => {
    await using plans = await openPlans({ sales: SALES });
    const ids = async (...keys: Parameters<typeof sales.sort>) =>
      (await plans.collect(sales.sort(...keys), forever)).map((row) => row['id']);
    expect(await ids([ascending('shop', 'first'), descending('id')])).toEqual([4, 3, 1, 5, 2]);
    expect(await ids([descending('paid', 'first')], 2)).toEqual([5, 4]);
    expect(await ids([descending('paid')], 0)).toEqual([]);
  });

  it('finds the first few of many rows without holding all of them', async () => {
    await using plans = await openPlans(
      { many: 'select (i * 7919) % 1000003 as n from range(1000003) r(i)' },
      { maxHeldBytes: 2 ** 21 },
    );
    const many = read('many', { n: int64 });
    expect(await plans.collect(many.sort([descending('n')], 3), forever)).toEqual([
      { n: 1000002n },
      { n: 1000001n },
      { n: 1000000n },
    ]);
  });

  it('refuses a step in the words of another engine before any work', async () => {
    await using plans = await openPlans({});
    const step = sql({ duckdb: 'select 1 as n' }, { n: int64 });
    await expect(plans.collect(step, forever)).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
    });
  });
});
