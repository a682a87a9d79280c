import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noFailpoints } from '../../core/failpoint.ts';
import type { Submitter } from '../../core/submitter.ts';
import { CREDENTIALS } from '../aws/moto.ts';
import type { FaultyService } from '../../platforms/twins/server.ts';
import { type TestClock, testClock } from '../twins/clock.ts';
import { Died, dieAt, POINTS, submits } from './process.ts';

const TIMES = Number(process.env['DRAY_TEST_CRASHES'] ?? 20);
/** A soak of hundreds takes its time. */
const TIMEOUT_MS = Math.max(300_000, TIMES * 15_000);
const HIDDEN_MS = 10_000;

export interface SubmitOnceHarness {
  readonly twin: FaultyService;
  open(): Submitter & Disposable;
  /** Hides runs that start from now on from the platform's list for so long. */
  hide(ms: number): void;
  /** Operations of the platform; `make`: makes, where that is a call of its own, what `start` starts. */
  readonly make?: string;
  readonly start: string;
  readonly list: string;
  /** The runs that the platform has started for a run of dray's, in order. */
  startedFor(runId: string): readonly { readonly remoteId: string; readonly state: string }[];
  /** What the platform calls a run some seconds after it was stopped. */
  readonly stopped: string;
  /** The platform itself starts one run for two calls. */
  readonly isIdempotent?: true;
  /** It is called again after a lost answer, instead of being asked for its list. */
  readonly honoursToken?: true;
}

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Holds a submitter to its contract: whatever dies and gets lost, one intent is one remote run. */
export function describeSubmitOnce(
  platform: string,
  openHarness: (clock: TestClock) => Promise<SubmitOnceHarness>,
): void {
  describe(`submitting to ${platform} once`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'dray-crash-'));
    const before = { ...process.env };
    const clock = testClock();
    let harness: SubmitOnceHarness;
    const open = () => harness.open();
    const startsOf = (runId: string) => harness.startedFor(runId).length;

    beforeAll(async () => {
      Object.assign(process.env, CREDENTIALS);
      harness = await openHarness(clock);
    });
    afterAll(async () => {
      process.env = before;
      await harness.twin[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    it.each(POINTS)(
      `starts one run for one intent after a death %s, ${String(TIMES)} times`,
      async (_, place, time) => {
        const { twin, make, start, list } = harness;
        const random = numbers(place.length * 7 + time);
        for (let index = 0; index < TIMES; index++) {
          const runId = `${place}-${String(time)}-${String(index)}`;
          const life = { storePath: join(folder, 'runs.db'), open, clock, random };
          harness.hide(Math.floor(random() * (HIDDEN_MS + 1)));
          const dying = { ...life, failpoints: dieAt(place, time) };
          await expect(submits(dying, runId)).rejects.toBeInstanceOf(Died);

          clock.move(random() * 5_000);
          if (random() < 0.3) twin.fail(start, 'throttled');
          if (random() < 0.3) twin.fail(list, 'failed', 'throttled');
          if (random() < 0.3) twin.fail(start, 'lost');
          if (make !== undefined && random() < 0.3) twin.fail(make, 'lost');
          if (make !== undefined && random() < 0.3) twin.fail(make, 'cut');
          const living = { ...life, failpoints: noFailpoints };
          const record = await submits(living, runId);
          const [remote] = harness.startedFor(runId);
          expect(startsOf(runId)).toBe(1);
          expect(record).toMatchObject({ state: 'SUBMITTED', remoteId: remote?.remoteId });
          // Once more: it is the same run.
          expect((await submits(living, runId)).remoteId).toBe(record.remoteId);
          expect(startsOf(runId)).toBe(1);

          const rerun = `${runId}.rerun-1`;
          await submits(living, rerun);
          expect([startsOf(runId), startsOf(rerun)]).toEqual([1, 1]);
          twin.calm();
        }
      },
      TIMEOUT_MS,
    );

    it('starts one run when the answers of calls are lost, and none of them is seen for ten seconds', async () => {
      harness.hide(HIDDEN_MS);
      harness.twin.fail(harness.start, 'cut', 'failed', 'throttled', 'lost');
      const life = { storePath: join(folder, 'lost.db'), open, clock, failpoints: noFailpoints };
      const record = await submits(life, 'lost');
      const calls = harness.honoursToken === true ? 5 : 4;
      expect(record).toMatchObject({ state: 'SUBMITTED', calls });
      expect(startsOf('lost')).toBe(1);
    });

    it('starts one run when two processes submit it at the same time', async () => {
      harness.hide(HIDDEN_MS);
      const life = { storePath: join(folder, 'two.db'), open, clock, failpoints: noFailpoints };
      const both = await Promise.all([submits(life, 'two'), submits(life, 'two')]);
      expect(new Set(both.map(({ remoteId }) => remoteId)).size).toBe(1);
      expect(startsOf('two')).toBe(1);
    });

    it('lets one run work when a frozen process wakes up after another one has sent its attempt', async () => {
      harness.hide(0);
      const life = { storePath: join(folder, 'frozen.db'), open, clock };
      const reached = Promise.withResolvers<undefined>();
      const thawed = Promise.withResolvers<undefined>();
      const freezing = {
        async reach(name: string) {
          if (name !== 'submitter:start:before') return;
          reached.resolve(undefined);
          await thawed.promise;
        },
      };
      const frozen = submits({ ...life, failpoints: freezing }, 'frozen');
      await reached.promise;
      const other = await submits({ ...life, failpoints: noFailpoints }, 'frozen');
      thawed.resolve(undefined);
      expect((await frozen).remoteId).toBe(other.remoteId);
      clock.move(7_000);
      const [first, ...more] = harness.startedFor('frozen');
      expect(first).toMatchObject({ remoteId: other.remoteId, state: 'RUNNING' });
      expect(more.map(({ state }) => state)).toEqual(
        harness.isIdempotent === true ? [] : [harness.stopped],
      );
    });

    it('finds the run of an attempt whose store was lost', async () => {
      harness.hide(0);
      const life = { open, clock, failpoints: noFailpoints };
      const first = await submits({ ...life, storePath: join(folder, 'a.db') }, 'moved');
      const second = await submits({ ...life, storePath: join(folder, 'b.db') }, 'moved');
      expect(second.remoteId).toBe(first.remoteId);
      expect(startsOf('moved')).toBe(1);
    });
  });
}
