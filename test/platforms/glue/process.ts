import type { Failpoints } from '../../../core/failpoint.ts';
import { storeBetweenFailpoints } from '../../../core/run-store.ts';
import type { SubmissionIntent, SubmissionRecord } from '../../../core/submission-store.ts';
import { type Submission, submitterBetweenFailpoints } from '../../../core/submitter.ts';
import { parseConfig } from '../../../core/wire.ts';
import { glueSettings, type GlueSettings } from '../../../platforms/glue/settings.ts';
import { glueSubmitter } from '../../../platforms/glue/submitter.ts';
import { submitOnce, type SubmitServices } from '../../../platforms/submit-once.ts';
import { submissionToken } from '../../../platforms/token.ts';
import { openSqliteStore } from '../../../state/sqlite/store.ts';
import type { TestClock } from '../../twins/clock.ts';
import type { GlueTwin } from '../../twins/glue.ts';

export const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_REGION: 'eu-central-1',
};
export const WINDOW = { startDate: '2017-06-05', endDate: '2017-06-12' };

export function settingsOf(changes: Readonly<Record<string, unknown>> = {}): GlueSettings {
  return parseConfig(glueSettings, {
    role: 'arn:aws:iam::123456789012:role/promos',
    script_location: 's3://artifacts/generic_entry.py',
    max_concurrent_runs: 1000,
    ...changes,
  });
}

export function intentOf(
  runId: string,
  clock: TestClock,
  attempt = 1,
): { readonly intent: SubmissionIntent; readonly submission: Submission } {
  const of = { platform: 'glue', place: 'eu-central-1/dray-load-promos', job: 'load_promos' };
  const token = submissionToken({ ...of, runId, attempt });
  const args = [
    ['module_name', 'load_promos'],
    ['run_id', runId],
    ['attempt', String(attempt)],
  ] as const;
  return {
    intent: {
      ...{ runId, attempt, job: of.job, window: WINDOW, platform: 'glue', token },
      ...{ settings: {}, at: clock.now().toISOString() },
    },
    submission: { runId, attempt, job: of.job, token, args },
  };
}

export interface Life {
  readonly storePath: string;
  readonly twin: GlueTwin;
  readonly clock: TestClock;
  readonly failpoints: Failpoints;
  readonly random?: () => number;
  readonly settings?: GlueSettings;
  readonly note?: SubmitServices['note'];
  readonly waitForRoomMs?: number;
}

/** What a process does with its own store and client, from its start to its end. */
export async function lives<T>(
  life: Life,
  work: (services: SubmitServices) => Promise<T>,
): Promise<T> {
  const { twin, clock, failpoints } = life;
  await using opened = await openSqliteStore(life.storePath);
  using glue = glueSubmitter({
    settings: life.settings ?? settingsOf(),
    job: 'load_promos',
    endpoint: twin.endpoint,
  });
  return await work({
    store: storeBetweenFailpoints(opened, failpoints),
    submitter: submitterBetweenFailpoints(glue, failpoints),
    clock,
    random: life.random ?? (() => 0.5),
    note: life.note ?? (() => undefined),
    ...(life.waitForRoomMs === undefined ? {} : { waitForRoomMs: life.waitForRoomMs }),
  });
}

/** One `dray submit` of a run, from its start to its end. */
export async function submits(life: Life, runId: string, attempt = 1): Promise<SubmissionRecord> {
  const { intent, submission } = intentOf(runId, life.clock, attempt);
  return await lives(life, (services) =>
    submitOnce(intent, submission, services, new AbortController().signal),
  );
}
