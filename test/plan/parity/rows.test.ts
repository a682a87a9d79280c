import { describe, expect, it } from '@jest/globals';
import { compareRows } from '../../../plan/parity/rows.ts';
import { ascending, read, type Relation } from '../../../plan/plan.ts';
import type { PlanRow } from '../../../plan/session.ts';
import { decimal, float64, int32, list, type PlanCell, string } from '../../../plan/types.ts';

const types = { id: int32, name: string, price: decimal(5, 2), weight: float64 };
const source: Relation = read('source', types);

function row(id: number, name: string | null, price: bigint, weight: PlanCell = 0): PlanRow {
  return { id, name, price, weight };
}

describe('comparing the rows of two engines', () => {
  it('takes the same rows in any order for the same, as often as they are there', () => {
    const rows = [row(1, 'a', 150n), row(2, null, 0n), row(1, 'a', 150n)];
    expect(compareRows(source.node, rows, [...rows].reverse())).toBeUndefined();
    expect(compareRows(source.node, rows, rows.slice(0, 2), ['id'])).toMatchObject({
      kind: 'row',
      side: 'left',
      row: { id: 1 },
    });
    expect(compareRows(source.node, rows.slice(1), rows)).toMatchObject({ side: 'right' });
  });

  it('names the first differing row by its key, the column and both values', () => {
    const left = [row(1, 'a', 150n), row(2, 'b', 100n), row(3, 'c', 5n)];
    const right = [row(3, 'c', 6n), row(1, 'a', 150n), row(2, 'b', 125n)];
    expect(compareRows(source.node, left, right, ['id'])).toMatchObject({
      kind: 'value',
      key: 'id 2',
      column: 'price',
      left: '1.00',
      right: '1.25',
    });
  });

  it('without a key pairs the rows that differ least', () => {
    const left = [row(1, 'a', 150n)];
    const right = [row(1, 'x', 999n), row(1, 'a', 151n)];
    expect(compareRows(source.node, left, right)).toMatchObject({ column: 'price', right: '1.51' });
  });

  it('compares floats to the last bit, NaN with itself, and the zeros as one', () => {
    const withWeight = (weight: number) => [row(1, 'a', 1n, weight)];
    const same = (a: number, b: number) =>
      compareRows(source.node, withWeight(a), withWeight(b)) === undefined;
    expect(same(Number.NaN, Number.NaN)).toBe(true);
    expect(same(0, -0)).toBe(true);
    expect(same(0.1 + 0.2, 0.3)).toBe(false);
    expect(same(Number.NaN, 0)).toBe(false);
  });

  it('tells values of another JavaScript type, null and the empty text apart', () => {
    const found = (left: PlanCell, right: PlanCell) =>
      compareRows(source.node, [{ ...row(1, 'a', 1n), name: left }], [row(1, right as string, 1n)]);
    expect(found(null, '')).toBeDefined();
    expect(found('null', null)).toBeDefined();
    const number = [{ ...row(1, 'a', 1n), price: 1 }];
    expect(compareRows(source.node, number, [row(1, 'a', 1n)])).toBeDefined();
  });

  it('looks into lists', () => {
    const lists: Relation = read('source', { items: list(float64) });
    const rows = (items: readonly PlanCell[] | null) => [{ items }];
    expect(compareRows(lists.node, rows([0, null]), rows([-0, null]))).toBeUndefined();
    expect(compareRows(lists.node, rows([1, null]), rows([null, 1]))).toBeDefined();
    expect(compareRows(lists.node, rows([]), rows(null))).toBeDefined();
  });

  it('compares the order where the plan sorts last, and of the sort columns only', () => {
    const sorted = source.sort([ascending('id')]);
    const [a, b, c] = [row(1, 'x', 1n), row(1, 'y', 2n), row(2, 'z', 3n)];
    expect(compareRows(sorted.node, [a, b, c], [b, a, c])).toBeUndefined();
    expect(compareRows(sorted.node, [a, b, c], [a, c, b])).toMatchObject({ kind: 'order', at: 1 });
    expect(compareRows(source.node, [a, b, c], [a, c, b])).toBeUndefined();
  });
});
