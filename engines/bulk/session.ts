import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Clock } from '../../core/clock.ts';
import {
  identifier,
  quote,
  type ResultFile,
  type SqlRow,
  type SqlSession,
} from '../../core/engine.ts';
import { duckDbMissing } from './bindings.ts';
import { openBuckets } from './buckets.ts';
import { engineError } from './errors.ts';
import { loadExtension } from './extensions.ts';
import {
  HTTP_PATIENCE,
  HTTP_SETTINGS,
  type HttpPatience,
  setHttpPatience,
} from './http-patience.ts';
import { parquetFiles } from './parquet-files.ts';
import { plainValue } from './values.ts';
import { resultFiles } from './result-files.ts';

const DEFAULT_MEMORY_MB = 800;
const PROGRESS_EVERY_MS = 200;

export interface BulkOptions {
  /** Limit of DuckDB's own buffers; beyond it, it spills to `tempDir`. The process takes some more. */
  readonly memoryMb?: number;
  readonly threads?: number;
  /** Where results and spilled data live while the session is open; default the system's. */
  readonly tempDir?: string;
  /** Folders that may hold DuckDB's extensions already, tried in order; new ones go to the first. */
  readonly extensionDirs?: readonly string[];
  /** With storages that refuse or do not answer. */
  readonly httpPatience?: HttpPatience;
}

/** A session whose rows can be looked at chunk by chunk, by what else runs in this process. */
export interface BulkSession extends SqlSession {
  /**
   * Works on a connection that nobody else uses meanwhile; it is interrupted when the signal aborts.
   *
   * @param sql - what the work runs, for messages.
   * @throws JobError as the work throws it; `ENGINE_FAILED` or alike for anything else.
   */
  onConnection<T>(
    work: (connection: DuckDBConnection) => Promise<T>,
    sql: string,
    signal: AbortSignal,
  ): Promise<T>;
  openAnother(threads: number, signal: AbortSignal): Promise<BulkSession>;
}

/**
 * Opens DuckDB in this process. Settings are fixed and then locked; the values that decide meaning
 * (time zone, null order, division) are those of `docs/semantics.md`.
 */
