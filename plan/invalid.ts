import { JobError } from '../core/errors.ts';

/** The error of a plan that cannot be built: thrown where it is written, before any engine sees it. */
export function planInvalid(message: string, hint: string): JobError {
  return new JobError('PLAN_INVALID', message, { hint });
}
