import { Socket } from 'node:net';
import pg from 'pg';
import { messageOf } from '../../core/errors.ts';
import { effect } from '../../core/failpoint.ts';
import type { StrategyContext } from '../../core/strategy.ts';
import type { Dialect } from './dialect.ts';
import type { Party } from './errors.ts';
import type { HostAndPort } from './jdbc-url.ts';
import { type ConnectionSettings, tlsChoices } from './settings.ts';

/** A row with every value as Postgres prints it, so that no digit is lost. */
export type Row = Readonly<Record<string, string | null>>;
export type Value = string | number | boolean | null;
export type Query = (
  sql: string,
  values: readonly Value[],
  signal: AbortSignal,
) => Promise<readonly Row[]>;

/** A column of what a statement returns; type and modifier are those of the server's catalog. */
export interface ResultColumn {
  readonly name: string;
  readonly typeId: number;
  /** -1: none. */
  readonly modifier: number;
}

/**
 * One session of the server, opened when it is first needed and again after it broke. Calls queue.
 * An aborted signal cancels the running statement and rejects with the signal's reason.
 */
export interface Connection extends AsyncDisposable {
  readonly query: Query;
  /** Runs a statement for the columns of its result. */
  columns(sql: string, signal: AbortSignal): Promise<readonly ResultColumn[]>;
  /**
   * Runs `work` in a transaction (of Postgres: read committed). Its commit cannot be aborted any
   * more; when it fails for lack of a connection, the outcome is unknown.
   */
  transaction<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_WITHIN_MS = 1_000;
/** Statements that leave nothing behind; a statement of any other kind is taken for an effect. */
const LOOKS = ['select', 'begin', 'rollback', 'set', 'show', 'declare', 'fetch'];
/** What a server says when encryption, or its absence, is the problem. */
const ABOUT_TLS = /does not support SSL|pg_hba\.conf/;

export function openConnection(
  settings: ConnectionSettings,
  at: HostAndPort,
  password: string | undefined,
  party: Party,
  { clock, failpoints }: Pick<StrategyContext, 'clock' | 'failpoints'>,
  dialect: Dialect,
): Connection {
  let session: Promise<Session> | undefined;
  let tail: Promise<unknown> = Promise.resolve();

  /** A client runs one statement at a time, and nothing may slip into an open transaction. */
  async function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = tail.then(work);
    tail = turn.catch(() => undefined);
    return await turn;
  }

  async function connected(signal: AbortSignal): Promise<Session> {
    if (session !== undefined && !(await session).broken()) return await session;
    const opening = connect(settings, at, password, dialect, signal);
    session = opening;
    try {
      return await opening;
    } catch (error) {
      session = undefined;
      signal.throwIfAborted();
      throw dialect.error(error, party);
    }
  }

  const runIn =
    (open: Session): Query =>
    async (sql, values, signal) =>
      (await runFor(open, sql, values, signal)).rows;

