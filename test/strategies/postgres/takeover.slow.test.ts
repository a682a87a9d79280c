import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { SILENCE_MS } from '../../../core/claims.ts';
import { claimOf, rowsOfWeek, World } from './harness.ts';

it('takes over from a process that stopped in the middle of its commit', async () => {
  await using world = await World.open();
  await world.freshSchema();
  await world.load(rowsOfWeek(1, 5, 'old'));
  await using newer = await world.openSink({ runId: 'r', attempt: 2 });
  let waking: Promise<unknown> = Promise.resolve();
  const reach = async (at: string) => {
    if (at !== 'postgres:ledger:after') return;
    // The server ends the stopped transaction, which had kept the claim waiting.
    waking = claimOf(newer).then(async (claim) => {
      await delay(2_000);
      await claim[Symbol.asyncDispose]();
    });
    await delay(SILENCE_MS + 1_000);
  };
  const stopped = world.load(rowsOfWeek(1, 6, 'stale'), { runId: 'r', attempt: 1, reach });
  await expect(stopped).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await waking;
  expect(await world.content()).toEqual(['1 old 5']);
  expect((await world.tables()).filter((name) => name !== 'promotions')).toEqual([]);
});
