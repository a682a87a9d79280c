import { JobError } from '../core/errors.ts';
import type { StrategyContext } from '../core/strategy.ts';
import type { Computation, JobContext, JobDefinition, JobOutcome } from './job.ts';
import { parseConfig } from '../core/wire.ts';
import type { Notifiers } from './notify.ts';
import { jobs } from './registry.ts';

/** A job with its config, ready for the runner. */
export interface BoundJob {
  readonly name: string;
  /** As its schema has made it: camelCase, defaults filled in, literal secrets as they are. */
  readonly config: unknown;
  executeJob(context: JobContext, signal: AbortSignal): Promise<JobOutcome>;
  /** @throws JobError `NOT_SUPPORTED` for a job without a plan. */
  computation(context: StrategyContext): Promise<Computation>;
  readonly notifiers: Notifiers;
}

/**
 * Turns a job's name and its raw config (wire spelling) into a job that can run.
 *
 * @throws JobError `JOB_UNKNOWN`; `CONFIG_INVALID` with every problem of the config at once.
 */
export function createJob(name: string, rawConfig: unknown): BoundJob {
  const definition = jobs[name];
  if (definition === undefined) {
    throw new JobError('JOB_UNKNOWN', `there is no job "${name}"`, {
      hint: `the jobs are: ${Object.keys(jobs).join(', ')}`,
    });
  }
  return bind(definition, rawConfig);
}

function bind<Config>(definition: JobDefinition<Config>, rawConfig: unknown): BoundJob {
  const config = parseConfig(definition.config, rawConfig);
  return {
    name: definition.name,
    config,
    executeJob: (context, signal) => definition.executeJob(context, config, signal),
    async computation(context) {
      const found = await definition.computation?.(config, context);
      if (found !== undefined) return found;
      throw new JobError('NOT_SUPPORTED', `the job "${definition.name}" has no plan to compare`, {
        hint: 'name a job that transforms data',
      });
    },
    notifiers: definition.notifiers?.(config) ?? {},
  };
}
