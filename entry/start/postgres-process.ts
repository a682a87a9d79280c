import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { CHILD_OPTIONS } from './postgres-binaries.ts';
import type { Cluster } from './postgres-cluster.ts';

const LOG_LIMIT_BYTES = 4_000_000;
/** After this long a fast shutdown becomes an immediate one, which the next start recovers from. */
const STOP_LIMIT_MS = 15_000;

/** A server process that this process started. */
interface ServerProcess {
  /** 0 when it could not be started at all. */
  readonly pid: number;
  hasEnded(): boolean;
  /** Why it could not be started, if the system said so. */
  failure(): unknown;
  /** What it has logged since it was started. */
  log(): Promise<string>;
  /** Shuts it down and waits for its end. */
  stop(clock: Clock): Promise<void>;
}

/**
 * Starts the server in a session of its own, so that Ctrl-C in the terminal does not reach it
 * before the code that uses it has finished. A small guard waits for the end of a pipe that only
 * this process holds open: however this process ends, the server then shuts down cleanly.
 */
export async function launch(
  cluster: Cluster,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const loggedBytes = await stat(cluster.log).then(
    (file) => file.size,
    () => 0,
  );
  await using log = await open(cluster.log, loggedBytes > LOG_LIMIT_BYTES ? 'w' : 'a', 0o600);
  const { size: logStart } = await log.stat();
  const options = { ...CHILD_OPTIONS, ...cluster.account, detached: true };
  const flags = Object.entries({
    ...settings,
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    'dray.owner': String(process.pid),
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const postmaster = spawn(join(cluster.binaries, 'postgres'), ['-D', cluster.data, ...flags], {
    ...options,
    stdio: ['ignore', log.fd, log.fd],
  });
  let failure: unknown;
  let hasEnded = false;
  const ended = once(postmaster, 'exit')
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => {
      hasEnded = true;
    });
  const { pid = 0 } = postmaster;
  const release = pid === 0 ? () => undefined : guard(pid, options);
  void ended.then(release);
  postmaster.unref();
  return {
    pid,
    hasEnded: () => hasEnded,
    failure: () => failure,
    log: async () => (await readFile(cluster.log)).subarray(logStart).toString(),
    async stop(clock) {
      if (hasEnded) return;
      postmaster.ref();
      postmaster.kill('SIGINT');
      const waiting = new AbortController();
      const tooLong = clock.sleep(STOP_LIMIT_MS, waiting.signal).then(
        () => postmaster.kill('SIGQUIT'),
        () => undefined,
      );
      await ended;
      waiting.abort();
      await tooLong;
    },
  };
}

/** @returns ends the guard, without a shutdown. */
function guard(pid: number, options: object): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(pid)], {
    ...options,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.unref();
  return () => shell.kill('SIGKILL');
}