  async function runFor(
    open: Session,
    sql: string,
    values: readonly Value[],
    signal: AbortSignal,
  ): Promise<pg.QueryResult<Row>> {
    signal.throwIfAborted();
    const ended = new AbortController();
    const cancel = () => {
      void cancelStatement(open, ended.signal);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const run = async () => await open.client.query<Row>(sql, [...values]);
    try {
      return await (isEffect(sql) ? effect(failpoints, `sql:${verbOf(sql)}`, run) : run());
    } catch (error) {
      signal.throwIfAborted();
      throw dialect.error(error, party);
    } finally {
      ended.abort();
      signal.removeEventListener('abort', cancel);
    }
  }

  async function cancelStatement(open: Session, ended: AbortSignal): Promise<void> {
    const asked = connect(settings, at, password, dialect, ended).then(async (second) => {
      try {
        await second.client.query('select pg_cancel_backend($1)', [open.pid]);
      } finally {
        await second.close();
      }
    });
    const cut = clock.sleep(CANCEL_WITHIN_MS, ended).then(() => {
      open.destroy();
    });
    await Promise.allSettled([asked, cut]);
  }

  return {
    async query(sql, values, signal) {
      return await exclusively(
        async () => await runIn(await connected(signal))(sql, values, signal),
      );
    },
    async columns(sql, signal) {
      return await exclusively(async () => {
        const { fields } = await runFor(await connected(signal), sql, [], signal);
        return fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
          ...{ name, typeId: dataTypeID, modifier: dataTypeModifier },
        }));
      });
    },
    async transaction(work, signal) {
      return await exclusively(async () => {
        const open = await connected(signal);
        const query = runIn(open);
        const unstoppable = new AbortController().signal;
        await query(dialect.begin, [], signal);
        try {
          const result = await work(query);
          signal.throwIfAborted();
          await query('commit', [], unstoppable);
          return result;
        } catch (error) {
          await query('rollback', [], unstoppable).catch(() => {
            open.destroy();
          });
          throw error;
        }
      });
    },
    async [Symbol.asyncDispose]() {
      await tail;
      const open = await session?.catch(() => undefined);
      session = undefined;
      await open?.close();
    },
  };
}

function verbOf(sql: string): string {
  return (/[a-z]+/i.exec(sql)?.[0] ?? '').toLowerCase();
}

function isEffect(sql: string): boolean {
  return !LOOKS.includes(verbOf(sql));
}

interface Session {
  readonly client: pg.Client;
  readonly pid: string;
  broken(): boolean;
  destroy(): void;
  close(): Promise<void>;
}

async function connect(
  settings: ConnectionSettings,
  at: HostAndPort,
  password: string | undefined,
  dialect: Dialect,
  signal: AbortSignal,
): Promise<Session> {
  let refusal: unknown;
  for (const ssl of tlsChoices(settings)) {
    try {
      return await connectOnce({ ...clientConfig(settings, at, password), ssl }, dialect, signal);
    } catch (error) {
      signal.throwIfAborted();
      refusal = error;
      // Only a server's word about encryption makes the next choice worth a try.
      if (!ABOUT_TLS.test(messageOf(error))) break;
    }
  }
  throw refusal;
}

async function connectOnce(
  config: pg.ClientConfig,
  { session, pid }: Dialect,
  signal: AbortSignal,
): Promise<Session> {
  const socket = new Socket();
  const client = new pg.Client({ ...config, stream: () => socket });
  let broken = false;
  const breakOff = () => {
    broken = true;
  };
  client.on('error', breakOff).on('end', breakOff);
  const destroy = () => {
    broken = true;
    socket.destroy(new Error('the connection was cut'));
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    await client.connect();
    await client.query(session);
    const [row] = (await client.query<Row>(pid)).rows;
    const close = async () => {
      if (!broken) await client.end();
    };
    return { client, pid: row?.['pid'] ?? '', broken: () => broken, destroy, close };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

function clientConfig(
  settings: ConnectionSettings,
  at: HostAndPort,
  password: string | undefined,
): pg.ClientConfig {
  const { lockTimeoutMs } = settings;
  return {
    host: at.host,
    port: at.port,
    database: settings.database,
    user: settings.user,
    ...(password === undefined ? {} : { password }),
    application_name: settings.applicationName,
    // Nothing waits for ever; 0 would mean that to the server.
    ...(lockTimeoutMs === undefined ? {} : { lock_timeout: Math.ceil(lockTimeoutMs) || 1 }),
    connectionTimeoutMillis: settings.connectTimeoutS * 1000,
    keepAlive: true,
    options: startupOptions(settings),
    // Values stay text: the driver's own parsers turn dates into local time.
    types: { getTypeParser: () => (value: string) => value },
  };
}

function startupOptions({ options = '', searchPath }: ConnectionSettings): string {
  const path = searchPath?.replace(/[\\\s]/g, '\\$&');
  return [options, path === undefined ? '' : `-c search_path=${path}`].filter(Boolean).join(' ');
}
