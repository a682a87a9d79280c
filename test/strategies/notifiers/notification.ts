import { FACTS, type Facts, type Notification } from '../../../core/notification.ts';
import { systemClock } from '../../../core/clock.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { StrategyContext } from '../../../core/strategy.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';

/** A notification of a failed run, with odd characters where users have them. */
export function failed(changes: Partial<Facts> = {}): Notification {
  const known: Partial<Facts> = {
    ...{ event: 'failed', job: 'load_promos', run_id: 'run-7', attempt: '2', window: 'week 24' },
    ...{ error_code: 'QUARANTINE_LIMIT', error: '12 of 100 rows <broke> a & b', hint: 'réparez' },
    ...changes,
  };
  return {
    ...{ id: 'run-7:failed:QUARANTINE_LIMIT', event: 'failed', job: 'load_promos', runId: 'run-7' },
    facts: Object.fromEntries(FACTS.map((fact) => [fact, known[fact] ?? ''])) as Facts,
  };
}

/** Resolves `secret://env/NAME` from what is given; a literal is itself. */
export function contextWith(secrets: Readonly<Record<string, string>> = {}): StrategyContext {
  return {
    clock: systemClock,
    failpoints: noFailpoints,
    openStorage: (location) => openFileStorage(location, systemClock),
    resolveSecret: (secret) =>
      Promise.resolve(
        secret.kind === 'literal'
          ? secret.value
          : (secrets[secret.uri.replace('secret://env/', '')] ?? ''),
      ),
    warn: () => undefined,
  };
}
