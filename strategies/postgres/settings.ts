import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { JobError, messageOf } from '../../core/errors.ts';
import { parseSecret, type Secret } from '../../core/secrets.ts';
import { type HostAndPort, parseJdbcUrl } from './jdbc-url.ts';

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** Where and how to connect; the password is still a reference. */
export interface ConnectionSettings {
  readonly hosts: readonly HostAndPort[];
  readonly database: string;
  readonly user: string;
  readonly password?: Secret;
  readonly sslMode: SslMode;
  /** Path of a PEM file. */
  readonly sslRootCert?: string;
  readonly connectTimeoutS: number;
  readonly applicationName: string;
  readonly searchPath?: string;
  /** Command line options of the server's session, such as `-c work_mem=64MB`. */
  readonly options?: string;
  /** Of any statement outside a transaction that sets its own; absent: the server's. */
  readonly lockTimeoutMs?: number;
}

const SUPPORTED = [
  'user',
  'password',
  'driver',
  'ssl',
  'sslmode',
  'sslrootcert',
  'connectTimeout',
  'ApplicationName',
  'currentSchema',
  'options',
] as const;
type Property = (typeof SUPPORTED)[number];

/**
 * Joins URL and properties as the JDBC driver does: the URL wins, `ssl=true` means `verify-full`,
 * no `sslmode` means `prefer`, user defaults to the operating system's, database to the user.
 *
 * @throws JobError `NOT_SUPPORTED` for a property that is not in the list.
 * @see https://jdbc.postgresql.org/documentation/use/#connection-parameters
 */
export function connectionSettings(
  jdbcUrl: string,
  properties: Readonly<Record<string, string>>,
  applicationName: string,
): ConnectionSettings {
  const url = parseJdbcUrl(jdbcUrl);
  const given = { ...properties, ...url.parameters };
  for (const name of Object.keys(given)) {
    if (!(SUPPORTED as readonly string[]).includes(name)) {
      throw new JobError('NOT_SUPPORTED', `connection property "${name}" is not supported`, {
        hint: `leave it out; supported are: ${SUPPORTED.join(', ')}`,
      });
    }
  }
  const property = (name: Property) => (given[name] === '' ? undefined : given[name]);
  const user = property('user') ?? userInfo().username;
  const password = property('password');
  const sslRootCert = property('sslrootcert');
  const searchPath = property('currentSchema');
  const options = property('options');
  const sslMode = parseSslMode(
    property('sslmode') ?? (property('ssl') === 'true' ? 'verify-full' : 'prefer'),
  );
  if (sslMode.startsWith('verify') && sslRootCert === undefined) {
    throw new JobError('CONFIG_INVALID', `sslmode "${sslMode}" needs a root certificate`, {
      hint: 'name a PEM file in property "sslrootcert", or use sslmode "require"',
    });
  }
  return {
    hosts: url.hosts,
    database: url.database ?? user,
    user,
    sslMode,
    connectTimeoutS: parseSeconds(property('connectTimeout') ?? '10'),
    applicationName: property('ApplicationName') ?? applicationName,
    ...(password === undefined ? {} : { password: parseSecret(password) }),
    ...(sslRootCert === undefined ? {} : { sslRootCert }),
    ...(searchPath === undefined ? {} : { searchPath }),
    ...(options === undefined ? {} : { options }),
  };
}

/** What to try in turn: `false` is a connection without TLS. */
export function tlsChoices(settings: ConnectionSettings): readonly (false | ConnectionOptions)[] {
  const unverified = { rejectUnauthorized: false };
  switch (settings.sslMode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, unverified];
    case 'prefer':
      return [unverified, false];
    case 'require':
      return [unverified];
    case 'verify-ca':
      return [{ ...trusted(settings), checkServerIdentity: () => undefined }];
    case 'verify-full':
      return [trusted(settings)];
  }
}

/** The same settings for libpq; credentials and address are not part of it. */
export function libpqOptions(settings: ConnectionSettings): string {
  return Object.entries({
    sslmode: settings.sslMode,
    ...(settings.sslRootCert === undefined ? {} : { sslrootcert: settings.sslRootCert }),
    connect_timeout: String(settings.connectTimeoutS),
    application_name: settings.applicationName,
    options: libpqSessionOptions(settings),
  })
    .map(([name, value]) => `${name}='${value.replace(/[\\']/g, '\\$&')}'`)
    .join(' ');
}

/** Command line options of the server's sessions that bring rows. */
export function libpqSessionOptions({ options }: ConnectionSettings): string {
  // Without durable rows a crash of the server could leave a staging table with less than we sent.
  const own = '-c statement_timeout=0 -c synchronous_commit=local';
  return [own, options].filter(Boolean).join(' ');
}

/** @throws JobError `CONFIG_INVALID` when there is no such mode. */
export function parseSslMode(mode: string): SslMode {
  const known = SSL_MODES.find((name) => name === mode);
  if (known !== undefined) return known;
  throw new JobError('CONFIG_INVALID', `unknown sslmode "${mode}"`, {
    hint: `use one of: ${SSL_MODES.join(', ')}`,
  });
}

/** @throws JobError `CONFIG_INVALID` when it is not a whole number. */
export function parseSeconds(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new JobError('CONFIG_INVALID', `"connectTimeout" is not a number of seconds: "${text}"`, {
    hint: 'write whole seconds; 0 waits for ever',
  });
}

/** Without a file of their own, those that Node trusts. */
function trusted({ sslRootCert }: ConnectionSettings): ConnectionOptions {
  if (sslRootCert === undefined) return {};
  try {
    return { ca: readFileSync(sslRootCert, 'utf8') };
  } catch (error) {
    throw new JobError('CONFIG_INVALID', `"sslrootcert" cannot be read: ${messageOf(error)}`, {
      hint: 'name a PEM file that this process can read',
      cause: error,
    });
  }
}
