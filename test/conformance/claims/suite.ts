import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  acquireClaim,
  type Claim,
  type ClaimRequest,
  type ClaimStore,
  leaseLostOr,
  SILENCE_MS,
  startOfRun,
} from '../../../core/claims.ts';
import type { Clock } from '../../../core/clock.ts';
import { type ProcessClock, processClock } from './clock.ts';

/** One empty target. */
export interface ClaimHarness {
  readonly store: ClaimStore;
  /** Makes time pass for the store: its clock goes on, or the claims it has become older. */
  advance(ms: number): Promise<void> | void;
  /** Deletes a claim's record, as pruning does. */
  forget(number: number): Promise<void> | void;
  close(): Promise<void> | void;
}

const WEEK_1 = { startDate: '2017-01-02', endDate: '2017-01-09' };
const WEEK_2 = { startDate: '2017-01-09', endDate: '2017-01-16' };
const BOTH = { startDate: '2017-01-02', endDate: '2017-01-16' };
const STARTED = '2017-02-01T08:00:00.000Z';
const signal = new AbortController().signal;

/** What every ClaimStore has to do under the policy of core/claims.ts. */
export function describeClaimStore(name: string, open: () => Promise<ClaimHarness>): void {
  describe(`claims in ${name}`, () => {
    let harness: ClaimHarness;
    let held: Claim[];

    beforeEach(async () => {
      harness = await open();
      held = [];
    });
    afterEach(async () => {
      for (const claim of held) await claim[Symbol.asyncDispose]();
      await harness.close();
    });

    async function acquire(
      wanted: Partial<ClaimRequest> & { readonly runId: string },
      clock: Clock = processClock(),
    ): Promise<Claim> {
      const request: ClaimRequest = {
        target: 'the target',
        attempt: 1,
        startedAt: STARTED,
        lockTimeoutMs: 0,
        random: Math.random,
        onWait: () => undefined,
        ...wanted,
      };
      const claim = await acquireClaim(harness.store, request, clock, signal);
      held.push(claim);
      return claim;
    }
    const lost = expect.objectContaining({ code: 'LEASE_LOST' });

    it('keeps what was claimed', async () => {
      const claim = await acquire({ runId: 'a', attempt: 3, window: WEEK_1 });
      const again = await acquire({ runId: 'b', window: WEEK_2 });
      const records = [...(await harness.store.list(signal))]
        .sort((a, b) => a.number - b.number)
        .map((record) => ({ ...record, renewedAt: typeof record.renewedAt.getTime() }));
      expect(records).toEqual([
        {
          number: claim.number,
          runId: 'a',
          attempt: 3,
          window: WEEK_1,
          startedAt: STARTED,
          released: false,
          renewedAt: 'number',
        },
        expect.objectContaining({ number: again.number, runId: 'b' }),
      ]);
      expect(again.number).toBeGreaterThan(claim.number);
    });

    it('keeps a claim to all time without a window', async () => {
      await acquire({ runId: 'a' });
      const [record] = await harness.store.list(signal);
      expect(record).not.toHaveProperty('window');
    });

    it('lets an overlapping run wait until the holder releases', async () => {
      const first = await acquire({ runId: 'a', window: WEEK_1 });
      const waits: string[] = [];
      const second = await acquire({
        runId: 'b',
        window: BOTH,
        lockTimeoutMs: 3_600_000,
        onWait: (holder) => {
          waits.push(holder.runId);
          void first[Symbol.asyncDispose]();
        },
      });
      expect(waits).toEqual(['a']);
      await second.assertHeld(signal);
    });

    it('gives up with LOCK_TIMEOUT while the holder renews', async () => {
      await acquire({ runId: 'a' });
      const waiting = acquire({ runId: 'b', lockTimeoutMs: 2_000 });
      await expect(waiting).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        message: expect.stringContaining('run "a" attempt 1'),
      });
    });

    it('does not wait for a window without a common day', async () => {
      const first = await acquire({ runId: 'a', window: WEEK_1 });
      const second = await acquire({ runId: 'b', window: WEEK_2 });
      await expect(first.assertHeld(signal)).resolves.toBeUndefined();
      await expect(second.assertHeld(signal)).resolves.toBeUndefined();
    });

    it('supersedes a holder after 15 seconds of silence, not before', async () => {
      const silent = await acquire({ runId: 'a' });
      await harness.advance(SILENCE_MS - 2_000);
      await expect(acquire({ runId: 'b' })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
      await harness.advance(2_000);
      const next = await acquire({ runId: 'b' });
      await next.assertHeld(signal);
      await expect(silent.assertHeld(signal)).rejects.toEqual(lost);
    });

    it('keeps a holder that renews, however long it takes', async () => {
      const clock = processClock();
      const holder = await acquire({ runId: 'a' }, clock);
      for (let times = 0; times < 3; times++) {
        await harness.advance(SILENCE_MS - 2_000);
        await renewed(harness.store, holder.number, clock);
      }
      await expect(acquire({ runId: 'b' })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
      await holder.assertHeld(signal);
    });

    it('supersedes a lower attempt of the same run at once', async () => {
      const first = await acquire({ runId: 'a', attempt: 1 });
      const second = await acquire({ runId: 'a', attempt: 2 });
      await second.assertHeld(signal);
      await expect(first.assertHeld(signal)).rejects.toEqual(lost);
    });

    it('does not wait for a claim that a released one has superseded', async () => {
      await acquire({ runId: 'a', attempt: 1, window: WEEK_1 });
      const second = await acquire({ runId: 'a', attempt: 2, window: WEEK_1 });
      await second[Symbol.asyncDispose]();
      const next = await acquire({ runId: 'b', window: BOTH });
      await expect(next.assertHeld(signal)).resolves.toBeUndefined();
    });

    it('refuses a lower attempt than the run has reached, even after its release', async () => {
      const second = await acquire({ runId: 'a', attempt: 2 });
      await expect(acquire({ runId: 'a', attempt: 1 })).rejects.toEqual(lost);
      await second[Symbol.asyncDispose]();
      await expect(acquire({ runId: 'a', attempt: 1 })).rejects.toEqual(lost);
    });

    it('tells a superseded holder, even after the newer claim was released', async () => {
      const clock = processClock();
      const stale = await acquire({ runId: 'a' }, clock);
      await harness.advance(SILENCE_MS);
      const next = await acquire({ runId: 'b' });
      await next[Symbol.asyncDispose]();
      await expect(stale.assertHeld(signal)).rejects.toEqual(lost);
      clock.renew();
      await untilAborted(stale.lost);
      expect(stale.lost.reason).toEqual(lost);
    });

    it('explains a failure by the loss of the claim, and by itself while the claim is held', async () => {
      const failure = new Error('a staged file is gone');
      const first = await acquire({ runId: 'a' });
      expect(await leaseLostOr(failure, first, signal)).toBe(failure);
      await acquire({ runId: 'a', attempt: 2 });
      expect(await leaseLostOr(failure, first, signal)).toEqual(lost);
    });

    it('takes a claim whose record is gone for lost, and does not bring it back', async () => {
      const claim = await acquire({ runId: 'a' });
      await harness.forget(claim.number);
      await expect(claim.assertHeld(signal)).rejects.toEqual(lost);
      await harness.store.renew(claim.number, signal);
      await claim[Symbol.asyncDispose]();
      expect(await harness.store.list(signal)).toEqual([]);
    });

    it('stays released when a late renewal arrives', async () => {
      const claim = await acquire({ runId: 'a' });
      const { store } = harness;
      await Promise.all([store.release(claim.number, signal), store.renew(claim.number, signal)]);
      await store.renew(claim.number, signal);
      expect(await store.list(signal)).toEqual([expect.objectContaining({ released: true })]);
    });

    it('gives a number to exactly one of several racers', async () => {
      const record = { number: 7, attempt: 1, startedAt: STARTED, released: false };
      const won = await Promise.all(
        Array.from({ length: 16 }, (_, racer) =>
          harness.store.create({ ...record, runId: `run-${String(racer)}` }, signal),
        ),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      const kept = (await harness.store.list(signal)).map(({ runId }) => runId);
      expect(kept).toEqual([`run-${String(won.indexOf(true))}`]);
    });

    it('has at most one holder at a time among 16 racing runs', async () => {
      let inside = 0;
      let most = 0;
      let served = 0;
      await Promise.all(
        Array.from({ length: 16 }, async (_, racer) => {
          const claim = await acquire({ runId: `run-${String(racer)}`, lockTimeoutMs: 1e9 });
          most = Math.max(most, ++inside);
          await claim.assertHeld(signal);
          inside--;
          served++;
          await claim[Symbol.asyncDispose]();
        }),
      );
      expect({ most, served }).toEqual({ most: 1, served: 16 });
    });

    it('remembers when a run started, for its later attempts and other sinks', async () => {
      await acquire({ runId: 'a', window: WEEK_1 });
      await acquire({ runId: 'a', window: WEEK_1, attempt: 2, startedAt: '2017-02-02T00:00:00Z' });
      const records = await harness.store.list(signal);
      expect(startOfRun(records, 'a', WEEK_1)).toBe(STARTED);
      expect(startOfRun(records, 'a', WEEK_2)).toBeUndefined();
      expect(startOfRun(records, 'b', WEEK_1)).toBeUndefined();
    });
  });
}

/** Lets the holder renew once and waits until the store has it. */
async function renewed(store: ClaimStore, number: number, clock: ProcessClock): Promise<void> {
  const at = async (): Promise<number | undefined> =>
    (await store.list(signal)).find((record) => record.number === number)?.renewedAt.getTime();
  const before = await at();
  while ((await at()) === before) clock.renew();
}

function untilAborted(lostSignal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (lostSignal.aborted) resolve();
    lostSignal.addEventListener('abort', () => {
      resolve();
    });
  });
}
