import { loadPromos } from './load-promos/job.ts';

/** Every job there is. To add one: its folder, and its line here. */
export const jobs = { [loadPromos.name]: loadPromos };
