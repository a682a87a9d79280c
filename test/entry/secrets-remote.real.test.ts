import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRedactor, parseSecret } from '../../core/secrets.ts';
import { createSecretResolver } from '../../entry/secrets/resolver.ts';
import { type Aws, CREDENTIALS, startMoto, withoutMoto } from '../aws/moto.ts';

function resolverIn(env: Readonly<Record<string, string>> = {}) {
  const redactor = createRedactor();
  const resolve = createSecretResolver({
    env,
    redactor,
    warn: () => undefined,
    readFile: () => Promise.reject(new Error('there is no file')),
  });
  return { redactor, resolve: async (text: string) => await resolve(parseSecret(text)) };
}

(withoutMoto === '' ? describe : describe.skip)(`secrets in AWS${withoutMoto}`, () => {
  let aws: Aws;
  let arn: string;
  const before = { ...process.env };

  beforeAll(async () => {
    aws = await startMoto();
    const { endpoint, region } = aws;
    Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region });
    const manager = new SecretsManagerClient({});
    const json = JSON.stringify({ user: 'loader', password: 'pa$$ "w"', port: 5432, empty: '' });
    const { ARN = '' } = await manager.send(
      new CreateSecretCommand({ Name: 'prod/promos', SecretString: json }),
    );
    arn = ARN;
    await manager.send(new CreateSecretCommand({ Name: 'plain', SecretString: 'all of it' }));
    const ssm = new SSMClient({});
    for (const [Name, Value] of [
      ['/prod/promos', 'in a hierarchy'],
      ['promos', 'on its own'],
    ]) {
      await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }));
    }
  });
  afterAll(async () => {
    process.env = before;
    await aws[Symbol.asyncDispose]();
  });

  it('are taken by name or ARN, whole or one value of an object', async () => {
    const { resolve, redactor } = resolverIn();
    const uri = 'secret://aws-secretsmanager';
    expect(await resolve(`${uri}/prod/promos#password`)).toBe('pa$$ "w"');
    expect(await resolve(`${uri}/${arn}#port`)).toBe('5432');
    expect(await resolve(`${uri}/plain`)).toBe('all of it');
    expect(redactor.redact('pa$$ "w" and all of it')).toBe('*** and ***');
  });

  it('are taken from parameters, decrypted, of a hierarchy or not', async () => {
    const { resolve } = resolverIn();
    expect(await resolve('secret://aws-ssm/prod/promos')).toBe('in a hierarchy');
    expect(await resolve('secret://aws-ssm//prod/promos')).toBe('in a hierarchy');
    expect(await resolve('secret://aws-ssm/promos')).toBe('on its own');
  });

  it.each([
    ['aws-secretsmanager/nobody', 'there is none of that name'],
    ['aws-secretsmanager/plain#password', 'it is no JSON object'],
    ['aws-secretsmanager/prod/promos#pass', 'it has no text under "pass"'],
    ['aws-secretsmanager/prod/promos#empty', 'it has no text under "empty"'],
    ['aws-ssm/nobody', 'there is none of that name'],
  ])('are missing where secret://%s says so: %s', async (rest, what) => {
    const error = await resolverIn()
      .resolve(`secret://${rest}`)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRET_MISSING', message: `"secret://${rest}": ${what}` });
    expect(String(error)).not.toContain('pa$$');
  });

  it('may come with a retry where AWS does not answer', async () => {
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1';
    const asked = resolverIn().resolve('secret://aws-ssm/promos');
    await expect(asked).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE', retryable: true });
    process.env['AWS_ENDPOINT_URL'] = aws.endpoint;
  });
});

describe('secrets in a Databricks scope', () => {
  it('are asked for with host and token, and say what is wrong', async () => {
    const asked: (readonly [string | undefined, string | undefined])[] = [];
    let answer: readonly [number, string] = [200, ''];
    const server = createServer((request, response) => {
      asked.push([request.url, request.headers.authorization]);
      response.writeHead(answer[0]).end(answer[1]);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const env = {
      DATABRICKS_HOST: `http://127.0.0.1:${String(port)}/`,
      DATABRICKS_TOKEN: 'dapi-1',
    };
    const uri = 'secret://databricks/promos/db%20password';
    const value = Buffer.from('gehéim').toString('base64');
    answer = [200, JSON.stringify({ key: 'db password', value })];
    expect(await resolverIn(env).resolve(uri)).toBe('gehéim');
    expect(asked).toEqual([['/api/2.0/secrets/get?scope=promos&key=db+password', 'Bearer dapi-1']]);
    for (const [status, code] of [
      [404, 'SECRET_MISSING'],
      [403, 'SECRET_MISSING'],
      [503, 'SECRET_UNAVAILABLE'],
    ] as const) {
      answer = [status, '{}'];
      await expect(resolverIn(env).resolve(uri)).rejects.toMatchObject({ code });
    }
    server.closeAllConnections();
    server.close();
    await expect(resolverIn(env).resolve(uri)).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
    });
  });
});
