import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import type { RunStore } from '../../../core/run-store.ts';
import { endOf, newAttempt, WINDOW, withoutWindow } from './attempt.ts';
import { itFollowsTheModel } from './model.ts';
import { itKeepsNotifications } from './notifications.ts';

/** What an implementation supplies. */
export interface RunStoreHarness {
  /** Opens the same store again, as another process would; the first call creates it, empty. */
  open(): Promise<RunStore>;
  /** Deletes what `open` made. */
  remove(): Promise<void>;
}

export function describeRunStore(name: string, harness: RunStoreHarness): void {
  describe(`the ${name} run store`, () => {
    let store: RunStore;
    let number = 0;
    const freshId = (): string => `run-${String(++number)}`;
    const typesOf = async (runId: string): Promise<readonly string[]> =>
      (await store.listEvents(runId)).map((event) => event.type);
    const codeOf = async (work: Promise<unknown>): Promise<string> =>
      await work.then(
        () => 'no error',
        (error: unknown) => (error instanceof JobError ? error.code : String(error)),
      );

    beforeAll(async () => {
      store = await harness.open();
    });
    afterAll(async () => {
      await store[Symbol.asyncDispose]();
      await harness.remove();
    });

    itKeepsNotifications(
      () => store,
      () => harness.open(),
      freshId,
    );

    it('records a new run as RUNNING, with its event', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      expect(await store.getRun(runId)).toEqual({
        runId,
        job: 'load_promos',
        state: 'RUNNING',
        attempt: 1,
        window: WINDOW,
        createdBy: 'airflow',
        servicePlatform: 'local',
        createdAt: '2017-06-12T02:00:00.000Z',
        startedAt: '2017-06-12T02:00:00.000Z',
      });
      expect(await store.listEvents(runId)).toEqual([
        {
          runId,
          attempt: 1,
          at: '2017-06-12T02:00:00.000Z',
          type: 'run.started',
          data: { from: 'PENDING', to: 'RUNNING' },
        },
      ]);
    });

    it('keeps a run without a window, and one whose first known attempt is a later one', async () => {
      const runId = freshId();
      const allRows = newAttempt(runId, { attempt: 3 });
      await store.startAttempt(withoutWindow(allRows));
      const run = await store.getRun(runId);
      expect(run?.attempt).toBe(3);
      expect(run).not.toHaveProperty('window');
    });

    it('ends a run with its result, engine and time', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      const result = { run_id: runId, counts: { read: 9 }, text: 'é "quoted" \u0000' };
      const end = { ...endOf(runId, 1, 'COMPLETED'), engine: 'bulk', result };
      expect(await store.endAttempt(end)).toBe(true);
      expect(await store.getRun(runId)).toMatchObject({
        state: 'COMPLETED',
        engine: 'bulk',
        endedAt: end.at,
        result,
      });
    });

    it('says in the event why a run failed', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      const error = { code: 'TIMED_OUT', message: 'too slow', hint: null };
      await store.endAttempt({ ...endOf(runId, 1, 'FAILED'), result: { error } });
      const events = await store.listEvents(runId);
      expect(events.at(-1)).toMatchObject({
        type: 'run.failed',
        data: { from: 'RUNNING', to: 'FAILED', error },
      });
    });

    it('takes over a RUNNING run with a higher attempt, through RETRYING', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      await store.startAttempt(newAttempt(runId, { attempt: 2, at: '2017-06-12T03:00:00.000Z' }));
      expect(await store.getRun(runId)).toMatchObject({
        state: 'RUNNING',
        attempt: 2,
        createdAt: '2017-06-12T02:00:00.000Z',
        startedAt: '2017-06-12T03:00:00.000Z',
      });
      expect(await typesOf(runId)).toEqual(['run.started', 'run.retrying', 'run.started']);
    });

    it('refuses the end of an attempt that was taken over', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      await store.startAttempt(newAttempt(runId, { attempt: 2 }));
      expect(await store.endAttempt(endOf(runId, 1, 'COMPLETED'))).toBe(false);
      expect(await store.getRun(runId)).toMatchObject({ state: 'RUNNING', attempt: 2 });
      expect(await typesOf(runId)).not.toContain('run.completed');
    });

    it('ends a run once', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      expect(await store.endAttempt(endOf(runId, 1, 'FAILED'))).toBe(true);
      expect(await store.endAttempt(endOf(runId, 1, 'COMPLETED'))).toBe(false);
      expect(await store.endAttempt(endOf('never-started', 1, 'COMPLETED'))).toBe(false);
      expect(await store.getRun(runId)).toMatchObject({ state: 'FAILED' });
    });

    it('retries a FAILED run with a higher attempt and forgets the old result', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      await store.endAttempt(endOf(runId, 1, 'FAILED'));
      await store.startAttempt(newAttempt(runId, { attempt: 2 }));
      const run = await store.getRun(runId);
      expect(run).toMatchObject({ state: 'RUNNING', attempt: 2 });
      expect(run).not.toHaveProperty('result');
      expect(run).not.toHaveProperty('endedAt');
      expect((await typesOf(runId)).slice(2)).toEqual(['run.retrying', 'run.started']);
    });

    it('accepts the same attempt again when its process was killed', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      await store.startAttempt(newAttempt(runId, { at: '2017-06-12T02:00:30.000Z' }));
      expect(await typesOf(runId)).toEqual(['run.started', 'run.restarted']);
      expect(await store.endAttempt(endOf(runId, 1, 'COMPLETED'))).toBe(true);
    });

    it('accepts the same attempt again after it failed', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      await store.endAttempt(endOf(runId, 1, 'FAILED'));
      await store.startAttempt(newAttempt(runId));
      expect((await typesOf(runId)).slice(2)).toEqual(['run.retrying', 'run.restarted']);
    });

    it('refuses an attempt below the one it knows with LEASE_LOST', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId, { attempt: 2 }));
      expect(await codeOf(store.startAttempt(newAttempt(runId)))).toBe('LEASE_LOST');
      expect(await typesOf(runId)).toEqual(['run.started']);
    });

    it('refuses to start a run that ended for good, or that is another run', async () => {
      const [completed, open] = [freshId(), freshId()];
      for (const runId of [completed, open]) await store.startAttempt(newAttempt(runId));
      await store.endAttempt(endOf(completed, 1, 'COMPLETED'));
      for (const again of [
        newAttempt(completed, { attempt: 2 }),
        newAttempt(open, { attempt: 2, job: 'raw_analysis' }),
        newAttempt(open, { attempt: 2, window: { ...WINDOW, endDate: '2017-06-19' } }),
      ]) {
        expect(await codeOf(store.startAttempt(again))).toBe('ARGUMENTS_INVALID');
      }
      await expect(store.startAttempt(newAttempt(completed))).rejects.toMatchObject({
        message: `run "${completed}" has completed`,
        hint: expect.stringContaining('--run_id'),
      });
    });

    it('takes the next attempt of a run that a signal stopped', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      await store.endAttempt(endOf(runId, 1, 'CANCELLED'));
      await store.startAttempt(newAttempt(runId, { attempt: 2 }));
      expect(await store.getRun(runId)).toMatchObject({ state: 'RUNNING', attempt: 2 });
    });

    it('keeps steps in the order they started, one record per attempt', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId));
      const check = { name: 'check', attempt: 1, startedAt: '2017-06-12T02:00:01.000Z' };
      const load = { name: 'load', attempt: 1, startedAt: '2017-06-12T02:00:02.000Z' };
      await store.putStep(runId, { ...check, state: 'RUNNING' });
      await store.putStep(runId, { ...load, state: 'RUNNING' });
      const checked = { ...check, state: 'COMPLETED', endedAt: load.startedAt } as const;
      await store.putStep(runId, checked);
      await store.putStep(runId, { ...check, attempt: 2, state: 'FAILED' });
      expect(await store.listSteps(runId)).toEqual([
        checked,
        { ...load, state: 'RUNNING' },
        { ...check, attempt: 2, state: 'FAILED' },
      ]);
    });

    it('refuses steps and events of a run it does not know', async () => {
      const step = { name: 'check', attempt: 1, state: 'RUNNING', startedAt: 'x' } as const;
      const event = { runId: 'nobody', attempt: 1, at: 'x', type: 'warning', data: {} };
      expect(await codeOf(store.putStep('nobody', step))).toBe('RUN_UNKNOWN');
      expect(await codeOf(store.appendEvent(event))).toBe('RUN_UNKNOWN');
      expect(await store.listEvents('nobody')).toEqual([]);
      expect(await store.getRun('nobody')).toBeUndefined();
    });

    it('takes a heartbeat of any attempt and changes nothing else', async () => {
      const runId = freshId();
      await store.startAttempt(newAttempt(runId, { attempt: 2 }));
      const before = await store.getRun(runId);
      for (const attempt of [1, 2, 3]) await store.heartbeat(runId, attempt, 'later');
      expect(await store.getRun(runId)).toEqual(before);
    });

    it('lists the newest runs first, by job and state', async () => {
      const ids = [freshId(), freshId(), freshId()];
      for (const [index, runId] of ids.entries()) {
        const at = `2017-07-0${String(index + 1)}T00:00:00.000Z`;
        await store.startAttempt(newAttempt(runId, { job: 'listed', at }));
      }
      await store.endAttempt(endOf(String(ids[1]), 1, 'COMPLETED'));
      const listed = async (filter: object, limit = 10): Promise<readonly string[]> =>
        (await store.listRuns({ job: 'listed', ...filter, limit })).map((run) => run.runId);
      expect(await listed({})).toEqual([...ids].reverse());
      expect(await listed({}, 1)).toEqual([ids[2]]);
      expect(await listed({ state: 'COMPLETED' })).toEqual([ids[1]]);
      expect(await listed({ job: 'listed ' })).toEqual([]);
    });

    it('shows a second handle what the first has written', async () => {
      const runId = freshId();
      await using other = await harness.open();
      await store.startAttempt(newAttempt(runId));
      expect(await other.endAttempt(endOf(runId, 1, 'COMPLETED'))).toBe(true);
      expect(await store.getRun(runId)).toMatchObject({ state: 'COMPLETED' });
    });

    itFollowsTheModel(() => store);
  });
}
