import { type ErrorCode, JobError } from '../../core/errors.ts';
import { type DatabricksAnswer, isBusy, isObject, messageIn, retryAfterMs } from './client.ts';

type Entry = readonly [answer: RegExp, code: ErrorCode, hint: string];

const NO_WORKSPACE =
  'check "host", or DATABRICKS_HOST: it has to be the address of the workspace, as in https://dbc-1234.cloud.databricks.com';

/** By status, code and message of an answer, in this order; the first match decides. */
const KNOWN: readonly Entry[] = [
  [
    /^\d+ (QUOTA_EXCEEDED|RESOURCE_LIMIT_EXCEEDED|MAX_CONCURRENT_RUNS_EXCEEDED|WORKSPACE_RUN_LIMIT_EXCEEDED)\b|quota|maximum number of (active|concurrent) runs/i,
    'PLATFORM_BUSY',
    'wait for other runs, set wait_for_room_s, or have the quota of the workspace raised',
  ],
  [
    /^401\b|^403 .*(invalid|expired) access token|token (is|was|has) (invalid|expired)/i,
    'PLATFORM_DENIED',
    'get a new token of this workspace and set DATABRICKS_TOKEN',
  ],
  [
    /^403\b/,
    'PLATFORM_DENIED',
    'docs/submit.md lists what the account that submits has to be allowed',
  ],
  [/^(404 ENDPOINT_NOT_FOUND|3\d\d)\b/, 'SUBMIT_REFUSED', NO_WORKSPACE],
  [
    /cluster.*(does(n't| not) exist|not found|only supports)/i,
    'SUBMIT_REFUSED',
    'check "existing_cluster_id": it has to be an all-purpose cluster of this workspace',
  ],
  [/\bjob\b.*\bdoes(n't| not) exist/i, 'SUBMIT_REFUSED', 'check "job_id" and the workspace'],
  [
    /token.*deleted|deleted.*token/i,
    'SUBMIT_REFUSED',
    'the run of this attempt was deleted there: submit the next one with --retry',
  ],
];

/** An answer that is an error, as a user has to understand it. */
export function databricksError(answer: DatabricksAnswer, what: string, now: Date): JobError {
  const { status, errorCode } = answer;
  const said = messageIn(answer.bytes);
  const name = errorCode === '' ? '' : ` ${errorCode}`;
  const message = `${what}: Databricks answered ${String(status)}${name}: ${said}`;
  const told = `${String(status)}${name} ${said}`;
  const [, code, hint] = KNOWN.find(([pattern]) => pattern.test(told)) ?? [];
  if (isBusy(answer) && code !== 'PLATFORM_BUSY') {
    return new JobError('PLATFORM_UNAVAILABLE', message, {
      hint: 'submit the same run again later; somebody else may be using up the rate',
      retryAfterMs: retryAfterMs(answer, now),
    });
  }
  if (!isObject(answer.bytes) && status !== 401 && status !== 403) {
    return new JobError('SUBMIT_REFUSED', `${what}: no workspace has answered, but a web page`, {
      hint: NO_WORKSPACE,
    });
  }
  return new JobError(code ?? 'SUBMIT_REFUSED', message, {
    hint: hint ?? 'correct the settings; --print shows the request',
  });
}

/** Whether the answer rules out that the call has done anything. */
export function isRefusal({ status }: DatabricksAnswer): boolean {
  return status < 500 && status !== 408;
}

export function isNotThere({ status, errorCode, bytes }: DatabricksAnswer): boolean {
  if (status === 404) return errorCode !== 'ENDPOINT_NOT_FOUND' && isObject(bytes);
  return status === 400 && /does(n't| not) exist/i.test(messageIn(bytes));
}
