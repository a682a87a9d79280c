import { type ErrorCode, JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

type Entry = readonly [names: RegExp, code: ErrorCode, hint: string];

/**
 * What the errors of AWS's services mean for somebody who sends a run there; the first match decides.
 * `PLATFORM_UNAVAILABLE` alone leaves open what the service has done.
 */
const KNOWN: readonly Entry[] = [
  [
    /^(CredentialsProviderError|CredentialsError)$/,
    'PLATFORM_DENIED',
    'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role',
  ],
  [
    /^(ExpiredToken|ExpiredTokenException|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken)$/,
    'PLATFORM_DENIED',
    'get new credentials (aws sso login), and check region and clock of this machine',
  ],
  [
    /^(AccessDenied|AccessDeniedException|NotAuthorized)$/,
    'PLATFORM_DENIED',
    'docs/submit.md lists what the account that submits has to be allowed, iam:PassRole among it',
  ],
  [
    /^(ConcurrentRunsExceededException|ResourceNumberLimitExceededException|ServiceQuotaExceededException)$/,
    'PLATFORM_BUSY',
    'wait for the other runs, set wait_for_room_s, or raise max_concurrent_runs or the quota',
  ],
  [
    /^(ThrottlingException|Throttling|TooManyRequestsException|RequestLimitExceeded|429)$/,
    'PLATFORM_UNAVAILABLE',
    'submit again later; somebody else may be using up the rate',
  ],
  [
    /^(EntityNotFoundException|ResourceNotFoundException)$/,
    'SUBMIT_REFUSED',
    'check name, account and region',
  ],
  [
    /^(InvalidInputException|ValidationException|InvalidRequestException|IdempotentParameterMismatchException|AlreadyExistsException|ConflictException)$/,
    'SUBMIT_REFUSED',
    'correct the settings; --print shows the request',
  ],
];

/** Answers that come before the service has done anything, however they are mapped. */
const REJECTED =
  /^(ThrottlingException|Throttling|TooManyRequestsException|RequestLimitExceeded|429)$/;

/** An error of AWS as a user has to understand it. */
export function awsError(error: unknown, what: string): JobError {
  if (error instanceof JobError) return error;
  if (/region is missing/i.test(messageOf(error))) {
    return new JobError('SUBMIT_REFUSED', `${what}: no AWS region is set`, {
      hint: 'set "region" in the settings, or AWS_REGION',
      cause: error,
    });
  }
  const names = namesOf(error);
  for (const name of names) {
    const [, code, hint] = KNOWN.find(([pattern]) => pattern.test(name)) ?? [];
    if (code === undefined || hint === undefined) continue;
    return new JobError(code, `${what}: ${told(error)}`, { hint, cause: error });
  }
  // What is no answer, or none that can be read, leaves open what the service has done.
  const code = names.some((name) => /^4\d\d$/.test(name))
    ? 'SUBMIT_REFUSED'
    : 'PLATFORM_UNAVAILABLE';
  return new JobError(code, `${what}: ${told(error)}`, {
    hint:
      code === 'PLATFORM_UNAVAILABLE'
        ? 'check region and network; then submit the same run again'
        : '--verbose shows all that AWS answered',
    cause: error,
  });
}

/** True when the service has certainly done nothing of what it was asked. */
export function isRejected(error: unknown): boolean {
  const names = namesOf(error);
  if (names.some((name) => REJECTED.test(name))) return true;
  return awsError(error, '').code !== 'PLATFORM_UNAVAILABLE';
}

export function isNotThere(error: unknown): boolean {
  return namesOf(error).includes('EntityNotFoundException');
}

/** From the most telling to the least. */
function namesOf(error: unknown): readonly string[] {
  const status = fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode');
  return [fieldOf(error, 'name'), systemCodeOf(error), status]
    .filter((name) => name !== undefined)
    .map(String);
}

function told(error: unknown): string {
  const name = fieldOf(error, 'name');
  const text = messageOf(error).split('\n')[0] ?? '';
  return typeof name === 'string' && name !== 'Error' ? `${name}: ${text}` : text;
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[field];
}
