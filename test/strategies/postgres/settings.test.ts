import { describe, expect, it } from '@jest/globals';
import {
  connectionSettings,
  libpqOptions,
  tlsChoices,
} from '../../../strategies/postgres/settings.ts';

const URL = 'jdbc:postgresql://db/sales';
const settings = (properties: Readonly<Record<string, string>>, url = URL) =>
  connectionSettings(url, properties, 'dray r1');

describe('connection settings', () => {
  it('come from URL and properties, and the URL wins', () => {
    expect(
      settings(
        {
          user: 'a',
          password: 'secret://env/X',
          driver: 'org.postgresql.Driver',
          sslmode: 'allow',
        },
        `${URL}?user=b&connectTimeout=3`,
      ),
    ).toEqual({
      hosts: [{ host: 'db', port: 5432 }],
      database: 'sales',
      user: 'b',
      password: { kind: 'reference', uri: 'secret://env/X' },
      sslMode: 'allow',
      connectTimeoutS: 3,
      applicationName: 'dray r1',
    });
  });

  it('name the database after the user when the URL has none', () => {
    expect(settings({ user: 'me' }, 'jdbc:postgresql://db/').database).toBe('me');
  });

  it.each([
    [{}, 'prefer'],
    [{ ssl: 'false' }, 'prefer'],
    [{ ssl: 'true', sslrootcert: '/ca.pem' }, 'verify-full'],
    [{ ssl: 'true', sslmode: 'require' }, 'require'],
  ])('%j mean sslmode %s', (properties, sslMode) => {
    expect(settings(properties).sslMode).toBe(sslMode);
  });

  it('try TLS first when it is preferred, and never without it when it is required', () => {
    const unverified = { rejectUnauthorized: false };
    expect(tlsChoices(settings({}))).toEqual([unverified, false]);
    expect(tlsChoices(settings({ sslmode: 'allow' }))).toEqual([false, unverified]);
    expect(tlsChoices(settings({ sslmode: 'require' }))).toEqual([unverified]);
    expect(tlsChoices(settings({ sslmode: 'disable' }))).toEqual([false]);
  });

  it.each([
    [{ reWriteBatchedInserts: 'true' }, 'NOT_SUPPORTED', 'reWriteBatchedInserts'],
    [{ sslmode: 'maybe' }, 'CONFIG_INVALID', 'maybe'],
    [{ ssl: 'true' }, 'CONFIG_INVALID', 'root certificate'],
    [{ connectTimeout: '1s' }, 'CONFIG_INVALID', '1s'],
  ])('refuse %j', (properties, code, text) => {
    expect(() => settings(properties)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });

  it('reach libpq quoted and without credentials', () => {
    const given = settings({ user: 'u', password: 'canary', ApplicationName: `it's \\ me` });
    expect(libpqOptions(given)).toBe(
      String.raw`sslmode='prefer' connect_timeout='10' application_name='it\'s \\ me' options='-c statement_timeout=0 -c synchronous_commit=local'`,
    );
  });
});
