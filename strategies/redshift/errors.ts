import { type ErrorCode, JobError, messageOf, systemCodeOf } from '../../core/errors.ts';
import { type Party, postgresError } from '../postgres/errors.ts';

interface Known {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly hint: (party: Party) => string;
}

/** Redshift gives most errors of its own the SQLSTATE `XX000`: only their texts tell them apart. */
const KNOWN: readonly Known[] = [
  {
    pattern: /^1023\b|serializable isolation violation|could not serialize access/i,
    code: 'TARGET_CONFLICT',
    hint: () => 'another transaction wrote the same tables at the same time: retry',
  },
  {
    pattern: /not authorized to (get credentials of|assume)|cannot assume|IAM role .* (is )?not/i,
    code: 'TARGET_DENIED',
    hint: () =>
      'check "iam_role": the role has to exist, be attached to the cluster or workgroup, and trust redshift.amazonaws.com',
  },
  {
    pattern: /S3ServiceException.*(Access ?Denied|\b403\b)|Access ?Denied/i,
    code: 'TARGET_DENIED',
    hint: () =>
      'let the role of "iam_role" list the bucket of "staging_path", read its objects to load, and write them to be read from and for dray verify',
  },
  {
    pattern: /no default IAM role/i,
    code: 'TARGET_DENIED',
    hint: () => 'attach a default IAM role to the cluster, or name a role in "iam_role"',
  },
];

/** Within the box of dashes that Redshift draws into the detail of an error. */
const CONTEXT = /^\s*(?:context|error):\s+(.+?)\s*$/gm;

/** A failure of `pg` in a session of Redshift, with what its detail says. */
export function redshiftError(thrown: unknown, party: Party): JobError {
  if (thrown instanceof JobError) return thrown;
  const text = textOf(thrown);
  const known = KNOWN.find(({ pattern }) => pattern.test(text));
  if (known !== undefined) {
    return new JobError(known.code, `${party.target}: ${text}`, {
      hint: known.hint(party),
      cause: thrown,
    });
  }
  const error = postgresError(thrown, party);
  const detail = detailOf(thrown);
  if (detail === '') return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new JobError(error.code, `${error.message}: ${detail}`, { ...hint, cause: thrown });
}

/** Whether the server refused a transaction because of another one, and has undone all of it. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof JobError) || error.cause === undefined) return false;
  return error.code === 'TARGET_CONFLICT';
}

/** Whether a statement ended because of `statement_timeout`. */
export function isTimeout(error: unknown): boolean {
  return error instanceof JobError && systemCodeOf(error.cause) === '57014';
}

function textOf(thrown: unknown): string {
  const first = messageOf(thrown).split('\n')[0] ?? '';
  return [first.trim(), detailOf(thrown)].filter(Boolean).join(': ');
}

function detailOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('detail' in thrown)) return '';
  if (typeof thrown.detail !== 'string') return '';
  const boxed = [...thrown.detail.matchAll(CONTEXT)].map(([, text = '']) => text);
  const said = messageOf(thrown);
  const lines = boxed.length > 0 ? boxed : [thrown.detail.trim().split('\n')[0] ?? ''];
  return lines.filter((line) => line !== '' && !said.includes(line)).join(': ');
}
