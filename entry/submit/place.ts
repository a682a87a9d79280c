import type { Submitter } from '../../core/submitter.ts';
import { TO_LOG } from '../telemetry/place.ts';
import type { Destination } from './platforms.ts';

interface Attempt {
  readonly runId: string;
  readonly attempt: number;
}

/** Where an attempt leaves its result line: no two share a place. */
export function resultPlace(prefix: string, { runId, attempt }: Attempt): string {
  const name = `${runId.replaceAll(':', '_')}.${String(attempt)}.json`;
  return `${prefix.replace(/\/+$/, '')}/${name}`;
}

/** Where a run tells what it does; undefined: nowhere that its submitter could look. */
export function telemetryPlace(
  { resultPrefix }: Pick<Destination, 'resultPrefix'>,
  submitter: Pick<Submitter, 'logs'>,
  attempt: Attempt,
): string | undefined {
  if (resultPrefix !== undefined) {
    return resultPlace(resultPrefix, attempt).replace(/\.json$/, '.telemetry');
  }
  return submitter.logs === undefined ? undefined : TO_LOG;
}
