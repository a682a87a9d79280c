import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { systemCodeOf } from '../../core/errors.ts';
import { type Cluster, USER } from './postgres-cluster.ts';

/** A living process that `postmaster.pid` names; its port is 0 while it has just begun. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** The answer to a login: `busy` is a server that starts or stops, `silent` is no server. */
export type Answer =
  | { readonly state: 'ready'; readonly owner: number }
  | { readonly state: 'busy' | 'silent' }
  | { readonly state: 'refused'; readonly cause: unknown };

/** @see https://www.postgresql.org/docs/18/storage-file-layout.html for `postmaster.pid` */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 0) || !isAlive(pid)) return undefined;
  return { pid, port: Number(lines[3] ?? 0) };
}

/** Whether a process exists; one of another user's counts. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
}

/** Asks a server for a fast shutdown: open connections end, nothing is lost. */
export function interrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (systemCodeOf(error) !== 'ESRCH') throw error;
  }
}

/** Logs in and asks the server which process owns it: the only proof that it is ready. */
export async function ask(cluster: Cluster, port: number): Promise<Answer> {
  if (port === 0) return { state: 'silent' };
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: USER,
    password: cluster.password,
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
  });
  // A server that goes away between two messages also emits an error.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ owner: string | null }>(
      "select current_setting('dray.owner', true) as owner",
    );
    return { state: 'ready', owner: Number(rows[0]?.owner) };
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === 'ECONNREFUSED') return { state: 'silent' };
    // Class 28: wrong password, no such user, no entry in pg_hba.conf.
    if (code?.startsWith('28') === true) return { state: 'refused', cause };
    return { state: 'busy' };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A port that was free a moment ago; whoever uses it must be ready to try another. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port was found');
  return address.port;
}
