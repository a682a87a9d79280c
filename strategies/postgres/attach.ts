import { quote, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Endpoint } from './endpoint.ts';
import { copyError } from './errors.ts';
import { libpqOptions } from './settings.ts';

export interface Attachment {
  /** A plain word: name of the attached database, and of the secret with its credentials. */
  readonly name: string;
  readonly schema: string;
  readonly access: 'read_only' | 'read_write';
}

/**
 * Makes a schema of the server usable from DuckDB; a second time changes nothing. The password goes
 * into a secret of the engine, since errors repeat what is given to ATTACH.
 */
export async function attach(
  session: SqlSession,
  endpoint: Endpoint,
  { name, schema, access }: Attachment,
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
    await session.run(`create secret if not exists ${name} (${secret.join(', ')})`, signal);
  } catch {
    signal.throwIfAborted();
    // Without the cause: it holds the statement, and the statement the password.
    throw new JobError('ENGINE_FAILED', 'the engine did not take the credentials of the server', {
      hint: `check host, database, user and password of ${party.target}`,
    });
  }
  try {
    await session.run(
      `attach if not exists ${quote(libpqOptions(settings))} as ${name}
       (type postgres, secret ${name}, schema ${quote(schema)}, ${access})`,
      signal,
    );
  } catch (error) {
    throw copyError(error, party);
  }
}
