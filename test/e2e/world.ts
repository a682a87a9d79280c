import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../../core/clock.ts';
import { quote, type SqlRow, type SqlSession } from '../../core/engine.ts';
import { openBulkEngine } from '../../engines/bulk/session.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../entry/start/embedded-postgres.ts';

export const ROOT = join(import.meta.dirname, '../..');
/** What Node has made of the sources, for the hundreds of processes that the suites start. */
const COMPILED = join(ROOT, '.dray/compiled');
const forever = new AbortController().signal;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON line of stdout; undefined when the process died before it. */
  readonly line: Readonly<Record<string, unknown>> | undefined;
}

/** A source, three targets, a real Postgres, and the entry as a process of its own. */
export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly postgres: EmbeddedPostgres;
  readonly session: SqlSession;
  /** Starts the entry, or another program; `env` adds to the child's. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>, program?: string): Running;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Runs the CLI for people to its end. */
  dray(...args: readonly string[]): Promise<Ended>;
  /** Queries Postgres as its owner. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Queries files with DuckDB. */
  duckdb(sql: string): Promise<readonly SqlRow[]>;
  /** A few thousand rows of the sample, for tests that run many processes. */
  smallSource(): Promise<string>;
  /** A config for targets below `name`, written to a file; returns the arguments that run it. */
  config(name: string, changes?: Changes): Promise<Prepared>;
}

export interface Changes {
  /** Merged over the config, key by key at the top level; undefined removes a key. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly source?: string;
}

export interface Prepared {
  readonly args: readonly string[];
  readonly unity: string;
  readonly stage: string;
  readonly table: string;
  readonly file: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when a line of stderr matches. */
  saw(pattern: RegExp): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-e2e-'));
  // Readable for the account that runs Postgres when the tests run as root.
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres(
    { dataDir: join(folder, 'postgres'), settings: { fsync: 'off' } },
    forever,
  );
  const session = await openBulkEngine(
    { tempDir: join(folder, 'scratch'), extensionDirs: [join(ROOT, '.dray/extensions')] },
    systemClock,
    forever,
  );
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  pool.on('error', () => undefined);

  function start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    entry = 'test/e2e/failing-entry.ts',
  ): Running {
    const child = spawn(process.execPath, [join(ROOT, entry), ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PROMOS_DB_PASSWORD: postgres.password,
        DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
        NODE_COMPILE_CACHE: COMPILED,
        ...env,
      },
    });
    return watch(child);
  }

  return {
    folder,
    postgres,
    session,
    start,
    run: async (args, env) => await start(args, env).ended,
    dray: async (...args) => await start(args, {}, 'entry/dray.ts').ended,
    query: async (sql) => (await pool.query<Record<string, unknown>>(sql)).rows,
    duckdb: async (sql) => await session.rows(sql, forever),
    async smallSource() {
      const source = join(folder, 'small');
      await mkdir(source, { recursive: true });
      for (const week of [23, 24, 25]) {
        await session.run(
          `copy (select * from read_parquet('${ROOT}/data/sample/promotions/week-${String(week)}.parquet')
            where product_id % 40 = 7 order by all) to '${source}/week-${String(week)}.parquet' (format parquet)`,
          forever,
        );
      }
      return source;
    },
    config: async (name, changes) => await prepare(folder, postgres, name, changes),
    async [Symbol.asyncDispose]() {
      await pool.end();
      await session[Symbol.asyncDispose]();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function watch(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      for (const look of waiting) look();
      const text = stdout.trim();
      const line = text.startsWith('{"')
        ? (JSON.parse(text) as Record<string, unknown>)
        : undefined;
      resolve({ code, signal, stdout, stderr, line });
    });
  });
  return {
    child,
    ended,
    async saw(pattern) {
      await new Promise<void>((resolve, reject) => {
        const look = () => {
          if (pattern.test(stderr)) resolve();
          else if (child.exitCode !== null)
            reject(new Error(`ended without ${String(pattern)}:\n${stderr}`));
        };
        waiting.add(look);
        look();
      });
    },
  };
}

