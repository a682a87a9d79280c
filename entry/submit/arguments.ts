import { redactConfig } from '../../core/redact.ts';
import type { Submission } from '../../core/submitter.ts';
import { type EnvelopeTarget, sealConfig, type SealOptions } from '../../platforms/envelope.ts';
import { configFlag } from '../flags.ts';
import type { ChosenAttempt } from './attempt.ts';

/** What the generic entry is told on the platform. */
export interface JobArguments {
  readonly job: string;
  /** In wire spelling. */
  readonly config: unknown;
  readonly createdBy: string;
  /** Absent: the run finds out by itself. */
  readonly serviceProvider?: string;
  readonly force: boolean;
  /** Where the run leaves its result line. */
  readonly result?: string;
  /** Where the run tells what it does: a folder, `s3://...`, or `log`. */
  readonly telemetry?: string;
}

/** How a config gets to the platform. */
export interface ConfigWay {
  readonly target: EnvelopeTarget;
  /** What counts against the platform's limit beside the entry's arguments. */
  readonly words: readonly string[];
  readonly upload?: NonNullable<SealOptions['upload']>;
}

/**
 * Arguments of the entry in the order of its help; the config in a form that nothing on the way changes.
 *
 * @throws JobError `CONFIG_INVALID` for a config that is too long and has no place to be uploaded to.
 */
export async function entryArguments(
  job: JobArguments,
  chosen: ChosenAttempt,
  way: ConfigWay,
): Promise<Submission['args']> {
  const { window, runId, attempt } = chosen;
  const flag = configFlag(job.job);
  const module = ['module_name', job.job] as const;
  const rest: Submission['args'] = [
    ...(window === undefined
      ? []
      : ([
          ['start_date', window.startDate],
          ['end_date', window.endDate],
        ] as const)),
    ['created_by', job.createdBy],
    ...(job.serviceProvider === undefined
      ? []
      : ([['service_provider', job.serviceProvider]] as const)),
    ['run_id', runId],
    ['attempt', String(attempt)],
    ...(job.result === undefined ? [] : ([['result', job.result]] as const)),
    ...(job.telemetry === undefined ? [] : ([['telemetry', job.telemetry]] as const)),
    ...(job.force ? ([['force']] as const) : []),
  ];
  const others = [module, [flag] as const, ...rest].flatMap(([name, value]) => [
    `--${name}`,
    ...(value === undefined ? [] : [value]),
  ]);
  const sealed = { ...way, others: [...way.words, ...others] };
  const { text } = await sealConfig(job.config, sealed);
  return [module, [flag, text], ...rest];
}

/** Whether the config holds a secret itself: everybody who may see the run would see it. */
export function holdsSecret(config: unknown): boolean {
  return JSON.stringify(redactConfig(config)) !== JSON.stringify(config);
}

/** A config to show, its secrets as stars. */
export function shownConfig(config: unknown): unknown {
  return redactConfig(config);
}
