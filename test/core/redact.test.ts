import { expect, it } from '@jest/globals';
import { isSecretKey, redactConfig, redactText } from '../../core/redact.ts';

it.each([
  'password',
  'sslPassword',
  'db_passwd',
  'PWD',
  'client_secret',
  'aws_secret_access_key',
  'accessKeyId',
  'api-key',
  'private_key',
  'token',
  'X-Amz-Signature',
  'webhook_url',
])('takes %s for the key of a secret', (key) => {
  expect(isSecretKey(key)).toBe(true);
});

it.each(['user', 'key', 'jdbc_url', 'partition_by', 'passenger', 'strategy', 'design'])(
  'shows the value under %s',
  (key) => {
    expect(isSecretKey(key)).toBe(false);
  },
);

it('masks literal secrets at any depth and keeps references', () => {
  const config = {
    redshift_loader_config: {
      jdbc_url: 'jdbc:postgresql://db:5432/promos?user=ada&password=geheim&ssl=true',
      properties: { user: 'loader', password: 'geheim', driver: 'org.postgresql.Driver' },
    },
    unity_loader_config: { password: 'secret://env/PROMOS_DB_PASSWORD', path: '/data/unity' },
    tokens: ['one', 2, null, { nested: 'three' }],
    max: 0.01,
  };
  const before = structuredClone(config);
  expect(redactConfig(config)).toEqual({
    redshift_loader_config: {
      jdbc_url: 'jdbc:postgresql://db:5432/promos?user=ada&password=***&ssl=true',
      properties: { user: 'loader', password: '***', driver: 'org.postgresql.Driver' },
    },
    unity_loader_config: { password: 'secret://env/PROMOS_DB_PASSWORD', path: '/data/unity' },
    tokens: ['***', '***', null, { nested: '***' }],
    max: 0.01,
  });
  expect(config).toEqual(before);
});

it.each([
  ['postgres://ada:geheim@db:5432/promos', 'postgres://ada:***@db:5432/promos'],
  ['postgres://ada:ge@he:im@db/promos', 'postgres://ada:***@db/promos'],
  ['postgres://ada:ge/he?im#@db/promos', 'postgres://ada:***@db/promos'],
  ['postgres://:geheim@db', 'postgres://:***@db'],
  ['jdbc:redshift://db:5439/dev;PWD=geheim;UID=ada', 'jdbc:redshift://db:5439/dev;PWD=***;UID=ada'],
  ['jdbc:postgresql://db/x?%70assword=geheim', 'jdbc:postgresql://db/x?%70assword=***'],
  [
    'jdbc:postgresql://db/x?password=secret://env/P',
    'jdbc:postgresql://db/x?password=secret://env/P',
  ],
  ["host=db password='ge heim' user=ada", 'host=db password=*** user=ada'],
  ['https://s3/x?X-Amz-Signature=abc&part=1', 'https://s3/x?X-Amz-Signature=***&part=1'],
  ['jdbc:postgresql://a:5432,b:5432/x?user=ada@b', 'jdbc:postgresql://a:5432,b:5432/x?user=ada@b'],
  ['s3a://lake/promotions/week=24/', 's3a://lake/promotions/week=24/'],
  ['secret://env/PASSWORD', 'secret://env/PASSWORD'],
  ['a plain text: me@example.org', 'a plain text: me@example.org'],
])('shows %s as %s', (text, shown) => {
  expect(redactText(text)).toBe(shown);
});
