import { JobError } from '../../core/errors.ts';

/** Where a Spark Connect server is and how to speak to it, read off an `sc://` address. */
export interface Remote {
  /** `http://` or `https://`, host and port; safe to show. */
  readonly baseUrl: string;
  /** Sent with every call, the token as `authorization` among them: never show the values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly userId: string | undefined;
  /** Named by the address when somebody else opened the session (Databricks serverless). */
  readonly sessionId: string | undefined;
  /** Whether the server is on this machine. */
  readonly loopback: boolean;
}

const DEFAULT_PORT = 15002;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Parameters that clients read themselves; all others travel as metadata. */
const RESERVED = ['token', 'use_ssl', 'user_id', 'session_id', 'user_agent'];

/**
 * Reads `sc://host:port/;token=...;use_ssl=true;user_id=...;x-databricks-cluster-id=...`. Parameters
 * without a meaning of their own travel as lower-case metadata. TLS is used with `use_ssl=true`, and
 * with a token unless the server is on this machine or `use_ssl=false` says otherwise.
 *
 * @throws JobError `CONFIG_INVALID`; the message never holds a parameter's value.
 * @see https://github.com/apache/spark/blob/master/sql/connect/docs/client-connection-string.md
 */
export function parseRemote(address: string): Remote {
  const [, hostPart = '', rest = ''] = /^sc:\/\/([^/;?#]+)(.*)$/s.exec(address) ?? [];
  if (hostPart === '') throw invalid('it does not start with "sc://" and a host');
  if (hostPart.includes('@')) throw invalid('it has a user before the host; use ";token=..."');
  if (rest !== '' && rest !== '/' && !rest.startsWith('/;')) {
    throw invalid('parameters start with "/;" after the host and port');
  }
  const parameters = parametersOf(rest.slice(2));
  const url = serverUrl(hostPart);
  const loopback = LOOPBACK.test(url.hostname);
  const token = parameters.get('token');
  const tls = tlsOf(parameters.get('use_ssl')) ?? (token !== undefined && !loopback);
  const sessionId = parameters.get('session_id');
  if (sessionId !== undefined && !UUID.test(sessionId)) throw invalid('"session_id" is not a UUID');
  const others = [...parameters].filter(([name]) => !RESERVED.includes(name));
  return {
    baseUrl: `${tls ? 'https' : 'http'}://${url.host}`,
    headers: {
      ...Object.fromEntries(others),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    userId: parameters.get('user_id'),
    sessionId,
    loopback,
  };
}

function parametersOf(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of text.split(';').filter((part) => part !== '')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at)).toLowerCase();
    if (!/^[a-z0-9._-]+$/.test(name)) throw invalid('a parameter is not of the form "name=value"');
    const value = decoded(name, pair.slice(at + 1));
    if (value === '') throw invalid(`the parameter "${name}" is empty`);
    if (parameters.has(name)) throw invalid(`the parameter "${name}" is given twice`);
    parameters.set(name, value);
  }
  return parameters;
}

function decoded(name: string, value: string): string {
  let text: string;
  try {
    text = decodeURIComponent(value);
  } catch (error) {
    throw invalid(`the parameter "${name}" has a broken % escape`, error);
  }
  if (!/^[\x20-\x7e]*$/.test(text)) {
    throw invalid(`the parameter "${name}" holds what cannot stand in a header`);
  }
  return text;
}

function serverUrl(hostPart: string): URL {
  const withPort = /:\d+$/.test(hostPart) ? hostPart : `${hostPart}:${String(DEFAULT_PORT)}`;
  try {
    // Not of scheme http, so that the URL keeps the ports 80 and 443 as they are.
    const url = new URL(`sc://${withPort}`);
    if (url.hostname !== '') return url;
  } catch (error) {
    throw invalid(`"${hostPart}" is not a host with a port`, error);
  }
  throw invalid(`"${hostPart}" is not a host with a port`);
}

function tlsOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw invalid('"use_ssl" is neither "true" nor "false"');
}

function invalid(problem: string, cause?: unknown): JobError {
  return new JobError('CONFIG_INVALID', `the address of the Spark server is wrong: ${problem}`, {
    hint: 'write it as sc://host:port/;token=...;use_ssl=true',
    cause,
  });
}
