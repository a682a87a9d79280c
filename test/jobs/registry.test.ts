import { describe, expect, it } from '@jest/globals';
import { loadPromos } from '../../jobs/load-promos/job.ts';
import { jobs, register } from '../../jobs/registry.ts';

describe('the registry', () => {
  it('has a job under its name', () => {
    expect(jobs['load_promos']).toBe(loadPromos);
  });

  it('refuses two jobs of one name', () => {
    expect(() => register([loadPromos, { ...loadPromos }])).toThrow('two jobs are called');
  });

  it.each([
    [{ ...loadPromos, name: 'Load-Promos' }],
    [{ ...loadPromos, executeJob: 'later' as never }],
    [undefined as never],
  ])('refuses what is no job: %#', (given) => {
    expect(() => register([given])).toThrow('is not a job');
  });
});
