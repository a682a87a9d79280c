import { z } from 'zod';
import { JobError } from '../../core/errors.ts';
import type { Storage } from '../../core/storage.ts';

const DIGITS = 8;

const claimFile = z.object({
  number: z.int().positive(),
  runId: z.string(),
  attempt: z.int(),
  window: z.object({ startDate: z.string(), endDate: z.string() }).exactOptional(),
  startedAt: z.string(),
  released: z.boolean(),
  /** Nothing is left over of it: so its holder says, or whoever has looked. */
  swept: z.boolean().exactOptional(),
});
export type ClaimFile = Readonly<z.output<typeof claimFile>>;

/** What claim files were found to say, by key; true of a file as long as it has that etag. */
const claimIndex = z.record(z.string(), z.object({ etag: z.string(), claim: claimFile }));
export type ClaimIndex = Readonly<z.output<typeof claimIndex>>;

/** Where the holder of claim `number` stages; superseding the claim revokes it. */
export function stageFolder(dir: string, number: number): string {
  return `${dir}/stage/${number}`;
}

export function claimFolder(dir: string): string {
  return `${dir}/claims`;
}

export function claimKey(dir: string, number: number): string {
  return `${claimFolder(dir)}/${String(number).padStart(DIGITS, '0')}.json`;
}

export function claimNumber(key: string): number {
  return parseInt(key.slice(key.lastIndexOf('/') + 1), 10);
}

/** @throws JobError `TARGET_FAILED` when it is no claim. */
export function parseClaim(storage: Storage, key: string, bytes: Uint8Array): ClaimFile {
  try {
    return claimFile.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new JobError('TARGET_FAILED', `not a claim of dray: "${key}" in "${storage.root}"`, {
      hint: 'remove that file when no run is writing there',
      cause: error,
    });
  }
}

/** Empty when it cannot be read: it only saves requests, and the next one to write it replaces it. */
export function parseIndex(bytes: Uint8Array): ClaimIndex {
  try {
    return claimIndex.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}
