import { describe, expect, it } from '@jest/globals';
import type { DatabricksAnswer } from '../../../platforms/databricks/client.ts';
import { databricksError, isNotThere, isRefusal } from '../../../platforms/databricks/errors.ts';

const NOW = new Date('2017-06-12T02:00:00Z');
const PAGE = '<html><title>Login</title></html>';

function answer(
  status: number,
  body: string | readonly [code: string, message: string],
  headers: Record<string, string> = {},
): DatabricksAnswer {
  const [errorCode, message] = typeof body === 'string' ? ['', ''] : body;
  const text = typeof body === 'string' ? body : JSON.stringify({ error_code: errorCode, message });
  return { status, errorCode, bytes: Buffer.from(text), headers: new Headers(headers) };
}

describe('an answer of Databricks that is an error', () => {
  it.each([
    [answer(403, ['403', 'Invalid access token. [ReqId: 1]']), 'PLATFORM_DENIED', 'new token'],
    [answer(401, 'Credential was not sent'), 'PLATFORM_DENIED', 'new token'],
    [answer(403, ['PERMISSION_DENIED', 'no Can Restart']), 'PLATFORM_DENIED', 'docs/submit.md'],
    [answer(200, PAGE), 'SUBMIT_REFUSED', 'the address of the workspace'],
    [answer(302, PAGE), 'SUBMIT_REFUSED', 'the address of the workspace'],
    [answer(404, PAGE), 'SUBMIT_REFUSED', 'the address of the workspace'],
    [answer(404, ['ENDPOINT_NOT_FOUND', 'No API']), 'SUBMIT_REFUSED', 'the address of'],
    [
      answer(400, ['INVALID_PARAMETER_VALUE', 'The cluster 1 does not exist']),
      ...(['SUBMIT_REFUSED', '"existing_cluster_id"'] as const),
    ],
    [
      answer(400, ['INVALID_PARAMETER_VALUE', 'existing_cluster_id only supports all-purpose']),
      ...(['SUBMIT_REFUSED', '"existing_cluster_id"'] as const),
    ],
    [
      answer(400, ['INVALID_PARAMETER_VALUE', 'Job 7 does not exist.']),
      'SUBMIT_REFUSED',
      '"job_id"',
    ],
    [answer(400, ['INVALID_PARAMETER_VALUE', 'no']), 'SUBMIT_REFUSED', '--print'],
    [answer(400, ['QUOTA_EXCEEDED', 'too many jobs']), 'PLATFORM_BUSY', 'wait_for_room_s'],
    [
      answer(429, ['REQUEST_LIMIT_EXCEEDED', 'maximum number of active runs is 2000']),
      ...(['PLATFORM_BUSY', 'wait_for_room_s'] as const),
    ],
    [answer(429, ['RESOURCE_EXHAUSTED', 'slow']), 'PLATFORM_UNAVAILABLE', 'later'],
    [answer(503, PAGE), 'PLATFORM_UNAVAILABLE', 'later'],
    [answer(500, ['INTERNAL_ERROR', 'oops']), 'PLATFORM_UNAVAILABLE', 'later'],
  ] as const)('%# has code and hint', (given, code, hint) => {
    const told = databricksError(given, 'it', NOW);
    expect([told.code, told.hint]).toEqual([code, expect.stringContaining(hint)]);
  });

  it.each([
    [answer(400, ['INVALID_PARAMETER_VALUE', 'Run 1 does not exist.']), true],
    [answer(400, ['INVALID_PARAMETER_VALUE', "Run: 1 in job: 2 doesn't exist"]), true],
    [answer(404, ['RESOURCE_DOES_NOT_EXIST', 'gone']), true],
    [answer(404, ['ENDPOINT_NOT_FOUND', 'No API']), false],
    [answer(404, PAGE), false],
    [answer(400, ['INVALID_PARAMETER_VALUE', 'run_id is no number']), false],
  ])('%# tells whether a run is gone', (given, isGone) => {
    expect(isNotThere(given)).toBe(isGone);
  });

  it('leaves open what was done where the server itself has failed, and only there', () => {
    const open = [408, 500, 502, 503, 504].map((status) => isRefusal(answer(status, PAGE)));
    const closed = [200, 302, 400, 401, 403, 404, 429].map((status) =>
      isRefusal(answer(status, '')),
    );
    expect([new Set(open), new Set(closed)]).toEqual([new Set([false]), new Set([true])]);
  });

  it.each([
    ['7', 7_000],
    ['Mon, 12 Jun 2017 02:00:30 GMT', 30_000],
    ['Mon, 12 Jun 2017 01:00:00 GMT', 0],
    ['86400', 300_000],
    ['soon', 0],
  ])('asks for time: %s is %i ms', (text, ms) => {
    const { retryAfterMs } = databricksError(answer(429, PAGE, { 'retry-after': text }), 'it', NOW);
    expect(retryAfterMs).toBe(ms);
  });
});
