import { JobError } from '../../core/errors.ts';
import type { StrategyContext } from '../../core/strategy.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Dialect, postgres } from './dialect.ts';
import type { Party } from './errors.ts';
import { displayUrl, type HostAndPort } from './jdbc-url.ts';
import type { ConnectionSettings } from './settings.ts';

/** One server, chosen from the URL's hosts, with all that a connection to it takes. */
export interface Endpoint {
  readonly settings: ConnectionSettings;
  readonly at: HostAndPort;
  readonly password: string | undefined;
  readonly party: Party;
  connect(): Connection;
}

/**
 * Picks the first host that answers. `what` is the table or query there, for messages. With one host nothing is tried: the first statement finds out.
 *
 * @throws JobError of the last host when none answers.
 */
export async function chooseEndpoint(
  settings: ConnectionSettings,
  password: string | undefined,
  what: string,
  context: Pick<StrategyContext, 'clock' | 'failpoints'>,
  signal: AbortSignal,
  dialect: Dialect = postgres,
): Promise<Endpoint> {
  const endpoints = settings.hosts.map((at): Endpoint => {
    const target = `${displayUrl(at, settings.database, dialect.scheme)}/${what}`;
    const party = { user: settings.user, target };
    return {
      settings,
      at,
      password,
      party,
      connect: () => openConnection(settings, at, password, party, context, dialect),
    };
  });
  const [only] = endpoints;
  if (endpoints.length === 1 && only !== undefined) return only;
  let failure: unknown;
  for (const endpoint of endpoints) {
    await using connection = endpoint.connect();
    try {
      await connection.query('select 1', [], signal);
      return endpoint;
    } catch (error) {
      if (!(error instanceof JobError) || error.code !== 'TARGET_UNAVAILABLE') throw error;
      failure = error;
    }
  }
  throw failure;
}
