import { describe, expect, it } from '@jest/globals';
import { count } from '../../../plan/aggregate.ts';
import { plus } from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { greater } from '../../../plan/expressions/comparison.ts';
import { ascending, read, type Relation } from '../../../plan/plan.ts';
import type { RowFunction } from '../../../plan/relation.ts';
import type { PlanSession, RowError } from '../../../plan/session.ts';
import { date, decimal, int32, list, string } from '../../../plan/types.ts';
import { forever, openPlans } from './plans.ts';

const texts = read('texts', { id: int32, text: string });
const TEXTS = {
  texts: `select * from (values (1, '10'), (2, 'x'), (3, null), (4, '2147483647'), (5, ''))
    as v(id, text)`,
};

async function written(plans: PlanSession, relation: Relation, partitionBy: string) {
  const errors: RowError[] = [];
  const result = await plans.writePartitions(
    { relation, partitionBy, expectedRows: 1 },
    `${plans.sql.scratchDir}/out-${String(Math.floor(errors.length))}`,
    {
      onRows: () => undefined,
      onRowError: (error) => errors.push(error),
    },
    forever,
  );
  return { errors, ...result };
}

describe('rows without a result', () => {
  const parsed = texts.derive((row) => ({ number: cast(row.text, int32) }));

  it('end the run with expression, value and row where nobody wants them', async () => {
    await using plans = await openPlans(TEXTS);
    await expect(plans.collect(parsed, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message:
        'cast(text, to: int32, onError: "fail") of x: it is no int32; in the row id 2, text x',
    });
  });

  it('are told one by one and left out', async () => {
    await using plans = await openPlans(TEXTS);
    const more = parsed.derive((row) => ({ number: plus(row.number, 1) }));
    const { errors, files } = await written(plans, more, 'id');
    expect(files.map((file) => file.partition)).toEqual(['1', '3']);
    expect(errors).toMatchObject([
      {
        step: 'select 2 columns, number = cast(text, to: int32, onError: "fail")',
        message: 'cast(text, to: int32, onError: "fail") of x: it is no int32',
        row: { id: 2, text: 'x' },
      },
      { row: { id: 5, text: '' } },
      {
        step: 'select 2 columns, number = plus(number, 1)',
        message: 'plus(number, 1) of 2147483647 and 1: the result is beyond int32',
        row: { id: 4, text: '2147483647', number: 2147483647 },
      },
    ]);
  });

  it('are told once, also where the rows are read twice', async () => {
    await using plans = await openPlans(TEXTS);
    const deduped = parsed.dedupe({ key: ['number'], keep: [], dropped: 'twice' });
    const both = deduped.union(deduped.filter((row) => greater(row.id, 0)));
    const { errors, files, dropped } = await written(plans, both, 'id');
    expect(errors.map((error) => error.row['id'])).toEqual([2, 5]);
    expect(files.map((file) => file.rows)).toEqual([2, 2, 2]);
    expect(dropped).toEqual({ twice: 0 });
  });

  it('are found by a filter and a figure too', async () => {
    await using plans = await openPlans(TEXTS);
    const filtered = texts
      .filter((row) => greater(cast(row.text, int32), 0))
      .aggregate([], () => ({ id: count() }));
    const { errors } = await written(plans, filtered, 'id');
    expect(errors.map((error) => error.step)).toEqual([
      expect.stringContaining('filter'),
      expect.stringContaining('filter'),
    ]);
  });
});

describe('a function of each row', () => {
  const fields = { day: date, price: decimal(4, 2), words: list(string) };
  const mapped = (map: RowFunction) => texts.mapRow('test', fields, map);

  it('gets the row by column, and gives one of the declared columns', async () => {
    await using plans = await openPlans(TEXTS);
    const relation = mapped(({ id, text }) => ({
      day: id ?? 0,
      price: 150n,
      words: [text ?? null],
    }));
    const [first, , third] = await plans.collect(relation.sort([ascending('day')]), forever);
    expect([first, third]).toEqual([
      { day: 1, price: 150n, words: ['10'] },
      { day: 3, price: 150n, words: [null] },
    ]);
  });

  it.each<[string, RowFunction, string]>([
    [
      'throws',
      () => {
        throw new Error('no such shop');
      },
      'no such shop',
    ],
    [
      'gives another type',
      () => ({ day: '2017-01-01', price: null, words: null }),
      `the function gave '2017-01-01' for "day", which is date`,
    ],
    [
      'gives a decimal of too many digits',
      () => ({ day: null, price: 10000n, words: null }),
      'the function gave 10000n for "price", which is decimal(4,2)',
    ],
    [
      'leaves a column out',
      () => ({ day: null, words: null }),
      'the function gave undefined for "price", which is decimal(4,2)',
    ],
    [
      'gives half a character',
      () => ({ day: null, price: null, words: ['\ud83d'] }),
      `the function gave [ '\\ud83d' ] for "words", which is list(string)`,
    ],
    ['gives no row', () => undefined as never, 'the function gave undefined and no row'],
  ])('that %s is an error of that row', async (_, map, message) => {
    await using plans = await openPlans(TEXTS);
    await expect(plans.collect(mapped(map), forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: `${message}; in the row id 1, text 10`,
    });
  });
});
