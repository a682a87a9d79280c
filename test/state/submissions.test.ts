import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import type { SubmissionIntent, SubmissionProgress } from '../../core/submission-store.ts';
import { openSqliteStore } from '../../state/sqlite/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'dray-submissions-'));
const AT = '2017-06-12T02:00:00.000Z';
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function intent(runId: string, changes: Partial<SubmissionIntent> = {}): SubmissionIntent {
  return {
    ...{ runId, attempt: 1, job: 'load_promos', platform: 'glue', token: `${runId}-1` },
    ...{ settings: { role: 'r' }, at: AT, ...changes },
  };
}

it('keeps the first intent of an attempt, whoever intends it again', async () => {
  const path = join(folder, 'a.db');
  {
    await using store = await openSqliteStore(path);
    await store.intendSubmission(intent('r'));
  }
  await using store = await openSqliteStore(path);
  const again = await store.intendSubmission(intent('r', { at: '2018-01-01T00:00:00.000Z' }));
  expect(again).toMatchObject({ state: 'INTENDED', createdAt: AT, calls: 0 });
  expect(again.settings).toEqual({ role: 'r' });
});

it('lets one of two change a submission', async () => {
  await using one = await openSqliteStore(join(folder, 'b.db'));
  await using two = await openSqliteStore(join(folder, 'b.db'));
  const seen = await one.intendSubmission(intent('r'));
  const calling = { state: 'CALLING', calledAt: AT, calls: 1 } as const;
  const moves = await Promise.all(
    [one, two].map((store) => store.moveSubmission(seen, calling, AT)),
  );
  expect(moves.filter((moved) => moved !== undefined)).toHaveLength(1);
  expect(await two.submissionsOf('r')).toMatchObject([{ state: 'CALLING', revision: 2 }]);
});

it('keeps all that becomes known, and refuses a move that there is not', async () => {
  await using store = await openSqliteStore(':memory:');
  const window = { startDate: '2017-06-05', endDate: '2017-06-12' };
  const first = await store.intendSubmission(intent('r', { window, rerunOf: 'q' }));
  const known: Partial<SubmissionProgress> = {
    ...{ state: 'SUBMITTED', calledAt: AT, calls: 2, remoteId: 'jr_1', remoteState: 'RUNNING' },
    ...{ platformState: 'RUNNING', message: 'm', cancelRequestedAt: AT, fencedAt: AT },
    ...{ exitCode: 3, result: { exit_code: 3 } },
  };
  const moved = await store.moveSubmission(first, known, AT);
  expect(moved).toMatchObject({ ...known, window, rerunOf: 'q', revision: 2 });
  expect(await store.rerunsOf('q')).toEqual([moved]);
  if (moved === undefined) throw new Error('nobody else was there');
  await expect(store.moveSubmission(moved, { state: 'CALLING' }, AT)).rejects.toThrow('no move');
});

it('lets an attempt that was never sent go elsewhere', async () => {
  await using store = await openSqliteStore(':memory:');
  await store.intendSubmission(intent('r'));
  const moved = await store.intendSubmission(intent('r', { token: 'there', platform: 'emr' }));
  expect(moved).toMatchObject({ token: 'there', platform: 'emr', revision: 2 });
});

it.each([
  ['another job', { job: 'other' }, 'for job "load_promos"'],
  ['another window', { window: { startDate: '2017-06-05', endDate: '2017-06-12' } }, 'all rows'],
  ['another place', { token: 'elsewhere' }, 'to another place'],
])('refuses an attempt of the run for %s', async (_, changes, says) => {
  await using store = await openSqliteStore(':memory:');
  const first = await store.intendSubmission(intent('r'));
  await store.moveSubmission(first, { state: 'CALLING', calls: 1, calledAt: AT }, AT);
  await expect(store.intendSubmission(intent('r', changes))).rejects.toMatchObject({
    code: 'ARGUMENTS_INVALID',
    message: expect.stringContaining(says),
  });
});
