import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { copyFromFile, copyToFile } from './copy-stream.ts';
import type { Database, DatabaseAddress } from './database.ts';
import { serverCpuSeconds } from './process.ts';

const run = promisify(execFile);

/** What dray gives the building of the key; the yardstick gets the same. */
const KEY_MEMORY = '512MB';

export interface YardstickTimes {
  readonly copy: number;
  readonly key: number;
  readonly analyze: number;
  readonly total: number;
  readonly serverCpu: number | undefined;
}

export interface Yardstick {
  /** What loaded the rows, for the table's heading. */
  readonly tool: string;
  readonly version: string | undefined;
  readonly runs: readonly YardstickTimes[];
  readonly rows: number;
}

/** First line of `psql --version`; undefined when there is no psql. */
export async function psqlVersion(): Promise<string | undefined> {
  try {
    return (await run('psql', ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * The plain way to load the same rows on the same server: COPY from a file in the binary format into
 * a new table of the same definition, the same primary key, ANALYZE.
 */
export async function measureYardstick(
  database: Database,
  table: string,
  file: string,
  times: number,
): Promise<Yardstick> {
  const { client } = database;
  const version = await psqlVersion();
  if (version === undefined) {
    await copyToFile(client, `copy ${table} to stdout (format binary)`, file);
  } else {
    await psql(database.server, `\\copy ${table} to '${file}' (format binary)`);
  }
  const runs: YardstickTimes[] = [];
  let rows = 0;
  for (let index = 0; index < times; index++) {
    runs.push(await loadOnce(database, table, file, version !== undefined));
    const counted = await client.query<{ n: string }>('select count(*) as n from yardstick');
    rows = Number(counted.rows[0]?.n);
    await client.query('drop table yardstick');
  }
  const tool = version === undefined ? 'COPY FROM STDIN through pg (no psql here)' : 'psql \\copy';
  return { tool, version, runs, rows };
}

async function loadOnce(
  { server, client }: Database,
  table: string,
  file: string,
  withPsql: boolean,
): Promise<YardstickTimes> {
  await client.query('drop table if exists yardstick');
  await client.query(`create table yardstick (like ${table})`);
  await client.query('checkpoint');
  const cpuBefore = serverCpuSeconds(server.pid);
  const copy = await seconds(async () => {
    if (withPsql) await psql(server, `\\copy yardstick from '${file}' (format binary)`);
    else await copyFromFile(client, 'copy yardstick from stdin (format binary)', file);
  });
  const key = await seconds(async () => {
    await client.query(`set maintenance_work_mem = '${KEY_MEMORY}'`);
    await client.query('alter table yardstick add primary key (promo_id)');
  });
  const analyze = await seconds(async () => {
    await client.query('analyze yardstick');
  });
  const cpuAfter = serverCpuSeconds(server.pid);
  const serverCpu =
    cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return { copy, key, analyze, total: copy + key + analyze, serverCpu };
}

async function psql(server: DatabaseAddress, command: string): Promise<void> {
  const { port, user, password, database } = server;
  const to = ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', database];
  await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...to, '-c', command], {
    env: { ...process.env, PGPASSWORD: password },
  });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}
