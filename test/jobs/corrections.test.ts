import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import type { SqlSession } from '../../core/engine.ts';
import type { Source } from '../../core/strategy.ts';
import { openBulkEngine } from '../../engines/bulk/session.ts';
import { correctedSource, digestOf } from '../../jobs/corrections.ts';
import { CONTEXT } from './quality/orders.ts';

const { signal } = new AbortController();
let session: SqlSession;

beforeAll(async () => {
  session = await openBulkEngine({}, systemClock, signal);
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

const table: Source = {
  location: 'postgresql://warehouse/public.promotions',
  columns: [],
  snapshot: [],
  relation: 'select 1 as id',
  relationWithOrigin: 'select 1 as id, null as __file, 0 as __row',
  materialize: () => Promise.reject(new Error('nothing is read')),
  assertUnchanged: () => Promise.resolve(),
};
const corrections = { places: [], source: digestOf([]) };

it('refuses a table, whose rows cannot be found again', async () => {
  await expect(correctedSource(table, corrections, session, CONTEXT, signal)).rejects.toMatchObject(
    {
      code: 'REPLAY_REFUSED',
      message: `${table.location} has no rows that could be found again`,
    },
  );
});

it('refuses an engine that does not replay, and names one that does', async () => {
  const spark: SqlSession = Object.create(session, { engine: { value: 'bigdata' } }) as SqlSession;
  await expect(correctedSource(table, corrections, spark, CONTEXT, signal)).rejects.toMatchObject({
    code: 'ENGINE_UNSUPPORTED',
    hint: 'set "strategy_type" to "bulk": the same rows come out',
  });
});
