import { JobError } from '../../core/errors.ts';
import { parseSecret } from '../../core/secrets.ts';
import { type ConnectionSettings, parseSeconds, parseSslMode } from '../postgres/settings.ts';
import { parseRedshiftUrl } from './jdbc-url.ts';

/** Names as the driver's documentation has them; it compares them without case. */
const SUPPORTED = [
  'user',
  'UID',
  'password',
  'PWD',
  'driver',
  'ssl',
  'sslMode',
  'sslRootCert',
  'loginTimeout',
  'connectTimeout',
  'ApplicationName',
  'currentSchema',
];
const KNOWN = new Set(SUPPORTED.map((name) => name.toLowerCase()));

/**
 * Joins URL and properties as Redshift's JDBC driver does: the URL wins, `ssl` is on unless it is
 * switched off and then means `verify-ca`, against the authorities that Node trusts, which Redshift's
 * certificates come from, unless `sslRootCert` names others.
 *
 * @throws JobError `NOT_SUPPORTED` for a property that is not in the list; `CONFIG_INVALID` for a
 *   missing user.
 * @see https://docs.aws.amazon.com/redshift/latest/mgmt/jdbc20-configuration-options.html
 */
export function redshiftSettings(
  jdbcUrl: string,
  properties: Readonly<Record<string, string>>,
  applicationName: string,
): ConnectionSettings {
  const url = parseRedshiftUrl(jdbcUrl);
  const lowered = Object.entries(properties).map(([name, value]) => [name.toLowerCase(), value]);
  const given: Record<string, string> = {
    ...(Object.fromEntries(lowered) as Record<string, string>),
    ...url.parameters,
  };
  const unknown = Object.keys(given).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) {
    throw new JobError('NOT_SUPPORTED', `connection property "${unknown}" is not supported`, {
      hint: `leave it out; supported are: ${SUPPORTED.join(', ')}`,
    });
  }
  const property = (...names: string[]) =>
    names
      .map((name) => given[name.toLowerCase()])
      .find((value) => value !== undefined && value !== '');
  const user = property('user', 'UID');
  if (user === undefined) {
    throw new JobError('CONFIG_INVALID', 'no database user is named', {
      hint: 'name it in "properties": {"user": "..."}',
    });
  }
  const password = property('password', 'PWD');
  const sslRootCert = property('sslRootCert');
  const searchPath = property('currentSchema');
  const off = property('ssl')?.toLowerCase() === 'false';
  return {
    hosts: [url.at],
    database: url.database,
    user,
    sslMode: parseSslMode(property('sslMode')?.toLowerCase() ?? (off ? 'disable' : 'verify-ca')),
    connectTimeoutS: parseSeconds(property('loginTimeout', 'connectTimeout') ?? '10'),
    applicationName: property('ApplicationName') ?? applicationName,
    ...(password === undefined ? {} : { password: parseSecret(password) }),
    ...(sslRootCert === undefined ? {} : { sslRootCert }),
    ...(searchPath === undefined ? {} : { searchPath }),
  };
}
