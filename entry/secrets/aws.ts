import { JobError, messageOf } from '../../core/errors.ts';

/** arn:partition:service:region:account:... */
const ARN_REGION = /^arn:[\w-]+:[a-z]+:([a-z0-9-]+):/;

/**
 * A secret of AWS Secrets Manager, with the credentials and the region that AWS's SDK finds.
 *
 * @param rest - name or ARN, and `#key` for one value of a secret that is a JSON object.
 * @throws JobError `SECRET_MISSING`, `SECRET_UNAVAILABLE`.
 */
export async function fromSecretsManager(uri: string, rest: string): Promise<string> {
  const [id = '', key] = rest.split(/#([^#]*)$/);
  const { SecretsManagerClient, GetSecretValueCommand } =
    await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient(regionOf(id));
  try {
    const { SecretString: value } = await asked(uri, () =>
      client.send(new GetSecretValueCommand({ SecretId: id })),
    );
    if (value === undefined || value === '') {
      throw missing(uri, 'it has no text', 'store the secret as text, or as a JSON object');
    }
    return key === undefined ? value : valueAt(uri, value, key);
  } finally {
    client.destroy();
  }
}

/**
 * A parameter of AWS Systems Manager, decrypted.
 *
 * @param rest - its name; a hierarchy begins with `/` whether it is written or not.
 * @throws JobError `SECRET_MISSING`, `SECRET_UNAVAILABLE`.
 */
export async function fromParameterStore(uri: string, rest: string): Promise<string> {
  const isPlain = !rest.includes('/') || rest.startsWith('/') || rest.startsWith('arn:');
  const name = isPlain ? rest : `/${rest}`;
  const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient(regionOf(name));
  try {
    const { Parameter } = await asked(uri, () =>
      client.send(new GetParameterCommand({ Name: name, WithDecryption: true })),
    );
    if (Parameter?.Value !== undefined) return Parameter.Value;
    throw missing(uri, 'it has no value', 'give the parameter a value');
  } finally {
    client.destroy();
  }
}

function regionOf(id: string): { readonly region?: string } {
  const region = ARN_REGION.exec(id)?.[1];
  return region === undefined ? {} : { region };
}

function valueAt(uri: string, text: string, key: string): string {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    // Without the cause: it quotes the secret.
    throw missing(uri, 'it is no JSON object', 'leave "#key" out to take the whole text');
  }
  const entries = typeof object === 'object' && object !== null ? Object.entries(object) : [];
  const found: unknown = entries.find(([name]) => name === key)?.[1];
  if (typeof found === 'string' && found !== '') return found;
  if (typeof found === 'number') return String(found);
  const keys = entries.map(([name]) => name).join(', ');
  throw missing(uri, `it has no text under "${key}"`, `its keys are: ${keys}`);
}

/** Calls AWS and says what its errors mean for the run. */
async function asked<T>(uri: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name.includes('NotFound')) {
      throw missing(uri, 'there is none of that name', 'check name, account and region', error);
    }
    if (
      /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|CredentialsProvider/.test(name)
    ) {
      const hint = 'give the run credentials that may read it, and decrypt it with its key';
      throw missing(uri, `AWS does not give it: ${messageOf(error)}`, hint, error);
    }
    throw new JobError('SECRET_UNAVAILABLE', `"${uri}": ${messageOf(error)}`, {
      hint: 'check the region (AWS_REGION) and that AWS is within reach; then run again',
      cause: error,
    });
  }
}

function missing(uri: string, what: string, hint: string, cause?: unknown): JobError {
  return new JobError('SECRET_MISSING', `"${uri}": ${what}`, { hint, cause });
}
