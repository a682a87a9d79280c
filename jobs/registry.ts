import { JobError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { added } from './added.ts';
import { doctor } from './doctor/job.ts';
import type { JobDefinition } from './job.ts';
import { loadPromos } from './load-promos/job.ts';

/** Every job there is. To add one: its folder, and its name here; jobs of users: docs/package.md. */
export const jobs = register([loadPromos, doctor, ...added]);

/** Names of those that people run: the probe is sent by `dray doctor`. */
export const JOB_NAMES = Object.keys(jobs).filter((name) => name !== doctor.name);

/**
 * Jobs by name.
 *
 * @throws JobError `CONFIG_INVALID` for what is no job, a name that no flag can have, and one that two have.
 */
export function register(
  definitions: readonly JobDefinition<unknown>[],
): Readonly<Record<string, JobDefinition<unknown>>> {
  const found: Record<string, JobDefinition<unknown>> = {};
  for (const definition of definitions) {
    assertJob(definition);
    if (Object.hasOwn(found, definition.name)) {
      throw new JobError('CONFIG_INVALID', `two jobs are called "${definition.name}"`, {
        hint: 'a job has one name everywhere: rename one of them',
      });
    }
    found[definition.name] = definition;
  }
  return found;
}

/** Modules from elsewhere are not ours to type-check. */
function assertJob(given: unknown): asserts given is JobDefinition<unknown> {
  const job = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const name = job['name'];
  const hasParts = typeof job['executeJob'] === 'function' && typeof job['config'] === 'object';
  if (typeof name === 'string' && /^[a-z][a-z0-9_]*$/.test(name) && hasParts) return;
  throw new JobError('CONFIG_INVALID', printable(`"${String(name)}" is not a job`), {
    hint: 'export default defineJob({ name: "snake_case", config: a zod schema, executeJob, ... }), or a list of them',
  });
}
