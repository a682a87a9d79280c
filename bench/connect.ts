import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import { type BigdataSession, openBigdataEngine } from '../engines/bigdata/session.ts';
import { connectWork } from './connect-work.ts';
import type { BenchContext } from './context.ts';
import type { ConnectResult } from './results.ts';
import { sliceOf, type Source } from './slice.ts';
import { SPARK_SETTINGS, sparkOf } from './spark.ts';

/** Enough for statements that take seconds; more would only take longer. */
const MAX_ROWS = 5_000_000;

const readyLine = z.object({ remote: z.string(), version: z.string() });
const runLine = z.object({ seconds: z.array(z.number()) });

/**
 * The same statements on the same Spark, in one Java process: through dray's client, which is outside
 * and speaks Connect, and through PySpark, which is inside. In turns, after one warm-up each.
 */
export async function compareConnect(
  whole: Source,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Omit<ConnectResult, 'measured'>> {
  const { folders, session, options, say } = context;
  const source = await sliceOf(session, whole, MAX_ROWS, folders.slices, signal);
  const folder = join(folders.out, 'connect');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    const statements = connectWork(source, folder);
    const sqls = statements.map(({ sql }) => sql);
    await using spark = await startShared(folder, context, signal);
    await using client = await openBigdataEngine(
      { remote: spark.remote, tempDir: folder },
      systemClock,
      signal,
    );
    const dray: number[][] = [];
    const pyspark: number[][] = [];
    for (let round = 0; round <= options.runs; round++) {
      const ways = {
        dray: () => timed(client, sqls, signal),
        pyspark: () => spark.run(client.settings, sqls),
      };
      // Java gets faster as it goes: each is the first one in every other round.
      const first = round % 2 === 0 ? await ways.dray() : undefined;
      const theirs = await ways.pyspark();
      const ours = first ?? (await ways.dray());
      say(
        `connect, ${round === 0 ? 'warm-up' : `run ${round} of ${options.runs}`}: dray ${total(ours)} s, PySpark ${total(theirs)} s`,
      );
      if (round === 0) continue;
      dray.push(ours);
      pyspark.push(theirs);
    }
    return {
      spark: spark.version,
      rows: source.rows,
      // What depends on the machine is left out of the report.
      statements: statements.map(({ name, sql }) => ({
        name,
        sql: sql
          .replaceAll(folder, '/out')
          .replaceAll(source.promotions, '/promotions.parquet')
          .replaceAll(source.products, '/products.parquet'),
      })),
      dray,
      pyspark,
      problems: [],
    };
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

async function timed(
  client: BigdataSession,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<number[]> {
  const seconds: number[] = [];
  for (const statement of statements) {
    const startMs = performance.now();
    await client.rows(statement, signal);
    seconds.push((performance.now() - startMs) / 1000);
  }
  return seconds;
}

function total(seconds: readonly number[]): string {
  return seconds.reduce((sum, each) => sum + each, 0).toFixed(2);
}

interface SharedSpark extends AsyncDisposable {
  readonly remote: string;
  readonly version: string;
  /** Seconds of each statement through PySpark, in a new session with these settings. */
  run(settings: BigdataSession['settings'], statements: readonly string[]): Promise<number[]>;
}

/** Spark in a Python process that runs statements itself too. It ends with its input. */
async function startShared(
  folder: string,
  context: BenchContext,
  signal: AbortSignal,
): Promise<SharedSpark> {
  const { python, jars } = sparkOf(context);
  const { root, folders } = context;
  const log = openSync(join(folders.logs, 'connect.log'), 'w');
  const child = spawn(
    python,
    [
      ...['-B', join(root, 'bench/peers/connect_work.py')],
      ...[join(root, 'entry/launcher'), folder, JSON.stringify(SPARK_SETTINGS)],
    ],
    { stdio: ['pipe', 'pipe', log], env: { ...process.env, DRAY_SPARK_JARS: jars } },
  );
  closeSync(log);
  const ended = once(child, 'close');
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the child has no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const stop = async () => {
    stdin.end();
    await ended;
  };
  const aborted = () => child.kill('SIGTERM');
  signal.addEventListener('abort', aborted, { once: true });
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    signal.throwIfAborted();
    if (line.done === true) throw new Error(`Spark has ended: see ${folders.logs}/connect.log`);
    return JSON.parse(line.value);
  };
  try {
    const { remote, version } = readyLine.parse(await next());
    return {
      remote,
      version,
      async run(settings, statements) {
        stdin.write(`${JSON.stringify({ settings, statements })}\n`);
        return runLine.parse(await next()).seconds;
      },
      async [Symbol.asyncDispose]() {
        signal.removeEventListener('abort', aborted);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
