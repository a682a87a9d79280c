import { describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { copyError, postgresError } from '../../../strategies/postgres/errors.ts';

const party = { user: 'loader', target: 'postgresql://db:5432/sales/public.promotions' };

function failure(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('a failure of Postgres', () => {
  it.each([
    ['ECONNREFUSED', 'TARGET_UNAVAILABLE'],
    ['ENOTFOUND', 'TARGET_UNAVAILABLE'],
    ['EAI_AGAIN', 'TARGET_UNAVAILABLE'],
    ['ETIMEDOUT', 'TARGET_UNAVAILABLE'],
    ['57P03', 'TARGET_UNAVAILABLE'],
    ['53300', 'TARGET_UNAVAILABLE'],
    ['08006', 'TARGET_UNAVAILABLE'],
    ['25P03', 'TARGET_UNAVAILABLE'],
    ['28P01', 'TARGET_DENIED'],
    ['28000', 'TARGET_DENIED'],
    ['42501', 'TARGET_DENIED'],
    ['3D000', 'TARGET_DENIED'],
    ['53100', 'DISK_FULL'],
    ['55P03', 'LOCK_TIMEOUT'],
    ['40P01', 'TARGET_CONFLICT'],
    ['23505', 'TARGET_FAILED'],
    ['XX000', 'TARGET_FAILED'],
  ])('with code %s is %s', (code, expected) => {
    const error = postgresError(failure('it broke', code), party);
    expect(error.code).toBe(expected);
    expect(error.message).toContain('it broke');
    expect(error.message).toContain(code);
    expect(error.hint).toBeDefined();
  });

  it.each([
    ['timeout expired', 'TARGET_UNAVAILABLE'],
    ['Connection terminated unexpectedly', 'TARGET_UNAVAILABLE'],
    ['The server does not support SSL connections', 'TARGET_FAILED'],
  ])('of the driver, "%s", is %s', (message, expected) => {
    expect(postgresError(failure(message), party).code).toBe(expected);
  });

  it('points at the TLS settings when they are the problem', () => {
    const error = postgresError(
      failure('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED'),
      party,
    );
    expect(error.hint).toContain('sslrootcert');
  });

  it('names user and target when the user is refused', () => {
    const error = postgresError(failure('no', '28P01'), party);
    expect(error.hint).toContain('"loader"');
    expect(error.hint).toContain(party.target);
  });

  it('is told although Node gathers the failures of several addresses', () => {
    const gathered = Object.assign(new AggregateError([failure('connect ECONNREFUSED ::1:1')]), {
      code: 'ECONNREFUSED',
    });
    expect(postgresError(gathered, party).message).toContain('connect ECONNREFUSED ::1:1');
  });
});

describe('a failure of the copy', () => {
  it.each([
    ['could not translate host name "x" to address', 'TARGET_UNAVAILABLE'],
    ['connection to server failed: FATAL:  password authentication failed', 'TARGET_DENIED'],
    ['Failed to copy: ERROR:  permission denied for table x', 'TARGET_DENIED'],
    ['Failed to copy: ERROR:  could not extend file "base/1": No space left', 'DISK_FULL'],
    ['Failed: ERROR:  value too long for type character varying(1)', 'TARGET_FAILED'],
    ['Failed to copy: ERROR:  something new', 'TARGET_FAILED'],
  ])('with the text "%s" is %s', (text, code) => {
    const thrown = new JobError('ENGINE_FAILED', text, { cause: new Error(text) });
    expect(copyError(thrown, party)).toMatchObject({ code });
  });

  it.each([
    new JobError('ENGINE_FAILED', 'Out of Memory Error: failed to allocate'),
    new JobError('DISK_FULL', 'failed to offload data: no space left on device'),
    new JobError('LEASE_LOST', 'ERROR: permission denied'),
    new Error('ERROR: permission denied'),
  ])('that is not of the server stays what it is', (thrown) => {
    expect(copyError(thrown, party)).toBe(thrown);
  });
});
