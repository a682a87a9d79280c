import { describe, expect, it } from '@jest/globals';
import { count, countDistinct } from '../../../plan/aggregate.ts';
import { ascending, read, type Relation } from '../../../plan/plan.ts';
import { int64 } from '../../../plan/types.ts';
import { forever, openPlans } from './plans.ts';

const many = read('many', { n: int64 });
const MANY = { many: 'select i as n from range(1000000) r(i)' };

describe('what a step of the row engine holds', () => {
  it.each<[string, Relation]>([
    ['dedupe', many.dedupe({ key: ['n'], keep: [] })],
    ['sort', many.sort([ascending('n')])],
    ['join', many.join(many, ['n'])],
    ['aggregate', many.aggregate(['n'], () => ({ rows: count() }))],
    ['count(distinct)', many.aggregate([], (row) => ({ values: countDistinct(row.n) }))],
  ])('is bounded: a %s of too much fails and says what to do', async (_, plan) => {
    await using plans = await openPlans(MANY, { maxHeldBytes: 2 ** 20 });
    await expect(plans.collect(plan, forever)).rejects.toMatchObject({
      code: 'ENGINE_OUT_OF_MEMORY',
      message: expect.stringMatching(/^".*" holds more than 1 MiB in this process$/),
      hint: expect.stringContaining('"bulk"'),
    });
  });

  it('is a few bytes a key where keys are unique', async () => {
    await using plans = await openPlans(MANY, { maxHeldBytes: 12 * 2 ** 20 });
    const once = many.dedupe({ key: ['n'], keep: [] }).aggregate([], () => ({ rows: count() }));
    expect(await plans.collect(once, forever)).toEqual([{ rows: 1_000_000n }]);
  });
});
