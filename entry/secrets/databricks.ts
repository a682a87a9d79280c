import { z } from 'zod';
import { JobError, messageOf } from '../../core/errors.ts';

const ANSWER_MS = 10_000;
const answerSchema = z.looseObject({ value: z.string() });

/**
 * A secret of a Databricks scope, through the REST API of the workspace that `DATABRICKS_HOST` and
 * `DATABRICKS_TOKEN` name.
 *
 * @param rest - `SCOPE/KEY`.
 * @see https://docs.databricks.com/api/workspace/secrets/getsecret
 * @throws JobError `SECRET_MISSING`, `SECRET_UNAVAILABLE`.
 */
export async function fromDatabricks(
  uri: string,
  rest: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { DATABRICKS_HOST: host = '', DATABRICKS_TOKEN: token = '' } = env;
  if (host === '' || token === '') {
    throw missing(
      uri,
      `${host === '' ? 'DATABRICKS_HOST' : 'DATABRICKS_TOKEN'} is not set`,
      'set both for the process that runs the job',
    );
  }
  const [scope = '', key = ''] = rest.split('/').map(decodeURIComponent);
  const origin = /^https?:\/\//.test(host) ? host : `https://${host}`;
  const url = new URL('/api/2.0/secrets/get', origin);
  url.search = new URLSearchParams({ scope, key }).toString();
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    ({ status } = response);
    text = await response.text();
  } catch (error) {
    throw unavailable(uri, messageOf(error), error);
  }
  if (status === 200) return decoded(uri, text);
  if (status === 404) {
    throw missing(uri, 'there is no such scope or key', 'databricks secrets list-secrets SCOPE');
  }
  if (status === 401 || status === 403) {
    throw missing(
      uri,
      `Databricks answered ${String(status)}`,
      'the token needs READ on the scope',
    );
  }
  throw unavailable(uri, `Databricks answered ${String(status)}`);
}

/** The API gives the bytes in base64. */
function decoded(uri: string, text: string): string {
  const answer = answerSchema.safeParse(parsed(text));
  if (!answer.success) throw unavailable(uri, 'the answer is not that of Databricks');
  return Buffer.from(answer.data.value, 'base64').toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missing(uri: string, what: string, hint: string): JobError {
  return new JobError('SECRET_MISSING', `"${uri}": ${what}`, { hint });
}

function unavailable(uri: string, what: string, cause?: unknown): JobError {
  return new JobError('SECRET_UNAVAILABLE', `"${uri}": ${what}`, {
    hint: 'check DATABRICKS_HOST and that the workspace is within reach; then run again',
    cause,
  });
}
