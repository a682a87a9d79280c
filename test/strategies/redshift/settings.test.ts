import { describe, expect, it } from '@jest/globals';
import { tlsChoices } from '../../../strategies/postgres/settings.ts';
import { parseRedshiftUrl } from '../../../strategies/redshift/jdbc-url.ts';
import { redshiftSettings } from '../../../strategies/redshift/settings.ts';

const URL = 'jdbc:redshift://cluster:5439/dw';

describe('a JDBC URL of Redshift', () => {
  it.each([
    ['jdbc:redshift://c.x.eu-central-1.redshift.amazonaws.com:5440/dw', 5440, {}],
    ['jdbc:redshift://c.x.eu-central-1.redshift.amazonaws.com/dw', 5439, {}],
    [
      'jdbc:redshift://c.x.eu-central-1.redshift.amazonaws.com/dw?ssl=false&UID=a%26b',
      5439,
      { ssl: 'false', uid: 'a&b' },
    ],
    [
      'jdbc:redshift://c.x.eu-central-1.redshift.amazonaws.com/dw;UID=me;PWD=a%3Bb+c',
      5439,
      { uid: 'me', pwd: 'a;b c' },
    ],
    [
      'jdbc:redshift://c.x.eu-central-1.redshift.amazonaws.com/dw?ssl=true;loginTimeout=3',
      5439,
      { ssl: 'true', logintimeout: '3' },
    ],
  ])('%s is read as the driver does', (url, port, parameters) => {
    const host = 'c.x.eu-central-1.redshift.amazonaws.com';
    expect(parseRedshiftUrl(url)).toEqual({ at: { host, port }, database: 'dw', parameters });
  });

  it.each([
    ['jdbc:postgresql://c/dw', 'does not start with'],
    ['jdbc:redshift:c/dw', 'does not start with'],
    ['jdbc:redshift://cluster', 'names no database'],
    ['jdbc:redshift://a,b/dw', 'several hosts'],
    ['jdbc:redshift://me:canary@c/dw', 'a user before the host'],
    ['jdbc:redshift://c:0/dw', 'between 1 and 65535'],
    ['jdbc:redshift://c:port/dw', 'cannot be read'],
    ['jdbc:redshift://c/dw?PWD=%canary', 'two hexadecimal digits'],
    ['jdbc:redshift://c/d/w', '%2F'],
  ])('%s is refused and not repeated', (url, reason) => {
    expect(() => parseRedshiftUrl(url)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) }),
    );
    expect(() => parseRedshiftUrl(url)).not.toThrow('canary');
  });

  it('of IAM is not supported', () => {
    expect(() => parseRedshiftUrl('jdbc:redshift:iam://cluster:eu-central-1/dw')).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    );
  });
});

describe('the settings of a connection to Redshift', () => {
  it('are encrypted and verified unless they say otherwise', () => {
    const settings = redshiftSettings(URL, { user: 'loader' }, 'dray r');
    expect(settings).toMatchObject({
      ...{ user: 'loader', database: 'dw', sslMode: 'verify-ca', connectTimeoutS: 10 },
      applicationName: 'dray r',
    });
    const [tls] = tlsChoices(settings);
    expect(tls).not.toHaveProperty('rejectUnauthorized');
    expect(tls).not.toHaveProperty('ca');
    expect(tlsChoices(redshiftSettings(`${URL}?ssl=false`, { user: 'x' }, ''))).toEqual([false]);
    const full = redshiftSettings(URL, { user: 'x', sslMode: 'verify-full' }, '');
    expect(tlsChoices(full)).toEqual([{}]);
  });

  it('take names in any case, and those of the URL first', () => {
    const properties = { UID: 'them', pwd: 'secret://env/X', LoginTimeout: '7', Driver: 'd' };
    expect(redshiftSettings(`${URL};uid=me`, properties, '')).toMatchObject({
      ...{ user: 'me', connectTimeoutS: 7 },
      password: { kind: 'reference', uri: 'secret://env/X' },
    });
  });

  it.each([
    [{ user: 'x', DbUser: 'y' }, 'NOT_SUPPORTED', 'dbuser'],
    [{}, 'CONFIG_INVALID', 'no database user'],
    [{ user: 'x', sslmode: 'maybe' }, 'CONFIG_INVALID', 'maybe'],
    [{ user: 'x', loginTimeout: 'soon' }, 'CONFIG_INVALID', 'soon'],
  ])('refuse %j', (properties: Record<string, string>, code, text) => {
    expect(() => redshiftSettings(URL, properties, '')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });
});
