import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { fillMapRow } from '../../../engines/row/fill-map-row.ts';
import { count, sum } from '../../../plan/aggregate.ts';
import { greater } from '../../../plan/expressions/comparison.ts';
import { read } from '../../../plan/plan.ts';
import type { RowError } from '../../../plan/session.ts';
import { int64, string } from '../../../plan/types.ts';
import { forever } from './plans.ts';

const numbers = read('numbers', { n: int64 });
const NUMBERS = 'select i as n from range(10000) r(i)';
const doubled = numbers.mapRow('double', { twice: int64, word: string }, ({ n }) => {
  if (n === 13n) throw new Error('unlucky');
  return { twice: (n as bigint) * 2n, word: `number ${String(n)}` };
});

describe('a function of each row in the bulk engine', () => {
  it('is called in this process, between two queries', async () => {
    await using plans = openBulkPlans(
      await openBulkEngine({ threads: 1 }, systemClock, forever),
      fillMapRow,
    );
    await plans.bind('numbers', `${NUMBERS} where n <> 13`, forever);
    const figures = doubled
      .filter((row) => greater(row.twice, 9n))
      .aggregate([], (row) => ({ rows: count(), total: sum(row.twice) }));
    expect(await plans.collect(figures, forever)).toEqual([{ rows: 9994n, total: 99989954n }]);
  });

  it('leaves the rows out that it fails for, and tells them', async () => {
    await using plans = openBulkPlans(
      await openBulkEngine({ threads: 1 }, systemClock, forever),
      fillMapRow,
    );
    await plans.bind('numbers', NUMBERS, forever);
    const errors: RowError[] = [];
    const { files } = await plans.writePartitions(
      {
        relation: doubled.aggregate([], () => ({ rows: count() })),
        partitionBy: 'rows',
        expectedRows: 1,
      },
      `${plans.sql.scratchDir}/out`,
      { onRows: () => undefined, onRowError: (error) => errors.push(error) },
      forever,
    );
    expect(files.map((file) => file.partition)).toEqual(['9999']);
    expect(errors).toMatchObject([
      { step: 'mapRow double', message: 'unlucky', row: { n: 13n }, fields: [{ name: 'n' }] },
    ]);
  });

  it('ends the run with the first failing row where nobody wants to be told', async () => {
    await using plans = openBulkPlans(
      await openBulkEngine({ threads: 1 }, systemClock, forever),
      fillMapRow,
    );
    await plans.bind('numbers', NUMBERS, forever);
    await expect(plans.collect(doubled, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: 'unlucky; in the row n 13',
    });
  });
});
