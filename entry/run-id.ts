import { randomBytes } from 'node:crypto';

/** Sorts by time, and two of the same second differ. */
export function newRunId(job: string, at: Date): string {
  const time = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${job}-${time}-${randomBytes(3).toString('hex')}`;
}
