import { JobError } from '../../core/errors.ts';
import type { HostAndPort } from '../postgres/jdbc-url.ts';

/** What a `jdbc:redshift:` URL says. */
export interface RedshiftUrl {
  readonly at: HostAndPort;
  readonly database: string;
  /** By their names in lower case, as the driver compares them; the last one of a name counts. */
  readonly parameters: Readonly<Record<string, string>>;
}

const PREFIX = 'jdbc:redshift://';
const DEFAULT_PORT = 5439;
const HINT = 'write jdbc:redshift://host:5439/database, with user and password in "properties"';

/**
 * Parses a URL as the Redshift JDBC driver does: parameters follow a `?` or a `;` and are separated
 * by `&` or `;`, their values are URL-decoded.
 *
 * @throws JobError `CONFIG_INVALID` when it is malformed, without repeating it: it may hold a
 *   password; `NOT_SUPPORTED` for `jdbc:redshift:iam:`, whose passwords the driver asks AWS for.
 * @see https://docs.aws.amazon.com/redshift/latest/mgmt/jdbc20-build-connection-url.html
 */
export function parseRedshiftUrl(url: string): RedshiftUrl {
  if (url.startsWith('jdbc:redshift:iam:')) {
    throw new JobError('NOT_SUPPORTED', 'a jdbc:redshift:iam: URL is not supported', {
      hint: 'write jdbc:redshift://, and the database user and password in "properties"; the password may be secret://aws-secretsmanager/ID#password',
    });
  }
  if (!url.startsWith(PREFIX)) throw malformed(`it does not start with "${PREFIX}"`);
  const rest = url.slice(PREFIX.length);
  const end = rest.search(rest.includes('?') ? /\?/ : /;/);
  const server = end < 0 ? rest : rest.slice(0, end);
  const parameters = end < 0 ? {} : parseParameters(rest.slice(end + 1));
  const [address = '', path = '', ...more] = server.split('/');
  if (more.length > 0) throw malformed('the database name holds a "/": write it as %2F');
  const database = decode(path, 'the database name');
  if (database === '') throw malformed('it names no database');
  return { at: parseAddress(address), database, parameters };
}

function parseAddress(address: string): HostAndPort {
  if (address.includes('@')) throw malformed('it has a user before the host');
  if (address.includes(',')) throw malformed('it has several hosts; a cluster has one endpoint');
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]]+))(?::([0-9]+))?$/.exec(address);
  if (match === null) throw malformed('host or port cannot be read');
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (port < 1 || port > 65_535) throw malformed('the port is not between 1 and 65535');
  return { host: match[1] ?? match[2] ?? '', port };
}

function parseParameters(text: string): Record<string, string> {
  const pairs = text
    .split(/[;&]/)
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      const name = at < 0 ? pair : pair.slice(0, at);
      const value = at < 0 ? '' : decode(pair.slice(at + 1), `parameter "${name}"`);
      return [name.toLowerCase(), value];
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
  return new JobError('CONFIG_INVALID', `"jdbc_url" is not a Redshift JDBC URL: ${reason}`, {
    hint: HINT,
  });
}