async function prepare(
  folder: string,
  postgres: EmbeddedPostgres,
  name: string,
  changes: Changes = {},
): Promise<Prepared> {
  const base = join(folder, name);
  await mkdir(base, { recursive: true });
  const unity = join(base, 'unity');
  const stage = join(base, 'stage');
  const table = `public.${name.replaceAll(/[^a-z0-9]/g, '_')}`;
  const config = {
    job_failed_notifications: { notification_service: 'NOOP' },
    job_success_notifications: { notification_service: 'NOOP' },
    data_quality_notifications: { notification_service: 'NOOP' },
    extractor_config: {
      strategy: 'PARQUET',
      source_table: changes.source ?? join(ROOT, 'data/sample/promotions'),
    },
    unity_loader_config: { strategy: 'DELTA', path: unity },
    stage_loader_config: { strategy: 'PARQUET', path: stage },
    redshift_loader_config: {
      strategy: 'POSTGRES',
      jdbc_url: `jdbc:postgresql://127.0.0.1:${String(postgres.port)}/${postgres.database}`,
      table,
      properties: {
        user: postgres.user,
        password: 'secret://env/PROMOS_DB_PASSWORD',
        driver: 'org.postgresql.Driver',
      },
    },
    ...changes.set,
  };
  const file = join(base, 'config.json');
  await writeFile(file, JSON.stringify(config, null, 2));
  const args = ['--module_name', 'load_promos', '--load_promos_job', `@${file}`];
  return { args, unity, stage, table, file };
}

/** Rows and a content hash of each sink, with what differs between runs left out. */
export interface Contents {
  readonly unity: string;
  readonly stage: string;
  readonly redshift: string;
}

const CONTENT =
  'count(*) as rows, sum(hash(promo_id, product_id, store_id, week, start_date, end_date, display_code, mailer_code, display_location, mailer_location, on_display, in_mailer, promo_score, department, brand, product_category)) as hash, count(distinct promo_id) as keys';

/** Reads the three sinks, each through DuckDB, and says `rows/keys/hash` of each. */
export async function contentsOf(world: World, at: Prepared, where = 'true'): Promise<Contents> {
  return {
    unity: await contentOf(world, at, 'unity', where),
    stage: await contentOf(world, at, 'stage', where),
    redshift: await contentOf(world, at, 'redshift', where),
  };
}

/** What {@link contentsOf} says of one of them. */
export async function contentOf(
  world: World,
  at: Prepared,
  sink: keyof Contents,
  where = 'true',
): Promise<string> {
  const typed = `select promo_id, product_id, store_id, week::integer as week, start_date, end_date, display_code, mailer_code, display_location, mailer_location, on_display, in_mailer, promo_score::decimal(5,2) as promo_score, department, brand, product_category`;
  const relation = await relationOf(world, at, sink);
  const [row] = await world.duckdb(
    `select ${CONTENT} from (${typed} from ${relation} where ${where})`,
  );
  return `${String(row?.['rows'])}/${String(row?.['keys'])}/${String(row?.['hash'])}`;
}

async function relationOf(world: World, at: Prepared, sink: keyof Contents): Promise<string> {
  if (sink === 'stage') {
    return `read_parquet(${quote(`${at.stage}/**/*.parquet`)}, hive_partitioning = false)`;
  }
  if (sink === 'unity') {
    await world.session.useExtension('delta', forever);
    return `delta_scan(${quote(at.unity)})`;
  }
  await world.session.useExtension('postgres_scanner', forever);
  const { port, user, password, database } = world.postgres;
  const conninfo = `host=127.0.0.1 port=${String(port)} user=${user} password=${password} dbname=${database}`;
  const [schema = '', table = ''] = at.table.split('.');
  return `postgres_scan(${quote(conninfo)}, ${quote(schema)}, ${quote(table)})`;
}
