import { expect, it } from '@jest/globals';
import { loadEntrySchema } from '../../../strategies/writers/load-entry.ts';

const ENTRY = {
  ...{ loadId: 'a', job: 'load_promos', mode: 'append', runId: 'r', attempt: 1, claim: 1 },
  ...{ createdBy: 'dray', loadedAt: '2026-11-21T12:00:00.000Z', partitions: [] },
};

it('reads an entry of a version that could not drop rows, as one that dropped none', () => {
  const counts = { read: 5, quarantined: 1, filtered: 1, deduplicated: 0 };
  expect(loadEntrySchema.parse({ ...ENTRY, counts }).counts).toEqual({ ...counts, dropped: 0 });
  const newer = { ...counts, dropped: 2 };
  expect(loadEntrySchema.parse({ ...ENTRY, counts: newer }).counts).toEqual(newer);
});
