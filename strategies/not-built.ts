import { z } from 'zod';
import { JobError } from '../core/errors.ts';

/** Stands in a registry for a strategy that has its name on the wire and no implementation yet. */
export function notBuilt<Name extends string>(name: Name) {
  return z.looseObject({ strategy: z.literal(name) }).transform((): never => refuse(name));
}

function refuse(name: string): never {
  throw new JobError('NOT_SUPPORTED', `"${name}" is not built yet`, {
    hint: 'docs/configuration.md has a table of what is built: choose another strategy',
  });
}
