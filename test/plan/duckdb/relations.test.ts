import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plus } from '../../../plan/expressions/arithmetic.ts';
import { greater, less } from '../../../plan/expressions/comparison.ts';
import { ascending, descending, read, sql } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { float64, int32, int64, string } from '../../../plan/types.ts';
import { forever, openPlans } from './evaluate.ts';
import { bind, bindEdge, edge, rowsOf } from './rows.ts';

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('a select in DuckDB', () => {
  it('sees the columns as they were, also where it swaps their names', async () => {
    await bind(session, 't', '(1, 10), (2, 20)', 'a, b');
    const t = read('t', { a: int32, b: int32 });
    const swapped = t
      .filter((row) => greater(row.a, 1))
      .select((row) => ({ b: row.a, a: plus(row.b, 1) }));
    expect(await rowsOf(session, swapped)).toEqual([[2, 21]]);
    const derived = t
      .derive((row) => ({ a: plus(row.a, row.b), c: row.a }))
      .filter((row) => less(row.a, 20));
    expect(await rowsOf(session, derived)).toEqual([[11, 10, 1]]);
  });

  it('takes any name, and any source name, for a column of its own', async () => {
    await session.bind('read_1', `select 1 as "select", 'x' as "a ""b"""`, forever);
    const odd = read('read_1', { select: int32, 'a "b"': string });
    expect(
      await rowsOf(
        session,
        odd.filter((row) => greater(row.select, 0)).select((row) => ({ from: row['a "b"'] })),
      ),
    ).toEqual([['x']]);
  });
});

describe('a filter in DuckDB', () => {
  it('keeps rows for which the condition is true, not null', async () => {
    await bindEdge(session);
    const kept = edge.filter((row) => less(row.x, 1)).select((row) => ({ i: row.i }));
    expect(await rowsOf(session, kept)).toEqual([[1], [2]]);
  });

  it('is one relation for all that use it', async () => {
    await bindEdge(session);
    const small = edge.filter((row) => less(row.i, 4));
    const twice = small.union(small.filter((row) => less(row.i, 2)));
    expect(
      await rowsOf(
        session,
        twice.select((row) => ({ i: row.i })),
      ),
    ).toEqual([[1], [1], [2], [3]]);
  });
});

describe('a join in DuckDB', () => {
  const left = read('l', { id: int32, x: float64, a: string });
  const right = read('r', { id: int32, x: float64, b: string });
  beforeAll(async () => {
    await bind(
      session,
      'l',
      `(1, 1e0, 'a'), (null, 1e0, 'b'), (2, cast('nan' as double), 'c'), (3, cast('-0.0' as double), 'd')`,
      'id, x, a',
    );
    await bind(
      session,
      'r',
      `(1, 1e0, 'p'), (1, 1e0, 'q'), (null, 1e0, 'r'), (2, cast('nan' as double), 's'), (3, 0e0, 't')`,
      'id, x, b',
    );
  });

  it('pairs equal keys; null equals nothing', async () => {
    expect(
      await rowsOf(
        session,
        left.join(right, ['id', 'x']).select((row) => ({ a: row.a, b: row.b })),
      ),
    ).toEqual([
      ['a', 'p'],
      ['a', 'q'],
      ['c', 's'],
      ['d', 't'],
    ]);
    const other = right.select((row) => ({ key: row.id, b: row.b }));
    expect(
      await rowsOf(
        session,
        left
          .leftJoin(other, [{ left: 'id', right: 'key' }])
          .select((row) => ({ a: row.a, b: row.b })),
      ),
    ).toEqual([
      ['a', 'p'],
      ['a', 'q'],
      ['b', null],
      ['c', 's'],
      ['d', 't'],
    ]);
  });

  it('keeps rows with a partner once, or those without', async () => {
    const names = (relation: typeof left) =>
      rowsOf(
        session,
        relation.select((row) => ({ a: row.a })),
      );
    expect(await names(left.semiJoin(right, ['id', 'x']))).toEqual([['a'], ['c'], ['d']]);
    expect(await names(left.antiJoin(right, ['id', 'x']))).toEqual([['b']]);
  });

  it('joins a relation with itself', async () => {
    const pairs = right.join(
      right.select((row) => ({ id: row.id, c: row.b })),
      ['id'],
    );
    expect(
      await rowsOf(
        session,
        pairs.select((row) => ({ b: row.b, c: row.c })),
      ),
    ).toHaveLength(6);
  });
});

describe('a union in DuckDB', () => {
  it('keeps duplicates and goes by name', async () => {
    await bind(session, 't', `(1, 'x')`, 'a, b');
    const t = read('t', { a: int32, b: string });
    const turned = t.select((row) => ({ b: row.b, a: row.a }));
    expect(await rowsOf(session, t.union(turned))).toEqual([
      [1, 'x'],
      [1, 'x'],
    ]);
  });
});

describe('a sort in DuckDB', () => {
  it('puts nulls where it is told, and leaves the values as they are', async () => {
    await bindEdge(session);
    const last = edge.sort([ascending('x'), ascending('i')]);
    expect(await rowsOf(session, last, true)).toEqual([
      [1, -0],
      [2, 0],
      [7, 1],
      [3, NaN],
      [4, NaN],
      [5, null],
      [6, null],
    ]);
    const first = edge.sort([descending('x', 'first'), descending('i')], 4);
    expect(await rowsOf(session, first, true)).toEqual([
      [6, null],
      [5, null],
      [4, NaN],
      [3, NaN],
    ]);
    expect(await rowsOf(session, edge.sort([descending('i')], 0), true)).toEqual([]);
  });
});

describe('a dedupe in DuckDB', () => {
  it('keeps the first row of a key; null keys are equal, as are both zeros', async () => {
    await bindEdge(session);
    const kept = edge.dedupe({ key: ['x'], keep: [descending('i')] });
    expect(await rowsOf(session, kept)).toEqual([
      [2, 0],
      [4, NaN],
      [6, null],
      [7, 1],
    ]);
    const first = edge.dedupe({ key: ['x'], keep: [ascending('i')] });
    expect(await rowsOf(session, first)).toEqual([
      [1, -0],
      [3, NaN],
      [5, null],
      [7, 1],
    ]);
  });

  it('keeps any row where no order is given, and always the same', async () => {
    await bindEdge(session);
    const kept = edge.dedupe({ key: ['x'], keep: [] });
    expect(await rowsOf(session, kept)).toEqual([
      [1, -0],
      [3, NaN],
      [5, null],
      [7, 1],
    ]);
  });
});

describe('a sql step in DuckDB', () => {
  it('names its inputs by number', async () => {
    await bind(session, 't', `(1, 'x'), (2, 'y')`, 'a, b');
    const t = read('t', { a: int32, b: string });
    const query = sql(
      { duckdb: 'select a.a, count(*) as n from $1 as a, $2 as b group by all' },
      { a: int32, n: int64 },
      t.filter((row) => greater(row.a, 1)),
      t,
    );
    expect(await rowsOf(session, query)).toEqual([[2, 2n]]);
  });
});
