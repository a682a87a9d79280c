import { z } from 'zod';
import { type LoadEntry, MODES } from '../../core/ledger.ts';

const rows = z.int().min(0);
const contents = z.array(z.object({ value: z.string(), rows, hash: z.string() }));
const file = z.object({ path: z.string(), bytes: rows, etag: z.string() });
const column = z.object({
  name: z.string(),
  type: z.discriminatedUnion('kind', [
    z.object({
      kind: z.enum(['bool', 'int32', 'int64', 'float64', 'binary', 'date', 'timestamp']),
    }),
    z.object({ kind: z.literal('string'), maxLength: z.int().exactOptional() }),
    z.object({ kind: z.literal('decimal'), precision: z.int(), scale: z.int() }),
  ]),
  nullable: z.boolean(),
  evolved: z.boolean().exactOptional(),
  hashed: z.boolean().exactOptional(),
});
const range = z.discriminatedUnion('by', [
  z.object({
    by: z.literal('cursor'),
    column: z.string(),
    after: z.string().exactOptional(),
    upTo: z.string(),
    lookBack: z.union([z.string(), z.number()]).exactOptional(),
  }),
  z.object({
    by: z.literal('version'),
    table: z.string(),
    after: rows.exactOptional(),
    upTo: rows,
  }),
  z.object({ by: z.literal('files'), files: z.array(file) }),
]);

/** A ledger entry as sinks store it in JSON. Keys of later versions are kept as they are. */
export const loadEntrySchema: z.ZodType<LoadEntry> = z.looseObject({
  loadId: z.string(),
  job: z.string(),
  mode: z.enum(MODES),
  window: z.object({ startDate: z.string(), endDate: z.string() }).exactOptional(),
  covers: z.array(z.string()).exactOptional(),
  runId: z.string(),
  attempt: z.int(),
  claim: z.int(),
  createdBy: z.string(),
  loadedAt: z.string(),
  counts: z.object({
    ...{ read: rows, quarantined: rows, filtered: rows, deduplicated: rows },
    // Entries from before rules could drop rows have none.
    dropped: rows.default(0),
  }),
  partitions: contents,
  merged: z.looseObject({ replaced: rows, after: contents }).exactOptional(),
  progress: z.object({ source: z.string(), range }).exactOptional(),
  evolved: z.array(column).exactOptional(),
});
