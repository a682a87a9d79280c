import { describe, expect, it } from '@jest/globals';
import type { LoadEntry } from '../../core/ledger.ts';
import { countsMatch, reusableLoad } from '../../core/ledger.ts';
import { type LoadIdentity, loadIdOf } from '../../jobs/load-id.ts';

const identity: LoadIdentity = {
  job: 'load_promos',
  target: '/unity',
  mode: 'overwrite_window',
  window: { startDate: '2017-06-05', endDate: '2017-06-12' },
  plan: 'select 1',
  source: [{ name: 'a.parquet', bytes: 10, version: '1' }],
  inputs: [],
};

describe('a load id', () => {
  it('is the same for the same load', () => {
    expect(loadIdOf({ ...identity })).toBe(loadIdOf(identity));
    expect(loadIdOf(identity)).toMatch(/^[0-9a-f]{32}$/);
  });

  const changes: readonly Partial<LoadIdentity>[] = [
    { job: 'other' },
    { target: '/stage' },
    { mode: 'overwrite' },
    { window: { startDate: '2017-06-05', endDate: '2017-06-13' } },
    { plan: 'select 2' },
    { source: [{ name: 'a.parquet', bytes: 10, version: '2' }] },
    { source: [{ name: 'a.parquet', bytes: 11, version: '1' }] },
    { inputs: [{ name: 'products', version: '1' }] },
  ];
  it.each(changes)('changes with %j', (change) => {
    expect(loadIdOf({ ...identity, ...change })).not.toBe(loadIdOf(identity));
  });
});

function entry(loadId: string, covers?: readonly string[]): LoadEntry {
  return {
    loadId,
    job: 'load_promos',
    mode: 'overwrite_window',
    ...(covers === undefined ? {} : { covers }),
    runId: 'r',
    attempt: 1,
    claim: 1,
    createdBy: 'dray',
    loadedAt: '2026-11-21T10:00:00.000Z',
    counts: { read: 1, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
    partitions: [{ value: '24', rows: 1, hash: '1' }],
  };
}

describe('a load that is there already', () => {
  it.each([
    ['it is the newest', [entry('a', ['24'])], true],
    ['a later load decided other partitions', [entry('a', ['24']), entry('b', ['25'])], true],
    [
      'a later load decided one of its partitions',
      [entry('a', ['24']), entry('b', ['24', '25'])],
      false,
    ],
    ['a later load decided all', [entry('a', ['24']), entry('b')], false],
    ['it came again after that', [entry('a', ['24']), entry('b'), entry('a', ['24'])], true],
    ['it was never loaded', [entry('b')], false],
  ])('counts when %s: %#', (_, entries, reused) => {
    expect(reusableLoad(entries, 'a') !== undefined).toBe(reused);
  });

  it('has to be in the target, row for row', () => {
    const partitions = [
      { value: '24', rows: 5, hash: '1' },
      { value: '25', rows: 0, hash: '0' },
    ];
    const entry = { mode: 'overwrite_window', partitions } as const;
    expect(countsMatch(entry, new Map([['24', 5]]))).toBe(true);
    expect(countsMatch(entry, new Map([['24', 4]]))).toBe(false);
    expect(
      countsMatch(
        entry,
        new Map([
          ['24', 5],
          ['26', 1],
        ]),
      ),
    ).toBe(false);
    expect(countsMatch(entry, new Map())).toBe(false);
  });

  it('has to be in the target with the rows that a merge left beside it', () => {
    const entry = {
      mode: 'merge',
      partitions: [{ value: '24', rows: 5, hash: '1' }],
      merged: { replaced: 2, after: [{ value: '24', rows: 12, hash: '9' }] },
    } as const;
    // Week 25 is in the window too, but the merge has no row of it.
    const others = [['25', 7]] as const;
    expect(countsMatch(entry, new Map([['24', 12], ...others]))).toBe(true);
    expect(countsMatch(entry, new Map([['24', 5], ...others]))).toBe(false);
    expect(countsMatch(entry, new Map(others))).toBe(false);
  });
});
