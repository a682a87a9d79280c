import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import { count, sum } from '../../../plan/aggregate.ts';
import { plus, quotient, times } from '../../../plan/expressions/arithmetic.ts';
import { equal, greater, isNotNull, less } from '../../../plan/expressions/comparison.ts';
import { when } from '../../../plan/expressions/conditional.ts';
import { concat, left, upper } from '../../../plan/expressions/text.ts';
import { traceDifference } from '../../../plan/parity/trace.ts';
import { read } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { int32, string } from '../../../plan/types.ts';
import { faulty } from './faulty.ts';

const { signal } = new AbortController();
const source = read('source', { id: int32, name: string });
let row: PlanSession;
let bulk: PlanSession;

beforeAll(async () => {
  row = openRowPlans(await openBulkEngine({}, systemClock, signal));
  bulk = openBulkPlans(await openBulkEngine({}, systemClock, signal));
  const rows = `select cast(id as integer) as id, ['ada', 'Bob', null][id % 3 + 1] as name from range(9) as r(id)`;
  for (const engine of [row, bulk]) await engine.bind('source', rows, signal);
});
afterAll(async () => {
  await row[Symbol.asyncDispose]();
  await bulk[Symbol.asyncDispose]();
});

describe('tracing a difference of two engines', () => {
  it('finds none where there is none', async () => {
    const plan = source.derive(({ name }) => ({ name: upper(name) }));
    expect(await traceDifference(plan.node, [row, bulk], signal)).toBeUndefined();
  });

  it('names the step, the smallest expression, the row and both values', async () => {
    const plan = source
      .filter(({ id }) => greater(id, 0))
      .derive(({ id, name }) => ({ name: concat(left(upper(name), 2), '!'), id: plus(id, 1) }))
      .aggregate(['name'], () => ({ rows: count() }));
    const found = await traceDifference(plan.node, [row, faulty(bulk, { upper: 'lower' })], signal);
    expect(found).toMatchObject({
      step: expect.stringMatching(/^select .*name = concat/),
      expression: 'upper(name)',
      input: { id: 1, name: 'Bob' },
      values: ['"BOB"', '"bob"'],
    });
  });

  it('looks into conditions and into the arguments of figures', async () => {
    const filtered = source.filter(({ id }) => less(times(id, 2), 10));
    const wrong = faulty(bulk, { times: 'plus' });
    expect(await traceDifference(filtered.node, [row, wrong], signal)).toMatchObject({
      expression: 'times(id, 2)',
      values: ['0', '2'],
    });
    const summed = source.aggregate([], ({ id }) => ({ sum: sum(times(id, 3)) }));
    expect(await traceDifference(summed.node, [row, wrong], signal)).toMatchObject({
      step: expect.stringMatching(/^aggregate/),
      expression: 'times(id, 3)',
    });
  });

  it('names the expression that fails on one engine only', async () => {
    const plan = source
      .filter(({ name }) => isNotNull(name))
      .select(({ id }) => ({
        share: when(equal(id, 0), quotient(id, 1, { onZero: 'fail' })).otherwise(
          quotient(plus(id, 1), id, { onZero: 'fail' }),
        ),
      }));
    // Not equal to 0 is where the division by 0 then is.
    const found = await traceDifference(
      plan.node,
      [row, faulty(bulk, { equal: 'notEqual' })],
      signal,
    );
    expect(found?.expression).toBe('equal(id, 0)');
  });
});
