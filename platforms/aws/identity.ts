import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { type Finding, note, ok, red, within } from '../../core/finding.ts';
import { awsError } from './errors.ts';

const CONNECT_MS = 2_000;
const ANSWER_MS = 4_000;
/** The chain of credentials ends with a look at the machine's own metadata, which may not answer. */
const CHAIN_MS = 6_000;
/** Every account has STS there, and an identity is the same everywhere. */
const ANY_REGION = 'us-east-1';

/** The SDK's own marks of where credentials came from; the first one found is told. */
const PROVIDERS: readonly (readonly [mark: string, says: string])[] = [
  ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'web identity (AWS_ROLE_ARN)'],
  ['CREDENTIALS_ENV_VARS', 'environment variables'],
  ['CREDENTIALS_PROFILE_LOGIN', 'aws login'],
  ['CREDENTIALS_LOGIN', 'aws login'],
  ['CREDENTIALS_PROFILE_PROCESS', "a profile's process"],
  ['CREDENTIALS_PROFILE_SSO', "a profile's single sign-on"],
  ['CREDENTIALS_PROFILE_SSO_LEGACY', "a profile's single sign-on"],
  ['CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN', "a profile's web identity"],
  ['CREDENTIALS_STS_ASSUME_ROLE', "a profile's role"],
  ['CREDENTIALS_PROFILE', 'a profile'],
  ['CREDENTIALS_SSO', 'single sign-on'],
  ['CREDENTIALS_HTTP', "the container's or pod's role"],
  ['CREDENTIALS_IMDS', "the instance's role"],
];

export interface AwsFound {
  readonly finding: Finding;
  readonly region?: string;
  /** By STS, when it answered. */
  readonly serverTime?: Date;
}

/**
 * Which credentials of AWS this process has, where they come from, and whose they are as STS says.
 * Ends within ten seconds.
 */
export async function findAws(clock: Clock, signal: AbortSignal): Promise<AwsFound> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const handler = { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS };
  const settings = { maxAttempts: 1, requestHandler: handler };
  const asking = new STSClient(settings);
  const region = await asking.config.region().catch(() => undefined);
  const at = region === undefined ? {} : { region };
  const client = region === undefined ? new STSClient({ ...settings, region: ANY_REGION }) : asking;
  let serverTime: Date | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      serverTime = dateOf(result.response);
      return result;
    },
    { step: 'deserialize', name: 'serverTime' },
  );
  try {
    const credentials = await within(CHAIN_MS, signal, () => client.config.credentials());
    const by = `by ${providerOf(credentials)}, ${region ?? 'no region set'}`;
    const { expiration } = credentials;
    if (expiration !== undefined && expiration.getTime() <= clock.now().getTime()) {
      const text = `${by}: expired at ${expiration.toISOString()}`;
      return { ...at, finding: red('AWS', text, 'get new ones: aws sso login') };
    }
    try {
      const { Arn = '' } = await client.send(new GetCallerIdentityCommand({}), {
        abortSignal: signal,
      });
      const finding = ok('AWS', `${Arn} ${by}`);
      return { ...at, finding, ...(serverTime === undefined ? {} : { serverTime }) };
    } catch (error) {
      signal.throwIfAborted();
      const { code, message, hint = '' } = awsError(error, 'STS');
      const finding =
        code === 'PLATFORM_UNAVAILABLE'
          ? note('AWS', `credentials ${by}; not asked whose they are: ${message}`, hint)
          : red('AWS', `credentials ${by} are refused: ${message}`, hint);
      return { ...at, finding, ...(serverTime === undefined ? {} : { serverTime }) };
    }
  } catch (error) {
    signal.throwIfAborted();
    const [why = ''] = messageOf(error).split('\n');
    const fix = 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role';
    return { ...at, finding: note('AWS', `no credentials: ${why}`, fix) };
  } finally {
    asking.destroy();
    client.destroy();
  }
}

function providerOf(credentials: object): string {
  const source = '$source' in credentials ? (credentials.$source as object) : {};
  return PROVIDERS.find(([mark]) => mark in source)?.[1] ?? "the SDK's chain";
}

function dateOf(response: unknown): Date | undefined {
  const { headers } = response as { readonly headers?: Readonly<Record<string, string>> };
  const date = new Date(headers?.['date'] ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
