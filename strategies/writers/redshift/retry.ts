import type { Clock } from '../../../core/clock.ts';
import { isConflict } from '../../redshift/errors.ts';

const TRIES = 6;
const FIRST_PAUSE_MS = 100;

/**
 * Runs a transaction, or a statement that is one, again when Redshift undid it because of another
 * (error 1023): it serializes whole tables, and the ledger's are shared by all targets of a schema.
 */
export async function retryingConflicts<T>(
  work: () => Promise<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || attempt === TRIES) throw error;
      await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt, signal);
    }
  }
}
