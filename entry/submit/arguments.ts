import { redactConfig } from '../../core/redact.ts';
import type { Submission } from '../../core/submitter.ts';
import { configFlag } from '../flags.ts';
import type { ChosenAttempt } from './attempt.ts';

/** What the generic entry is told on the platform. */
export interface JobArguments {
  readonly job: string;
  /** In wire spelling. */
  readonly config: unknown;
  readonly createdBy: string;
  readonly serviceProvider: string;
  readonly force: boolean;
  /** Where the run leaves its result line. */
  readonly result?: string;
}

/** Arguments of the entry in the order of its help; the config in a form that nothing on the way changes. */
export function entryArguments(job: JobArguments, chosen: ChosenAttempt): Submission['args'] {
  const { window, runId, attempt } = chosen;
  return [
    ['module_name', job.job],
    [configFlag(job.job), sealed(job.config)],
    ...(window === undefined
      ? []
      : ([
          ['start_date', window.startDate],
          ['end_date', window.endDate],
        ] as const)),
    ['created_by', job.createdBy],
    ['service_provider', job.serviceProvider],
    ['run_id', runId],
    ['attempt', String(attempt)],
    ...(job.result === undefined ? [] : ([['result', job.result]] as const)),
    ...(job.force ? ([['force']] as const) : []),
  ];
}

/** Whether the config holds a secret itself: everybody who may see the run would see it. */
export function holdsSecret(config: unknown): boolean {
  return JSON.stringify(redactConfig(config)) !== JSON.stringify(config);
}

/** A config to show, its secrets as stars. */
export function shownConfig(config: unknown): unknown {
  return redactConfig(config);
}

function sealed(config: unknown): string {
  return `base64url:${Buffer.from(JSON.stringify(config)).toString('base64url')}`;
}
