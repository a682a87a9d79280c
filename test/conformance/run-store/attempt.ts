import type { NewAttempt, RunStore } from '../../../core/run-store.ts';

export const WINDOW = { startDate: '2017-06-05', endDate: '2017-06-12' };

export function newAttempt(runId: string, changes: Partial<NewAttempt> = {}): NewAttempt {
  return {
    runId,
    job: 'load_promos',
    attempt: 1,
    window: WINDOW,
    createdBy: 'airflow',
    servicePlatform: 'local',
    config: { extractor_config: { strategy: 'PARQUET' } },
    at: '2017-06-12T02:00:00.000Z',
    ...changes,
  };
}

/** The same attempt for all rows. */
export function withoutWindow(attempt: NewAttempt): NewAttempt {
  const { runId, job, createdBy, servicePlatform, config, at } = attempt;
  return { runId, job, attempt: attempt.attempt, createdBy, servicePlatform, config, at };
}

type End = Parameters<RunStore['endAttempt']>[0];

export function endOf(runId: string, attempt: number, state: End['state']): End {
  return { runId, attempt, state, result: { run_id: runId }, at: '2017-06-12T02:01:00.000Z' };
}
