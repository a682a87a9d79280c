import { describe, expect, it } from '@jest/globals';
import { displayUrl, parseJdbcUrl } from '../../../strategies/postgres/jdbc-url.ts';

const LOCAL = { host: 'localhost', port: 5432 };

describe('a JDBC URL', () => {
  it.each([
    ['jdbc:postgresql://db/sales', { hosts: [{ host: 'db', port: 5432 }], database: 'sales' }],
    ['jdbc:postgresql://db:6432/sales', { hosts: [{ host: 'db', port: 6432 }], database: 'sales' }],
    [
      'jdbc:postgresql://a:1,b,[::1]:3/x',
      {
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 5432 },
          { host: '::1', port: 3 },
        ],
        database: 'x',
      },
    ],
    ['jdbc:postgresql://[fe80::1]/x', { hosts: [{ host: 'fe80::1', port: 5432 }], database: 'x' }],
    ['jdbc:postgresql:sales', { hosts: [LOCAL], database: 'sales' }],
    ['jdbc:postgresql:/', { hosts: [LOCAL] }],
    ['jdbc:postgresql:', { hosts: [LOCAL] }],
    ['jdbc:postgresql:///sales', { hosts: [LOCAL], database: 'sales' }],
    ['jdbc:postgresql://db', { hosts: [{ host: 'db', port: 5432 }] }],
    ['jdbc:postgresql://db/', { hosts: [{ host: 'db', port: 5432 }] }],
    ['jdbc:postgresql://db/a%2Fb%20c', { hosts: [{ host: 'db', port: 5432 }], database: 'a/b c' }],
  ])('%s is read as the driver does', (url, expected) => {
    expect(parseJdbcUrl(url)).toEqual({ ...expected, parameters: {} });
  });

  it.each([
    ['user=me&password=a%26b%3Dc', { user: 'me', password: 'a&b=c' }],
    ['password=a+b%2Bc', { password: 'a b+c' }],
    ['ssl', { ssl: '' }],
    ['options=-c%20x=y', { options: '-c x=y' }],
    ['a=1&a=2&', { a: '2' }],
    ['password=a?b', { password: 'a?b' }],
  ])('takes the parameters %s', (query, parameters) => {
    expect(parseJdbcUrl(`jdbc:postgresql://db/x?${query}`).parameters).toEqual(parameters);
  });

  it.each([
    'postgresql://db/x?password=canary',
    'jdbc:mysql://canary/x',
    'jdbc:postgresql://me:canary@db/x',
    'jdbc:postgresql://db:0/canary',
    'jdbc:postgresql://db:65536/canary',
    'jdbc:postgresql://db:port/canary',
    'jdbc:postgresql://a b/canary',
    'jdbc:postgresql://db/canary/x',
    'jdbc:postgresql://db/%zz?password=canary',
    'jdbc:postgresql://db/x?password=canary%',
  ])('%s is refused without being repeated', (url) => {
    expect(() => parseJdbcUrl(url)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('canary'),
        hint: expect.stringContaining('jdbc:postgresql://host:port/database'),
      }),
    );
  });

  it('of Redshift is for another writer', () => {
    expect(() => parseJdbcUrl('jdbc:redshift://cluster:5439/x')).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    );
  });

  it('is shown without credentials', () => {
    expect(displayUrl({ host: 'db', port: 5432 }, 'a b')).toBe('postgresql://db:5432/a%20b');
    expect(displayUrl({ host: '::1', port: 1 }, 'x')).toBe('postgresql://[::1]:1/x');
  });
});
