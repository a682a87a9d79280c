import type { DBSQLClient } from '@databricks/sql';
import { retry } from '../../core/retry.ts';
import { parseSecret } from '../../core/secrets.ts';
import type { StrategyContext } from '../../core/strategy.ts';
import type { WarehouseConfig } from './config.ts';
import { isPassing, warehouseError } from './errors.ts';

/** A value of a result as text; lists and maps as JSON. */
export type WarehouseRow = Readonly<Record<string, string | null>>;

/** An open session on a SQL warehouse. */
export interface Warehouse extends AsyncDisposable {
  /**
   * Runs one statement to its end. It may run twice when the answer to the first try is lost, so it
   * has to be one that can.
   *
   * @param parameters - values of `:name` in the statement.
   * @returns rows by column names in lower case.
   * @throws JobError `TARGET_DENIED`, `TARGET_UNAVAILABLE`, `TARGET_FAILED`
   */
  query(
    sql: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly WarehouseRow[]>;
}

/**
 * A warehouse that was stopped answers 503 while it starts: seconds where it is serverless, some
 * minutes where it is not. The driver itself tries neither a session nor a statement again.
 */
const BACKOFF = { tries: 20, firstMs: 1_000, maxMs: 30_000 };
/** The session's own limit ends a statement before this process gives it up. */
const GRACE_MS = 30_000;

/** Connects with a token; the caller disposes the session. */
export async function openWarehouse(
  config: WarehouseConfig,
  { clock, resolveSecret }: Pick<StrategyContext, 'clock' | 'resolveSecret'>,
  signal: AbortSignal,
): Promise<Warehouse> {
  const { host, httpPath, timeoutS } = config;
  const place = `warehouse ${host}${httpPath.startsWith('/') ? '' : '/'}${httpPath}`;
  const token = await resolveSecret(parseSecret(config.token));
  const again = <T>(work: () => Promise<T>) =>
    retry(work, isPassing, BACKOFF, clock, Math.random, signal);
  const client = await connect({ host, httpPath, token });
  try {
    const session = await again(() =>
      untilAborted(
        client.openSession({ configuration: { STATEMENT_TIMEOUT: String(timeoutS) } }),
        signal,
      ),
    );
    return {
      async query(sql, parameters, stop) {
        const limit = AbortSignal.any([stop, AbortSignal.timeout(timeoutS * 1000 + GRACE_MS)]);
        try {
          return await again(async () => {
            const options = { namedParameters: { ...parameters }, useCloudFetch: false };
            const started = session.executeStatement(sql, options);
            const operation = await untilAborted(started, limit).catch((error: unknown) => {
              started.then((late) => late.cancel()).catch(() => undefined);
              throw error;
            });
            try {
              const rows = await untilAborted(operation.fetchAll(), limit);
              return rows.map(textRow);
            } catch (error) {
              if (limit.aborted) await operation.cancel();
              throw error;
            } finally {
              // A session that is closed closes its operations; a failure is not worth a word.
              await operation.close().catch(() => undefined);
            }
          });
        } catch (error) {
          stop.throwIfAborted();
          throw warehouseError(error, place);
        }
      },
      async [Symbol.asyncDispose]() {
        // The server drops a session that nobody uses.
        await session.close().catch(() => undefined);
        await client.close().catch(() => undefined);
      },
    };
  } catch (error) {
    await client.close().catch(() => undefined);
    signal.throwIfAborted();
    throw warehouseError(error, place);
  }
}

async function connect({
  host,
  httpPath,
  token,
}: {
  readonly host: string;
  readonly httpPath: string;
  readonly token: string;
}): Promise<DBSQLClient> {
  const { DBSQLClient: Client } = await import('@databricks/sql');
  // With a logger of its own the driver does not write to the terminal.
  const client = new Client({ logger: { log: () => undefined } });
  const [name = host, port] = host.split(':');
  await client.connect({
    host: name,
    ...(port === undefined ? {} : { port: Number(port) }),
    path: httpPath,
    token,
    userAgentEntry: 'dray',
    // It would tell Databricks of every statement.
    telemetryEnabled: false,
  });
  return client;
}

/** The driver takes no signal: whoever waits leaves, and what it does goes on. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    work.catch(() => undefined);
  }
}

function textRow(row: object): WarehouseRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.toLowerCase(), textOf(value)]),
  );
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
