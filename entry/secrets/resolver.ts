import { isAbsolute } from 'node:path';
import { JobError } from '../../core/errors.ts';
import type { Redactor, Secret } from '../../core/secrets.ts';
import { fromParameterStore, fromSecretsManager } from './aws.ts';
import { fromDatabricks } from './databricks.ts';

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): Promise<string>;
  readonly redactor: Redactor;
  warn(message: string): void;
}

const KINDS = [
  'secret://env/NAME',
  'secret://file/PATH',
  'secret://aws-secretsmanager/ID#key',
  'secret://aws-ssm/NAME',
  'secret://databricks/SCOPE/KEY',
];

/**
 * Makes the function that turns a secret into its value. A reference is resolved once; every value
 * is known to the redactor before anybody gets it.
 *
 * @throws JobError `SECRET_MISSING`, `SECRET_UNAVAILABLE`, or `CONFIG_INVALID` for a malformed
 *   reference (by the function that it returns).
 */
export function createSecretResolver(sources: SecretSources): (secret: Secret) => Promise<string> {
  const resolved = new Map<string, Promise<string>>();
  let warned = false;

  async function lookUp(uri: string): Promise<string> {
    const value = await resolveReference(uri, sources);
    sources.redactor.add(value);
    return value;
  }

  return async (secret) => {
    if (secret.kind === 'literal') {
      sources.redactor.add(secret.value);
      if (!warned) {
        sources.warn('a literal password is in the config; use a reference, secret://env/NAME');
      }
      warned = true;
      return secret.value;
    }
    const value = resolved.get(secret.uri) ?? lookUp(secret.uri);
    resolved.set(secret.uri, value);
    return await value;
  };
}

async function resolveReference(uri: string, sources: SecretSources): Promise<string> {
  const [, scheme = '', rest = ''] = /^secret:\/\/([^/]*)\/(.+)$/s.exec(uri) ?? [];
  if (scheme === 'env' && /^[A-Za-z_]\w*$/.test(rest)) {
    const value = sources.env[rest];
    if (value !== undefined && value !== '') return value;
    throw new JobError(
      'SECRET_MISSING',
      `"${uri}": the environment variable ${rest} is ${value === '' ? 'empty' : 'not set'}`,
      { hint: `set ${rest} for the process that runs the job` },
    );
  }
  if (scheme === 'file' && rest !== '') return await fromFile(uri, rest, sources);
  if (scheme === 'aws-secretsmanager' && rest !== '') return await fromSecretsManager(uri, rest);
  if (scheme === 'aws-ssm' && rest !== '') return await fromParameterStore(uri, rest);
  if (scheme === 'databricks' && /^[^/]+\/[^/]+$/.test(rest)) {
    return await fromDatabricks(uri, rest, sources.env);
  }
  throw new JobError('CONFIG_INVALID', `"${uri}" is not a reference to a secret`, {
    hint: `write one of: ${KINDS.join(', ')}`,
  });
}

async function fromFile(uri: string, rest: string, sources: SecretSources): Promise<string> {
  const path = isAbsolute(rest) ? rest : `/${rest}`;
  const hint = `write the secret to ${path}, readable by the user that runs the job`;
  let content: string;
  try {
    content = await sources.readFile(path);
  } catch (error) {
    throw new JobError('SECRET_MISSING', `"${uri}": ${path} cannot be read`, {
      hint,
      cause: error,
    });
  }
  const value = content.replace(/\r?\n$/, '');
  if (value === '') throw new JobError('SECRET_MISSING', `"${uri}": ${path} is empty`, { hint });
  return value;
}
