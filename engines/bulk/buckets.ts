import type { Clock } from '../../core/clock.ts';
import { quote } from '../../core/engine.ts';
import type { StorageAccess, StorageCredentials } from '../../core/storage.ts';

/** Credentials are replaced so long before they expire; the AWS SDK renews its own by then. */
const RENEW_BEFORE_MS = 4 * 60_000;
const RENEW_AT_MOST_EVERY_MS = 5_000;

/** What DuckDB knows of buckets: one secret in memory for each, renewed before it expires. */
export interface Buckets extends AsyncDisposable {
  /** Returns when statements can use the bucket. */
  use(access: StorageAccess, signal: AbortSignal): Promise<void>;
}

/** @param run - runs a statement, of which nothing may be shown but the second argument. */
export function openBuckets(
  run: (sql: string, shown: string, signal: AbortSignal) => Promise<void>,
  clock: Clock,
): Buckets {
  const known = new Map<string, Promise<void>>();
  const closed = new AbortController();
  const renewing: Promise<void>[] = [];

  async function tell(access: StorageAccess, signal: AbortSignal): Promise<StorageCredentials> {
    const credentials = await access.credentials(signal);
    const sql = secretSql(access, await access.region(signal), credentials);
    await run(sql, `create secret for the bucket ${quote(access.bucket)}`, signal);
    return credentials;
  }

  /** A scan may take longer than credentials live: the files it opens later need new ones. */
  async function keepNew(access: StorageAccess, first: Date): Promise<void> {
    for (let expiresAt: Date | undefined = first; expiresAt !== undefined;) {
      const left = expiresAt.getTime() - clock.now().getTime() - RENEW_BEFORE_MS;
      await clock.sleep(Math.max(RENEW_AT_MOST_EVERY_MS, left), closed.signal);
      try {
        ({ expiresAt } = await tell(access, closed.signal));
      } catch {
        // Nothing was asked for here: a statement that needs the bucket says what is wrong with it.
        closed.signal.throwIfAborted();
      }
    }
  }

  async function introduce(access: StorageAccess, signal: AbortSignal): Promise<void> {
    const { expiresAt } = await tell(access, signal);
    if (expiresAt !== undefined) renewing.push(keepNew(access, expiresAt).catch(() => undefined));
  }

  return {
    async use(access, signal) {
      const introduced = known.get(access.bucket) ?? introduce(access, signal);
      known.set(access.bucket, introduced);
      try {
        await introduced;
      } catch (error) {
        known.delete(access.bucket);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await Promise.all(renewing);
    },
  };
}

function secretSql(
  { bucket, endpoint }: StorageAccess,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: StorageCredentials,
): string {
  const url = endpoint === undefined ? undefined : new URL(endpoint);
  const options = [
    'type s3',
    `scope ${quote(`s3://${bucket}`)}`,
    `region ${quote(region)}`,
    `key_id ${quote(accessKeyId)}`,
    `secret ${quote(secretAccessKey)}`,
    ...(sessionToken === undefined ? [] : [`session_token ${quote(sessionToken)}`]),
    ...(url === undefined
      ? []
      : [
          `endpoint ${quote(`${url.host}${url.pathname.replace(/\/$/, '')}`)}`,
          `url_style 'path'`,
          `use_ssl ${String(url.protocol === 'https:')}`,
        ]),
  ];
  return `create or replace secret "dray ${bucket}" (${options.join(', ')})`;
}
