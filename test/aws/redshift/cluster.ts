import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { quote, type SqlSession } from '../../../core/engine.ts';
import type { EmbeddedPostgres } from '../../../entry/start/embedded-postgres.ts';
import { openBucketFiles } from './bucket-files.ts';
import type { Cluster, Roles } from './copy.ts';
import { type Interference, serve, type Surroundings } from './session.ts';

/**
 * A stand-in for a Redshift cluster: Postgres behind a proxy that drops what Redshift does not enforce,
 * refuses what it does not have, and answers COPY and UNLOAD itself.
 */
export interface RedshiftDouble extends AsyncDisposable {
  readonly port: number;
  readonly database: string;
  /** Every statement that clients sent, once. */
  readonly statements: ReadonlySet<string>;
  setRoles(roles: Roles): void;
  /** Does something to the next statements that match, as many as `times`. */
  interfere(pattern: RegExp, what: Interference, times?: number): void;
}

export const ROLE = 'arn:aws:iam::123456789012:role/loader';
const never = new AbortController().signal;
const ATTACHED = 'redshift_double';

/** What the real one has, and Postgres has not. */
const SETUP = `
create function getdate() returns timestamp language sql stable as
  $$ select date_trunc('second', statement_timestamp() at time zone 'UTC') $$;
create function strtol(text, integer) returns bigint language sql immutable as
  $$ select ('x' || lpad($1, 16, '0'))::bit(64)::bigint where $2 = 16 $$;
create function pg_last_unload_count() returns bigint language sql stable as
  $$ select coalesce(nullif(current_setting('double.unloaded', true), ''), '0')::bigint $$;
create table stl_load_errors (session integer, starttime timestamp, filename char(256),
  line_number bigint, colname char(127), type char(10), col_length char(10),
  raw_field_value char(1024), err_code integer, err_reason char(100));
create table sys_load_error_detail (session_id integer, start_time timestamp, file_name char(256),
  line_number bigint, column_name char(127), error_message char(256));
grant select on stl_load_errors, sys_load_error_detail to public`;

export interface DoubleOptions {
  /** A server of its own: the double makes things in its schema `public`. */
  readonly postgres: EmbeddedPostgres;
  readonly s3: S3Client;
  readonly engine: SqlSession;
  /** Of provisioned clusters `serializable` is the default, of serverless ones `snapshot`. */
  readonly isolation?: 'serializable' | 'snapshot';
}

export async function startRedshiftDouble({
  postgres,
  s3,
  engine,
  isolation = 'serializable',
}: DoubleOptions): Promise<RedshiftDouble> {
  const directory = await mkdtemp(join(tmpdir(), 'dray-redshift-'));
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(SETUP);
  await engine.useExtension('postgres_scanner', never);
  await engine.run(`attach ${quote(postgres.url)} as ${ATTACHED} (type postgres)`, never);
  const cluster: Cluster = {
    ...{ engine, directory, admin, attached: ATTACHED },
    files: openBucketFiles(s3, directory),
    roles: new Map([[ROLE, { mayRead: true, mayWrite: true }]]),
  };
  const statements = new Set<string>();
  const wanted: { pattern: RegExp; what: Interference; left: number }[] = [];
  const world: Surroundings = {
    cluster,
    serverPort: postgres.port,
    isolation: isolation === 'snapshot' ? 'repeatable read' : isolation,
    onStatement(sql) {
      statements.add(sql);
      const found = wanted.find(({ pattern, left }) => left > 0 && pattern.test(sql));
      if (found === undefined) return undefined;
      found.left -= 1;
      return found.what;
    },
  };
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    for (const socket of [near, serve(near, world)]) {
      sockets.add(socket.on('close', () => sockets.delete(socket)));
    }
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    database: postgres.database,
    statements,
    setRoles(roles) {
      cluster.roles = roles;
    },
    interfere(pattern, what, times = 1) {
      wanted.push({ pattern, what, left: times });
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await engine.run(`detach ${ATTACHED}`, never);
      await admin.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
