import { type ErrorCode, JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

const NO_CREDENTIALS =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role';
const OLD_CREDENTIALS =
  'renew the credentials, and look whose they are with: aws sts get-caller-identity';
const DENIED =
  'allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects';
const UNREACHABLE =
  'check the network, and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL if the storage is not AWS';

/** What S3 calls an error, and what it means to a run. `{region}` is the bucket's, where S3 tells it. */
const KNOWN: readonly (readonly [RegExp, ErrorCode, string, string])[] = [
  [
    /^NoSuchBucket$/,
    'TARGET_FAILED',
    'there is no bucket',
    'create the bucket, or correct its name',
  ],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301)$/,
    'TARGET_FAILED',
    'the bucket is in another region',
    'set AWS_REGION to the region of the bucket{region}',
  ],
  [/^CredentialsProviderError$/, 'TARGET_DENIED', 'no AWS credentials were found', NO_CREDENTIALS],
  [
    /^(ExpiredToken|ExpiredTokenException|InvalidToken|TokenRefreshRequired|InvalidAccessKeyId|SignatureDoesNotMatch)$/,
    'TARGET_DENIED',
    'S3 does not accept the credentials',
    OLD_CREDENTIALS,
  ],
  [
    /^(RequestTimeTooSkewed)$/,
    'TARGET_FAILED',
    "this machine's clock is wrong",
    'set the clock: S3 accepts 15 minutes of difference',
  ],
  [
    /^(XMinioStorageFull|QuotaExceeded|507)$/,
    'DISK_FULL',
    'no space left',
    'free some space there',
  ],
  [/^(EntityTooLarge)$/, 'TARGET_FAILED', 'an object is too large', 'choose smaller partitions'],
  [
    /^(NotImplemented|501)$/,
    'NOT_SUPPORTED',
    'this storage lacks something that dray needs',
    'use AWS S3, or a storage with conditional writes (If-None-Match) and copies',
  ],
  [
    /^(SlowDown|Throttling|ThrottlingException|TooManyRequests|RequestLimitExceeded|429|503)$/,
    'TARGET_UNAVAILABLE',
    'S3 asked to slow down, however long dray waited',
    'retry later, or let fewer runs work below one prefix at once',
  ],
  [
    /^(InternalError|ServiceUnavailable|RequestTimeout|5\d\d)$/,
    'TARGET_UNAVAILABLE',
    'S3 failed, however often dray tried',
    'retry later',
  ],
  [
    /^(AccessDenied|AllAccessDisabled|AccountProblem|Forbidden|401|403)$/,
    'TARGET_DENIED',
    'no permission',
    DENIED,
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|TimeoutError)$/,
    'TARGET_UNAVAILABLE',
    'the storage cannot be reached',
    UNREACHABLE,
  ],
];

/** An error of S3, of the network or of the AWS SDK as users have to understand it. */
export function s3Error(root: string, key: string, error: unknown): JobError {
  if (error instanceof JobError) return error;
  const bucket = /^s3:\/\/[^/]+/.exec(root)?.[0] ?? root;
  const object = key === '' ? `"${root}"` : `"${key}" in "${root}"`;
  if (/region is missing/i.test(messageOf(error))) {
    return new JobError('TARGET_FAILED', `no AWS region is set for "${bucket}"`, {
      hint: 'set AWS_REGION to the region of the bucket, such as eu-central-1',
      cause: error,
    });
  }
  for (const name of namesOf(error)) {
    const [, code, what, hint] = KNOWN.find(([names]) => names.test(name)) ?? [];
    if (code === undefined || what === undefined || hint === undefined) continue;
    const where = what.includes('bucket') ? `"${bucket}"` : object;
    return new JobError(code, `${what}: ${where}: ${told(error)}`, {
      hint: hint.replace('{region}', regionOf(error)),
      cause: error,
    });
  }
  return new JobError('TARGET_FAILED', `S3 failed for ${object}: ${told(error)}`, {
    hint: 'run again with --verbose for all that S3 answered',
    cause: error,
  });
}

export function statusOf(error: unknown): number | undefined {
  const metadata = fieldOf(error, '$metadata');
  const status = fieldOf(metadata, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

export function isNoUpload(error: unknown): boolean {
  return fieldOf(error, 'name') === 'NoSuchUpload';
}

/** How many requests the SDK has sent before it gave up; undefined when it does not say. */
export function requestsOf(error: unknown): number | undefined {
  const attempts = fieldOf(fieldOf(error, '$metadata'), 'attempts');
  return typeof attempts === 'number' ? attempts : undefined;
}

/** True when there is no such object; a bucket that is missing is another matter. */
export function isNoObject(error: unknown): boolean {
  const name = fieldOf(error, 'name');
  return name === 'NoSuchKey' || (name !== 'NoSuchBucket' && statusOf(error) === 404);
}

/** From the most telling to the least: S3's code, the system's, the status. */
function namesOf(error: unknown): readonly string[] {
  const names = [
    fieldOf(error, 'Code'),
    fieldOf(error, 'name'),
    systemCodeOf(error),
    statusOf(error),
  ];
  return names.filter((name) => name !== undefined).map(String);
}

function told(error: unknown): string {
  const text = messageOf(error).split('\n')[0] ?? '';
  const status = statusOf(error);
  // What has no body (HEAD) has no message either.
  return text === '' || text === 'UnknownError' ? `S3 answered ${String(status)}` : text;
}

function regionOf(error: unknown): string {
  const headers = fieldOf(fieldOf(error, '$response'), 'headers');
  const found = fieldOf(error, 'Region') ?? fieldOf(headers, 'x-amz-bucket-region');
  return typeof found === 'string' ? `, ${found}` : '';
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[field];
}
