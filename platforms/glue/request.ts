import type { CreateJobRequest, Job, JobUpdate, StartJobRunRequest } from '@aws-sdk/client-glue';
import { JobError } from '../../core/errors.ts';
import type { Submission } from '../../core/submitter.ts';
import type { GlueSettings } from './settings.ts';

/** The argument that a run is found by: Glue has no client token. The launcher takes it out. */
export const TOKEN_ARGUMENT = '--dray_token';

/** By this the Glue jobs that dray has made, and may change, are told from others. */
const MARK = 'made by dray submit, which keeps it as its settings say';

export function glueJobName(settings: GlueSettings, job: string): string {
  return settings.jobName ?? `dray-${job.replaceAll('_', '-')}`;
}

/** @throws JobError `CONFIG_INVALID` when the settings lack what a Glue job cannot be made without. */
export function createJobRequest(settings: GlueSettings, job: string): CreateJobRequest {
  const { tags } = settings;
  const Name = glueJobName(settings, job);
  return {
    Name,
    ...jobDefinition(settings),
    ...(Object.keys(tags).length === 0 ? {} : { Tags: tags }),
  };
}

export function jobDefinition(settings: GlueSettings): Omit<CreateJobRequest, 'Name' | 'Tags'> {
  const { role, scriptLocation, connections, securityConfiguration, options } = settings;
  if (role === undefined || scriptLocation === undefined) {
    const missing = role === undefined ? 'role' : 'script_location';
    throw new JobError('CONFIG_INVALID', `the settings for Glue have no "${missing}"`, {
      hint: 'set it, or name a Glue job that is there with "job_name" and "manage_job": false',
    });
  }
  return {
    Description: MARK,
    Role: role,
    Command: { Name: 'glueetl', ScriptLocation: scriptLocation, PythonVersion: '3' },
    GlueVersion: settings.glueVersion,
    WorkerType: settings.workerType,
    NumberOfWorkers: settings.workers,
    Timeout: settings.timeoutMinutes,
    // A retry by Glue would be the same attempt again, behind our back.
    MaxRetries: 0,
    ExecutionProperty: { MaxConcurrentRuns: settings.maxConcurrentRuns },
    DefaultArguments: options,
    ...(connections.length === 0 ? {} : { Connections: { Connections: [...connections] } }),
    ...(securityConfiguration === undefined
      ? {}
      : { SecurityConfiguration: securityConfiguration }),
  };
}

export function startRequest(settings: GlueSettings, submission: Submission): StartJobRunRequest {
  return {
    JobName: glueJobName(settings, submission.job),
    Arguments: {
      // A flag of a map has to have a value; the launcher takes it away.
      ...Object.fromEntries(submission.args.map(([flag, value = 'true']) => [`--${flag}`, value])),
      [TOKEN_ARGUMENT]: submission.token,
    },
  };
}

export function isOurs({ Description }: Job): boolean {
  return Description === MARK;
}

/** Whether the job is already what an update would make of it. */
export function isUpToDate(job: Job, wanted: JobUpdate): boolean {
  const there = job as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([key, value]) => covers(there[key], value));
}

/** Glue adds keys of its own, and spells numbers as it likes. */
function covers(there: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return there === wanted;
  if (Array.isArray(wanted)) return JSON.stringify(there) === JSON.stringify(wanted);
  const inside = Object.entries(wanted);
  if (inside.length === 0) return Object.keys(there ?? {}).length === 0;
  return inside.every(([key, value]) =>
    covers((there as Readonly<Record<string, unknown>> | undefined)?.[key], value),
  );
}
