import { expect, it } from '@jest/globals';
import { FACTS, type Facts, type Notification } from '../../../core/notification.ts';
import type { RunStore } from '../../../core/run-store.ts';
import { endOf, newAttempt } from './attempt.ts';

const AT = '2017-06-12T02:02:00.000Z';
const FIVE_LATER = '2017-06-12T02:07:00.000Z';

function notification(runId: string, job: string, code = 'completed'): Notification {
  return {
    id: `${runId}:failed:${code}`,
    ...{ event: 'failed', job, runId },
    facts: Object.fromEntries(FACTS.map((fact) => [fact, `é ${fact}`])) as Facts,
  };
}

/** @param open - the same store as another process would open it. */
export function itKeepsNotifications(
  store: () => RunStore,
  open: () => Promise<RunStore>,
  freshId: () => string,
): void {
  const ended = async (job: string, ...codes: readonly string[]): Promise<string> => {
    const runId = freshId();
    await store().startAttempt(newAttempt(runId, { job }));
    await store().endAttempt({
      ...endOf(runId, 1, 'FAILED'),
      notifications: codes.map((code) => notification(runId, job, code)),
    });
    return runId;
  };
  const take = (from: RunStore, job: string, at = AT, limit = 9) =>
    from.takeNotifications({ job, at, heldUntil: FIVE_LATER, limit });

  it('queues notifications with the end of a run and gives each to one taker at a time', async () => {
    const job = freshId();
    const runId = await ended(job, 'A', 'B');
    await using other = await open();
    const [first] = await take(other, job, AT, 1);
    expect(first).toEqual({
      ...notification(runId, job, 'A'),
      ...{ state: 'PENDING', createdAt: '2017-06-12T02:01:00.000Z', tries: 1 },
    });
    expect((await take(store(), job)).map(({ id }) => id)).toEqual([`${runId}:failed:B`]);
    expect(await take(store(), job)).toEqual([]);
    expect(await take(store(), job, FIVE_LATER)).toHaveLength(2);
  });

  it('does not queue again what has the same id, nor for a run that has moved on', async () => {
    const job = freshId();
    const runId = await ended(job, 'A');
    await store().startAttempt(newAttempt(runId, { job, attempt: 2 }));
    const late = {
      ...endOf(runId, 1, 'FAILED'),
      notifications: [notification(runId, job, 'late')],
    };
    expect(await store().endAttempt(late)).toBe(false);
    await store().endAttempt({
      ...endOf(runId, 2, 'FAILED'),
      notifications: [notification(runId, job, 'A'), notification(runId, job, 'C')],
    });
    const ids = (await take(store(), job)).map(({ id }) => id);
    expect(ids).toEqual([`${runId}:failed:A`, `${runId}:failed:C`]);
  });

  it('gives what could not be sent again, at once, and nothing that is settled', async () => {
    const job = freshId();
    const runId = await ended(job, 'A', 'B', 'C');
    await take(store(), job);
    const settle = (code: string, state: 'PENDING' | 'SENT' | 'GIVEN_UP', error?: string) =>
      store().settleNotification({
        ...{ id: `${runId}:failed:${code}`, state, at: AT },
        ...(error === undefined ? {} : { error }),
      });
    await settle('A', 'SENT');
    await settle('B', 'PENDING', 'nobody is there');
    await settle('C', 'GIVEN_UP', 'nobody wants it');
    expect(await take(store(), job)).toMatchObject([{ tries: 2, error: 'nobody is there' }]);
    const listed = (await store().listNotifications(100)).filter((each) => each.job === job);
    expect(listed.map(({ state, error }) => [state, error])).toEqual([
      ['GIVEN_UP', 'nobody wants it'],
      ['PENDING', 'nobody is there'],
      ['SENT', undefined],
    ]);
  });

  it('keeps the config of a run, and knows none of others', async () => {
    const runId = await ended(freshId());
    expect(await store().getConfig(runId)).toEqual({ extractor_config: { strategy: 'PARQUET' } });
    expect(await store().getConfig('no such run')).toBeUndefined();
  });
}
