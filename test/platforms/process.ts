import type { Clock } from '../../core/clock.ts';
import type { Failpoints } from '../../core/failpoint.ts';
import { storeBetweenFailpoints } from '../../core/run-store.ts';
import type { SubmissionIntent, SubmissionRecord } from '../../core/submission-store.ts';
import {
  type Submission,
  type Submitter,
  submitterBetweenFailpoints,
} from '../../core/submitter.ts';
import { submitOnce } from '../../platforms/submit-once.ts';
import { submissionToken } from '../../platforms/token.ts';
import { openSqliteStore } from '../../state/sqlite/store.ts';

const WINDOW = { startDate: '2017-06-05', endDate: '2017-06-12' };

/** Where a process dies: a place, and at which time that it comes by. */
export const POINTS = [
  ['before the intent', 'store:intendSubmission:before', 1],
  ['after the intent', 'store:intendSubmission:after', 1],
  ['before the call', 'submitter:start:before', 1],
  ['after the call, its answer lost', 'submitter:start:after', 1],
  ['before the record', 'store:moveSubmission:before', 2],
  ['after the record', 'store:moveSubmission:after', 2],
] as const;

export class Died extends Error {}

/** The end of a process, as far as what it leaves behind goes. */
export function dieAt(place: string, time: number): Failpoints {
  let seen = 0;
  return {
    reach(name) {
      return name === place && ++seen === time ? Promise.reject(new Died(name)) : Promise.resolve();
    },
  };
}

function intentOf(
  runId: string,
  clock: Clock,
): { readonly intent: SubmissionIntent; readonly submission: Submission } {
  const attempt = 1;
  const of = { platform: 'test', place: 'here', job: 'load_promos' };
  const token = submissionToken({ ...of, runId, attempt });
  const args = [['version'], ['run_id', runId]] as const;
  return {
    intent: {
      ...{ runId, attempt, job: of.job, window: WINDOW, platform: 'test', token },
      ...{ settings: {}, at: clock.now().toISOString() },
    },
    submission: { runId, attempt, job: of.job, token, args },
  };
}

export interface Life {
  readonly storePath: string;
  readonly open: () => Submitter & Disposable;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  readonly random?: () => number;
}

/** One `dray submit` of a run, a process with a store and a client of its own. */
export async function submits(life: Life, runId: string): Promise<SubmissionRecord> {
  const { clock, failpoints, random = () => 0.5 } = life;
  await using opened = await openSqliteStore(life.storePath);
  using submitter = life.open();
  const { intent, submission } = intentOf(runId, clock);
  const services = {
    store: storeBetweenFailpoints(opened, failpoints),
    submitter: submitterBetweenFailpoints(submitter, failpoints),
    ...{ clock, random, note: () => undefined },
  };
  return await submitOnce(intent, submission, services, new AbortController().signal);
}
