import { describe, expect, it } from '@jest/globals';
import { decides, type LoadEntry, type Mode, ownersOf } from '../../core/ledger.ts';

function load(
  loadId: string,
  mode: Mode,
  partitions: readonly string[],
  covers?: readonly string[],
): LoadEntry {
  return {
    ...{ loadId, job: 'job', mode, runId: loadId, attempt: 1, claim: 1, createdBy: 'test' },
    loadedAt: '2026-01-01T00:00:00Z',
    counts: { read: 0, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
    partitions: partitions.map((value) => ({ value, rows: 1, hash: '1' })),
    ...(covers === undefined ? {} : { covers }),
  };
}

function owners(...entries: readonly LoadEntry[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...ownersOf(entries)].map(([value, loads]) => [value, loads.map(({ loadId }) => loadId)]),
  );
}

describe('the loads that decide a partition', () => {
  it('are the newest that covers it, with or without rows', () => {
    const all = load('all', 'overwrite_window', ['1', '2', '3']);
    const two = load('two', 'overwrite_window', ['2'], ['2']);
    const none = load('none', 'overwrite_window', [], ['3']);
    expect(owners(all, two, none)).toEqual({ 1: ['all'], 2: ['two'], 3: ['none'] });
  });

  it('are a merge only where it has rows, and what was appended to it since', () => {
    const all = load('all', 'overwrite_window', ['1', '2', '3']);
    const merge = load('merge', 'merge', ['2'], ['1', '2', '3']);
    const more = load('more', 'append', ['2'], ['2']);
    expect(owners(all, merge, more)).toEqual({ 1: ['all'], 2: ['more', 'merge'], 3: ['all'] });
    expect(['1', '2'].map((value) => decides(merge, value))).toEqual([false, true]);
    expect(owners(merge, load('window', 'overwrite_window', [], ['2']))).toEqual({ 2: ['window'] });
  });

  it('are all that were appended since, newest first', () => {
    const first = load('first', 'overwrite', ['1', '2']);
    const more = load('more', 'append', ['2', '3'], ['2', '3']);
    const again = load('again', 'append', ['3'], ['3']);
    expect(owners(first, more, again)).toEqual({
      1: ['first'],
      2: ['more', 'first'],
      3: ['again', 'more'],
    });
    expect(owners(first, more, load('last', 'overwrite', ['1']))).toEqual({
      1: ['last'],
      2: ['last'],
      3: ['last'],
    });
  });
});
