import { Client } from 'pg';
import type { EmbeddedPostgres } from '../entry/start/embedded-postgres.ts';

/** Where a database is and who may enter. */
export interface DatabaseAddress {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Process id of the server. */
  readonly pid: number;
}

export interface Database extends AsyncDisposable {
  readonly server: DatabaseAddress;
  readonly client: Client;
}

/**
 * Makes an empty database, or makes it anew. What was written before is on disk when this returns, so
 * that nobody pays for the one before.
 *
 * @param keep - leave it there at the end.
 */
export async function freshDatabase(
  { port, user, password, pid, database: first }: EmbeddedPostgres,
  name: string,
  keep: boolean,
): Promise<Database> {
  const at = { port, user, password, pid };
  const admin = await connect({ ...at, database: first });
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.query('checkpoint');
  const server = { ...at, database: name };
  const client = await connect(server);
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.end();
      if (!keep) await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

async function connect({ port, user, password, database }: DatabaseAddress): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port, user, password, database });
  // The server's end must not hide what went wrong before it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The one time that all rows carry, ISO 8601 in UTC. @throws Error unless it is one. */
export async function loadedAt({ client }: Database, table: string): Promise<string> {
  const { rows } = await client.query<{ at: string }>(
    `select distinct to_char(loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from ${table}`,
  );
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`${rows.length} values of loaded_at`);
  return row.at;
}
