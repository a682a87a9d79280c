import { JobError, messageOf } from '../../core/errors.ts';
import { VALUE_ERROR } from '../../plan/spark/failure.ts';

/** Spark's conditions of a value that an expression has no result for. */
const CONDITIONS = new RegExp(
  `\\b(?:${[
    'ARITHMETIC_OVERFLOW',
    'BINARY_ARITHMETIC_OVERFLOW',
    'CAST_INVALID_INPUT',
    'CAST_OVERFLOW',
    'DATETIME_OVERFLOW',
    'DIVIDE_BY_ZERO',
    'NUMERIC_OUT_OF_SUPPORTED_RANGE',
    'NUMERIC_VALUE_OUT_OF_RANGE',
    'REMAINDER_BY_ZERO',
  ].join('|')})\\b`,
);

/** What `raise_error` said, as 4.x and 3.5 wrap it; a query that is quoted has neither in front. */
const RAISED = new RegExp(
  `(?:\\[USER_RAISED_EXCEPTION\\]|RuntimeException:) *${VALUE_ERROR}([^\\n]*)`,
);

/**
 * The error of a plan that ran on Spark: VALUE_INVALID where a value is to blame, with the message
 * that the printed query or Spark itself gives; any other error is what it was.
 */
export function planError(error: unknown): unknown {
  if (!(error instanceof JobError) || error.code !== 'ENGINE_FAILED') return error;
  // The session puts the statement last, and that holds our own messages too.
  const [said = ''] = `${error.message}\n${messageOf(error.cause)}`.split('\nin: ');
  const raised = RAISED.exec(said)?.[1]?.replace(/\.? \(?SQLSTATE: P0001\)?.*$/, '');
  if (raised === undefined && !CONDITIONS.test(said)) return error;
  return new JobError('VALUE_INVALID', raised ?? error.message, {
    hint: 'correct the value in the source, or give the expression { onError: "null" }',
    cause: error.cause,
  });
}
