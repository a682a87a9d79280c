import type { JobDefinition } from './job.ts';

/** Jobs from elsewhere: `dray package --jobs` puts them in the place of this list. */
export const added: readonly JobDefinition<unknown>[] = [];
