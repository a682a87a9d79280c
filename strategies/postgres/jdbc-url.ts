import { JobError } from '../../core/errors.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What a `jdbc:postgresql:` URL says; what it leaves out is undefined. */
export interface JdbcUrl {
  /** In the order in which they are tried. */
  readonly hosts: readonly HostAndPort[];
  readonly database?: string;
  /** Parameters after the `?`; the last one of a name counts. */
  readonly parameters: Readonly<Record<string, string>>;
}

const PREFIX = 'jdbc:postgresql:';
const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 5432;
const HINT = 'write jdbc:postgresql://host:port/database, with user and password in "properties"';

/**
 * Parses a URL as the PostgreSQL JDBC driver does: database and parameter values are URL-decoded
 * (`+` is a space), host defaults to localhost and port to 5432.
 *
 * @throws JobError `CONFIG_INVALID` when it is malformed, without repeating it: it may hold a
 *   password; `NOT_SUPPORTED` for `jdbc:redshift:`.
 * @see https://github.com/pgjdbc/pgjdbc/blob/master/pgjdbc/src/main/java/org/postgresql/Driver.java
 */
export function parseJdbcUrl(url: string): JdbcUrl {
  if (url.startsWith('jdbc:redshift:')) {
    throw new JobError('NOT_SUPPORTED', 'a jdbc:redshift: URL is not one of Postgres', {
      hint: 'use a jdbc:postgresql:// URL, or the writer REDSHIFT',
    });
  }
  if (!url.startsWith(PREFIX)) {
    throw malformed(`it does not start with "${PREFIX}"`);
  }
  const [server = '', ...rest] = url.slice(PREFIX.length).split('?');
  const parameters = parseParameters(rest.join('?'));
  if (!server.startsWith('//')) {
    const database = decode(server.replace(/^\//, ''), 'the database name');
    const hosts = [{ host: DEFAULT_HOST, port: DEFAULT_PORT }];
    return database === '' ? { hosts, parameters } : { hosts, database, parameters };
  }
  const [addresses = '', path = '', ...more] = server.slice(2).split('/');
  if (more.length > 0) throw malformed('the database name holds a "/": write it as %2F');
  const hosts = addresses.split(',').map(parseAddress);
  const database = decode(path, 'the database name');
  return database === '' ? { hosts, parameters } : { hosts, database, parameters };
}

/** How messages name a database: no user, no parameters. */
export function displayUrl(at: HostAndPort, database: string, scheme = 'postgresql'): string {
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return `${scheme}://${host}:${at.port}/${encodeURIComponent(database)}`;
}

function parseAddress(address: string): HostAndPort {
  if (address.includes('@')) throw malformed('it has a user before the host');
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]]*))(?::([0-9]+))?$/.exec(address);
  if (match === null) throw malformed('a host or port cannot be read');
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (port < 1 || port > 65_535) throw malformed('a port is not between 1 and 65535');
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? DEFAULT_HOST : host, port };
}

function parseParameters(query: string): Record<string, string> {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      const name = at < 0 ? pair : pair.slice(0, at);
      return [name, at < 0 ? '' : decode(pair.slice(at + 1), `parameter "${name}"`)];
    });
  return Object.fromEntries(pairs);
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed(`${what} has a "%" that is not followed by two hexadecimal digits`);
  }
}

function malformed(reason: string): JobError {
  return new JobError('CONFIG_INVALID', `"jdbc_url" is not a PostgreSQL JDBC URL: ${reason}`, {
    hint: HINT,
  });
}
