import { messageOf } from '../../core/errors.ts';
import { type Finding, note, ok, red } from '../../core/finding.ts';
import type { Surroundings } from '../context.ts';

const ANSWER_MS = 4_000;

/** Whether the workspace that the environment names takes the token that it holds. */
export async function databricksFinding(
  { env }: Surroundings,
  signal: AbortSignal,
): Promise<Finding> {
  const name = 'Databricks';
  const { DATABRICKS_HOST: host = '', DATABRICKS_TOKEN: token = '' } = env;
  const fix = 'set DATABRICKS_HOST and DATABRICKS_TOKEN';
  if (host === '' && token === '') return note(name, 'no workspace is named', fix);
  if (host === '') return red(name, 'a token without a workspace', fix);
  if (token === '') return red(name, `no token for ${host}`, fix);
  const origin = /^https?:\/\//.test(host) ? host : `https://${host}`;
  if (!URL.canParse(origin)) return red(name, `DATABRICKS_HOST is no host: "${host}"`, fix);
  try {
    const response = await fetch(new URL('/api/2.0/preview/scim/v2/Me', origin), {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const { status } = response;
    const answer = (await response.json().catch(() => ({}))) as { readonly userName?: unknown };
    if (status === 401 || status === 403) {
      return red(name, `${host} refuses the token (${String(status)})`, 'make a new token there');
    }
    if (status !== 200 || typeof answer.userName !== 'string') {
      return note(name, `${host} answers ${String(status)}`, 'check DATABRICKS_HOST');
    }
    return ok(name, `${answer.userName} at ${host}`);
  } catch (error) {
    signal.throwIfAborted();
    return note(name, `${host} is out of reach: ${messageOf(error)}`, 'check host and network');
  }
}
