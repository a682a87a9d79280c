import type { Endpoint } from './endpoint.ts';
import { libpqSessionOptions } from './settings.ts';

/**
 * How Spark's JDBC source connects. Credentials are options, which Spark masks in its plans and logs,
 * and not parts of the URL.
 */
export function sparkOptions({
  at,
  settings,
  password,
}: Endpoint): Readonly<Record<string, string>> {
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return {
    url: `jdbc:postgresql://${host}:${String(at.port)}/${encodeURIComponent(settings.database)}`,
    driver: 'org.postgresql.Driver',
    user: settings.user,
    ...(password === undefined ? {} : { password }),
    sslmode: settings.sslMode,
    ...(settings.sslRootCert === undefined ? {} : { sslrootcert: settings.sslRootCert }),
    connectTimeout: String(settings.connectTimeoutS),
    ApplicationName: settings.applicationName,
    options: libpqSessionOptions(settings),
  };
}
