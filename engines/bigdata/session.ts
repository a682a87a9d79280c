import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { ResultFile, SparkSqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Backoff } from '../../core/retry.ts';
import { decodeRows, type SparkRow } from './arrow.ts';
import { openSparkBuckets } from './buckets.ts';
import { openClient, type Outcome, type SparkClient, whatOf } from './client.ts';
import type { SparkField } from './data-type.ts';
import type { Plan } from './execution.ts';
import { checkExtension } from './extensions.ts';
import { fileCounts, parquetFiles, parquetRelation } from './parquet-files.ts';
import { plainRow } from './plain-row.ts';
import { type Relation, relationOf } from './relations.ts';
import { parseRemote } from './remote.ts';
import { distributed, PARTITION_FOLDER, partitionedQuery, resultFiles } from './result-files.ts';
import { applySettings } from './settings.ts';
import { sourceView } from './source-view.ts';
import { type Command, type SparkWrite, sqlCommand, viewCommand, writeCommand } from './write.ts';

export interface BigdataOptions {
  /** `sc://host:port/;token=...`, see `parseRemote`. */
  readonly remote: string;
  /** Who calls, for Spark's logs, such as `dray/0.1.0`; default `dray`. */
  readonly clientType?: string;
  /** On every operation, such as the run id: what `interruptTag` finds it by. */
  readonly tags?: readonly string[];
  /** Where results live while the session is open; both Spark and this process must reach it. */
  readonly tempDir?: string;
  /** Settings besides those that fix the meaning of SQL. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long a server that does not answer is asked again; default by how far away it is. */
  readonly backoff?: Backoff;
}

type Progress = (share: number) => void;

export interface BigdataSession extends SparkSqlSession {
  /** Such as `4.2.1`. */
  readonly version: string;
  readonly sessionId: string;
  /** What was set when the session was opened, as the server has it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Yields a query's rows as they arrive; to stop reading interrupts the query. */
  stream(
    input: Relation | string,
    signal: AbortSignal,
    onProgress?: Progress,
  ): AsyncGenerator<SparkRow, Outcome>;
  /** Writes on the cluster, no row passes here; answers with what was `observed` on the way. */
  write(
    input: Relation | string,
    target: SparkWrite,
    signal: AbortSignal,
    onProgress?: Progress,
  ): Promise<Outcome>;
  /** Makes or replaces a view of this server session. */
  tempView(name: string, input: Relation | string, signal: AbortSignal): Promise<void>;
  schema(input: Relation | string, signal: AbortSignal): Promise<readonly SparkField[]>;
  explain(input: Relation | string, signal: AbortSignal): Promise<string>;
  /** Interrupts what runs under a tag, here and in sessions opened from this one. */
  interruptTag(tag: string, signal: AbortSignal): Promise<readonly string[]>;
  openAnother(threads: number, signal: AbortSignal): Promise<BigdataSession>;
}

/** Begins no command of Spark's: what begins so is a query. */
const SELECT = /^\s*select\b/i;

/**
 * Opens a session on a Spark Connect server, with the settings of `docs/semantics.md`. The caller
 * disposes it, which interrupts what still runs and ends the session on the server.
 *
 * @throws JobError `SPARK_UNREACHABLE`, `SPARK_REFUSED` for a wrong token, `SPARK_TOO_OLD` before
 *   3.5, `CONFIG_INVALID` for an address that is none.
 */
