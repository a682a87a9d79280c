import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { fillMapRow } from '../../../engines/row/fill-map-row.ts';
import { nameRows } from '../../../engines/row/name-rows.ts';
import { divide } from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { read } from '../../../plan/plan.ts';
import { int32, string } from '../../../plan/types.ts';
import { forever } from './plans.ts';

const source = read('source', { id: int32, amount: string, parts: int32 });

async function openPlans() {
  const session = await openBulkEngine({ threads: 1 }, systemClock, forever);
  const plans = nameRows(openBulkPlans(session, fillMapRow), session);
  await plans.bind(
    'source',
    `select * from (values (1, '10', 2), (2, 'ten', 2), (3, '30', 0)) as v(id, amount, parts)`,
    forever,
  );
  return plans;
}

describe('a value without a result on the bulk engine', () => {
  const parsed = source.derive((row) => ({ number: cast(row.amount, int32) }));
  const said = 'cast(amount, to: int32, onError: "fail") of ten: it is no int32; in the row id 2';

  it('is named with its row, whatever the plan is run for', async () => {
    await using plans = await openPlans();
    const { scratchDir } = plans.sql;
    const watch = { onRows: () => undefined };
    const result = { relation: parsed, partitionBy: 'id', expectedRows: 3 };
    for (const work of [
      plans.collect(parsed, forever),
      plans.writeFile(parsed, `${scratchDir}/one.parquet`, forever),
      plans.writePartitions(result, `${scratchDir}/many`, watch, forever),
    ]) {
      await expect(work).rejects.toMatchObject({
        code: 'VALUE_INVALID',
        message: expect.stringContaining(said),
      });
    }
  });

  it('is named also where DuckDB raises the error itself', async () => {
    await using plans = await openPlans();
    const divided = source.derive((row) => ({
      share: divide(row.id, row.parts, { onZero: 'fail' }),
    }));
    await expect(plans.collect(divided, forever)).rejects.toMatchObject({
      message: expect.stringMatching(/divide\(id, parts.*of 3 and 0.*in the row id 3/),
    });
  });

  it('is left as DuckDB tells it where a function of TypeScript would run again', async () => {
    await using plans = await openPlans();
    let calls = 0;
    const mapped = source
      .mapRow('copy', { amount: string }, ({ amount }) => {
        calls += 1;
        return { amount: amount ?? null };
      })
      .select((row) => ({ number: cast(row.amount, int32) }));
    await expect(plans.collect(mapped, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.not.stringContaining('in the row'),
    });
    expect(calls).toBe(3);
  });
});