export async function openBulkEngine(
  options: BulkOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<BulkSession> {
  signal.throwIfAborted();
  const tempDir = options.tempDir ?? tmpdir();
  await mkdir(tempDir, { recursive: true });
  const scratchDir = await mkdtemp(join(tempDir, 'dray-'));
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:');
  const idle: DuckDBConnection[] = [];
  const extensions = new Map<string, Promise<void>>();

  const setUp = await instance.connect();
  for (const [name, value] of Object.entries(settings(options, scratchDir))) {
    await setUp.run(`set ${name} = ${value}`);
  }
  idle.push(setUp);

  /** One connection per statement: a second statement on a connection would end the first. */
  async function onConnection<T>(
    work: (connection: DuckDBConnection) => Promise<T>,
    sql: string,
    aborted: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<T> {
    aborted.throwIfAborted();
    const connection = idle.pop() ?? (await instance.connect());
    const interrupt = () => {
      connection.interrupt();
    };
    aborted.addEventListener('abort', interrupt, { once: true });
    const done = new AbortController();
    const watching = onProgress && watchProgress(connection, clock, done.signal, onProgress);
    try {
      return await work(connection);
    } catch (error) {
      // A script that failed between its begin and its commit must not leave it to the next one.
      await connection.run('rollback').catch(() => undefined);
      aborted.throwIfAborted();
      throw engineError(error, sql);
    } finally {
      done.abort();
      await watching;
      aborted.removeEventListener('abort', interrupt);
      idle.push(connection);
    }
  }

  async function writeFolders(
    query: string,
    by: string,
    isKept: boolean,
    directory: string,
    aborted: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<readonly ResultFile[]> {
    // RETURN_STATS makes the COPY answer with one row per file: its footer's statistics.
    const sql = `copy (${query}) to ${quote(directory)} (format parquet, compression zstd, compression_level 1,
      partition_by (${identifier(by)}), write_partition_columns ${String(isKept)}, return_stats)`;
    return await onConnection(
      async (connection): Promise<readonly ResultFile[]> =>
        resultFiles(await connection.runAndReadAll(sql)),
      sql,
      aborted,
      onProgress,
    );
  }

  const buckets = openBuckets(async (sql, shown, aborted) => {
    await onConnection((connection) => connection.run(sql), shown, aborted);
  }, clock);
  const session: BulkSession = {
    engine: 'bulk',
    onConnection: (work, sql, aborted) => onConnection(work, sql, aborted),
    scratchDir,
    parquet: parquetFiles({
      run: (sql, aborted) => session.run(sql, aborted),
      rows: (sql, aborted) => session.rows(sql, aborted),
    }),
    async run(sql, aborted, onProgress) {
      await onConnection((connection) => connection.run(sql), sql, aborted, onProgress);
    },
    async rows(sql, aborted) {
      return await onConnection(
        async (connection) => {
          const reader = await connection.runAndReadAll(sql);
          return reader
            .getRowObjects()
            .map((row): SqlRow =>
              Object.fromEntries(
                Object.entries(row).map(([name, value]) => [name, plainValue(value)]),
              ),
            );
        },
        sql,
        aborted,
      );
    },
    async useExtension(name, aborted) {
      let loading = extensions.get(name);
      if (loading === undefined) {
        loading = loadExtension(session, name, options.extensionDirs ?? [], aborted);
        if (name === 'httpfs') {
          const patience = options.httpPatience ?? HTTP_PATIENCE;
          loading = loading.then(() => setHttpPatience(session, patience, aborted));
        }
        extensions.set(name, loading);
      }
      await loading;
    },
    async useStorage({ access }, aborted) {
      if (access === undefined) return;
      await session.useExtension('httpfs', aborted);
      await buckets.use(access, aborted);
    },
    openAnother: (threads, aborted) => openBulkEngine({ ...options, threads }, clock, aborted),
    async writePartitions(query, partitionBy, directory, aborted, onProgress) {
      return await writeFolders(query, partitionBy, true, directory, aborted, onProgress);
    },
    writeGroups: (query, groupBy, directory, aborted) =>
      writeFolders(query, groupBy, false, directory, aborted),
    async [Symbol.asyncDispose]() {
      await buckets[Symbol.asyncDispose]();
      for (const connection of idle.splice(0)) connection.closeSync();
      instance.closeSync();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
  return session;
}

/** Loaded here and not at the top: the bundle must start where there is no native module. */
async function loadDuckDb() {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    throw duckDbMissing(error);
  }
}

/** Bytes that this process may use: in a container its limit, which `totalmem` does not know. */
function machineMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

function settings(options: BulkOptions, scratchDir: string): Record<string, string> {
  const memoryMb = options.memoryMb ?? Math.min(DEFAULT_MEMORY_MB, machineMemory() / 2 ** 21);
  const extensionDir = options.extensionDirs?.[0];
  return {
    memory_limit: quote(`${String(Math.floor(memoryMb))}MiB`),
    threads: String(options.threads ?? availableParallelism()),
    temp_directory: quote(join(scratchDir, 'spill')),
    ...(extensionDir === undefined ? {} : { extension_directory: quote(extensionDir) }),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    TimeZone: quote('UTC'),
    default_null_order: quote('nulls_last'),
    integer_division: 'false',
    ieee_floating_point_ops: 'true',
    old_implicit_casting: 'false',
    scalar_subquery_error_on_multiple_rows: 'true',
    // Row order is nobody's promise, and keeping it costs memory.
    preserve_insertion_order: 'false',
    // One file per partition as long as fewer than this are open at once.
    partitioned_write_max_open_files: '2000',
    // Rows that a thread holds back for each: a row group. The default is four times as many.
    partitioned_write_flush_threshold: '122880',
    enable_progress_bar: 'true',
    enable_progress_bar_print: 'false',
    // What httpfs brings along can only be set once it is loaded.
    allowed_configs: `[${HTTP_SETTINGS.map(quote).join(', ')}]`,
    lock_configuration: 'true',
  };
}

async function watchProgress(
  connection: DuckDBConnection,
  clock: Clock,
  done: AbortSignal,
  onProgress: (share: number) => void,
): Promise<void> {
  while (!done.aborted) {
    try {
      await clock.sleep(PROGRESS_EVERY_MS, done);
    } catch {
      return; // the statement has ended
    }
    const { percentage } = connection.progress;
    if (percentage > 0) onProgress(Math.min(1, percentage / 100));
  }
}