export async function openBigdataEngine(
  options: BigdataOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<BigdataSession> {
  const remote = parseRemote(options.remote);
  const { clientType = 'dray', backoff } = options;
  const channel = backoff === undefined ? { clientType } : { clientType, backoff };
  const client = openClient(remote, channel, clock);
  try {
    const version = await client.version(signal);
    checkVersion(version);
    const settings = await applySettings(client, options.settings ?? {}, signal);
    const useBucket = openSparkBuckets(client);
    const server: Server = { client, version, settings, useBucket, options };
    return await openOn(server, async () => {
      await client.release();
      client.close();
    });
  } catch (error) {
    client.close();
    throw error;
  }
}

interface Server {
  readonly client: SparkClient;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly useBucket: ReturnType<typeof openSparkBuckets>;
  readonly options: BigdataOptions;
}

async function openOn(server: Server, close: () => Promise<void>): Promise<BigdataSession> {
  const { client, version, settings, useBucket, options } = server;
  const tempDir = options.tempDir ?? tmpdir();
  await mkdir(tempDir, { recursive: true });
  const scratchDir = await mkdtemp(join(tempDir, 'dray-'));
  const tags = options.tags ?? [];
  const disposed = new AbortController();
  const running = new Set<Promise<unknown>>();
  let opened = 0;
  /** Extensions that were found: readers and sinks ask for the same ones. */
  const usable = new Set<string>();

  /** Until the signal aborts or the session is disposed; disposal waits for it. */
  async function tracked<T>(
    signal: AbortSignal,
    work: (either: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const working = work(AbortSignal.any([signal, disposed.signal]));
    running.add(working);
    try {
      return await working;
    } finally {
      running.delete(working);
    }
  }

  async function* streamed(plan: Plan, what: string, signal: AbortSignal, onProgress?: Progress) {
    const either = AbortSignal.any([signal, disposed.signal]);
    return yield* client.execute(plan, { what, tags, onProgress }, either);
  }

  async function command(
    value: Command,
    what: string,
    signal: AbortSignal,
    onProgress?: Progress,
  ): Promise<Outcome> {
    const plan: Plan = { opType: { case: 'command', value } };
    return await tracked(signal, async (either) => {
      const execution = client.execute(plan, { what, tags, onProgress }, either);
      for (;;) {
        const step = await execution.next();
        if (step.done === true) return step.value;
      }
    });
  }

  async function collected(input: Relation, signal: AbortSignal): Promise<readonly SparkRow[]> {
    return await tracked(signal, async (either) => {
      const rows: SparkRow[] = [];
      const plan: Plan = { opType: { case: 'root', value: input } };
      const execution = client.execute(plan, { what: whatOf(input), tags }, either);
      for await (const row of execution) rows.push(row);
      return rows;
    });
  }

  async function writeFolders(
    query: string,
    by: string,
    directory: string,
    signal: AbortSignal,
    onProgress?: Progress,
  ): Promise<readonly ResultFile[]> {
    const target: SparkWrite = {
      format: 'parquet',
      mode: 'error',
      path: directory,
      partitionBy: [by],
      options: { compression: 'zstd' },
    };
    await session.write(query, target, signal, onProgress);
    return await resultFiles(await fileCounts(parquetRelation([directory]), collected, signal));
  }

  const session: BigdataSession = {
    engine: 'bigdata',
    scratchDir,
    get parquet() {
      return parquetFiles(session, collected);
    },
    version,
    sessionId: client.sessionId,
    settings,
    async run(sql, signal, onProgress) {
      const { relation } = await command(sqlCommand(sql), sql, signal, onProgress);
      // Of a query there is only the relation yet: its rows are computed and go nowhere.
      if (relation?.relType.case !== 'sql') return;
      await session.write(sql, { format: 'noop', mode: 'overwrite' }, signal, onProgress);
    },
    async rows(sql, signal) {
      // What may be a command has to be run as one first: a second trip, which a small query notices.
      if (SELECT.test(sql)) return (await collected(relationOf(sql), signal)).map(plainRow);
      const { relation } = await command(sqlCommand(sql), sql, signal);
      if (relation?.relType.case === 'localRelation') {
        const { data } = relation.relType.value;
        return data === undefined ? [] : [...decodeRows(data)].map(plainRow);
      }
      return (await collected(relation ?? relationOf(sql), signal)).map(plainRow);
    },
    stream(input, signal, onProgress) {
      const plan: Plan = { opType: { case: 'root', value: relationOf(input) } };
      return streamed(plan, whatOf(input), signal, onProgress);
    },
    async write(input, target, signal, onProgress) {
      return await command(writeCommand(input, target), whatOf(input), signal, onProgress);
    },
    async tempView(name, input, signal) {
      await command(viewCommand(name, input), whatOf(input), signal);
    },
    async openSource(source, signal) {
      opened += 1;
      return await sourceView(session, `dray_source_${String(opened)}`, source, signal);
    },
    async useExtension(name, signal) {
      if (usable.has(name)) return;
      await checkExtension(client, name, signal);
      usable.add(name);
    },
    async useStorage({ root, access }, signal) {
      if (access !== undefined) await useBucket({ root, access }, signal);
    },
    async schema(input, signal) {
      return await client.schema(input, signal);
    },
    async explain(input, signal) {
      return await client.explain(input, signal);
    },
    async interruptTag(tag, signal) {
      return await client.interruptTag(tag, signal);
    },
    async openAnother(_threads, signal) {
      signal.throwIfAborted();
      return await openOn(server, () => Promise.resolve());
    },
    async writePartitions(query, partitionBy, directory, signal, onProgress) {
      const copied = partitionedQuery(query, partitionBy);
      return await writeFolders(copied, PARTITION_FOLDER, directory, signal, onProgress);
    },
    async writeGroups(query, groupBy, directory, signal) {
      return await writeFolders(distributed(query, groupBy), groupBy, directory, signal);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new JobError('ENGINE_FAILED', 'the Spark session is closed'));
      await Promise.allSettled(running);
      await close();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
  return session;
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // What is not a version at all is some vendor's own: let it try.
  if (Number.isNaN(major) || major > 3 || (major === 3 && minor >= 5)) return;
  throw new JobError('SPARK_TOO_OLD', `the Spark server is of version "${version}"`, {
    hint: 'dray needs Spark 3.5 or newer',
  });
}
