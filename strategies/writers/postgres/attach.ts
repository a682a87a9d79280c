import { quote, type SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Endpoint } from './endpoint.ts';
import { copyError } from './errors.ts';
import { libpqOptions } from './settings.ts';

/** Name of the attached database, and of the secret with its credentials. */
export const ATTACHED = 'target';

/**
 * Makes a schema of the server usable from DuckDB, as {@link ATTACHED}; again changes nothing. The
 * password goes into a secret of the engine, since errors repeat what is given to ATTACH.
 */
export async function attach(
  session: SqlSession,
  endpoint: Endpoint,
  schema: string,
  access: 'read_only' | 'read_write',
  signal: AbortSignal,
): Promise<void> {
  await session.useExtension('postgres_scanner', signal);
  const { at, settings, password, party } = endpoint;
  const secret = [
    'type postgres',
    `host ${quote(at.host)}`,
    `port ${at.port}`,
    `database ${quote(settings.database)}`,
    `user ${quote(settings.user)}`,
    ...(password === undefined ? [] : [`password ${quote(password)}`]),
  ];
  try {
    await session.run(`create secret if not exists ${ATTACHED} (${secret.join(', ')})`, signal);
  } catch {
    signal.throwIfAborted();
    // Without the cause: it holds the statement, and the statement the password.
    throw new JobError('ENGINE_FAILED', 'the engine did not take the credentials of the target', {
      hint: `check host, database, user and password of ${party.target}`,
    });
  }
  try {
    await session.run(
      `attach if not exists ${quote(libpqOptions(settings))} as ${ATTACHED}
       (type postgres, secret ${ATTACHED}, schema ${quote(schema)}, ${access})`,
      signal,
    );
  } catch (error) {
    throw copyError(error, party);
  }
}
