import { describe, expect, it } from '@jest/globals';
import { isConflict, isTimeout, redshiftError } from '../../../strategies/redshift/errors.ts';

const party = { user: 'loader', target: 'redshift://c:5439/dw/public.promotions' };

function failure(message: string, detail?: string, code = 'XX000'): Error {
  return Object.assign(new Error(message), { code, detail });
}

/** As the server prints it. */
const SCAN_ERROR = `
  -----------------------------------------------
  error:  Spectrum Scan Error
  code:      15001
  context:   The length of the data column brand is longer than the length defined in the table.
  query:     4211
  location:  dory_util.cpp:1509
  process:   worker_thread [pid=4242]
  -----------------------------------------------
`;

describe('a failure of Redshift', () => {
  it.each([
    [
      '1023',
      'Serializable isolation violation on table - 1, transactions forming the cycle are: 1, 2 (pid:3)',
      'TARGET_CONFLICT',
    ],
    ['Not authorized to get credentials of role arn:aws:iam::1:role/x', undefined, 'TARGET_DENIED'],
    [
      'User arn:aws:redshift:x is not authorized to assume IAM Role arn:aws:iam::1:role/x',
      undefined,
      'TARGET_DENIED',
    ],
    [
      'S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1',
      undefined,
      'TARGET_DENIED',
    ],
    ['Spectrum Scan Error', SCAN_ERROR, 'TARGET_FAILED'],
    [
      "Load into table 'x' failed.  Check 'stl_load_errors' system table for details.",
      undefined,
      'TARGET_FAILED',
    ],
  ])('%s is told for what it is', (message, detail, code) => {
    const error = redshiftError(failure(message, detail), party);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
    expect(error.message).toContain(`${party.target}: ${message}`);
    expect(isConflict(error)).toBe(code === 'TARGET_CONFLICT');
  });

  it('has what the box of its detail says, and nothing else of it', () => {
    const { message } = redshiftError(failure('Spectrum Scan Error', SCAN_ERROR), party);
    expect(message).toContain('The length of the data column brand is longer');
    expect(message).not.toMatch(/dory_util|-----|\n/);
  });

  it('is one of Postgres where Redshift is the same', () => {
    expect(redshiftError(failure('x', undefined, '28P01'), party).code).toBe('TARGET_DENIED');
    expect(redshiftError(failure('x', undefined, 'ECONNRESET'), party).code).toBe(
      'TARGET_UNAVAILABLE',
    );
    expect(isTimeout(redshiftError(failure('cancelled', undefined, '57014'), party))).toBe(true);
  });
});
