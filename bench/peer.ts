import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import type { BenchContext } from './context.ts';
import { CREATED_BY, type Load, type LoadTask, TABLE } from './task.ts';
import { measureProcess, serverCpuSeconds } from './process.ts';
import { SPARK_MEMORY, sparkOf } from './spark.ts';

/** What a peer's rows carry; dray takes the start of its run. */
const LOADED_AT = '2026-01-02T03:04:05.678901Z';

const printed = z.object({
  seconds: z.record(z.string(), z.number()),
  counts: z.object({
    read: z.number(),
    loaded: z.number(),
    quarantined: z.number(),
    filtered: z.number(),
    deduplicated: z.number(),
  }),
  versions: z.record(z.string(), z.string()),
});

/** Runs one of bench/peers, which does what load_promos does with other software. */
export async function loadWithPeer(
  name: 'pyspark' | 'polars',
  { source, window, database, folder }: LoadTask,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Load> {
  const { root, folders } = context;
  const targets = {
    delta: join(folder, 'unity'),
    parquet: join(folder, 'stage'),
    table: TABLE,
  };
  const jobFile = join(folder, 'job.json');
  const { port, user, password, database: databaseName, pid } = database.server;
  const job = {
    promotions: source.promotions,
    products: source.products,
    ...targets,
    quarantine: join(folder, 'quarantine.parquet'),
    database: { port, user, name: databaseName },
    created_by: CREATED_BY,
    loaded_at: LOADED_AT,
    ...(window && { start_date: window.startDate, end_date: window.endDate }),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(jobFile, JSON.stringify(job));
  const cpuBefore = serverCpuSeconds(pid);
  const measured = await measureProcess(
    pythonOf(name, context),
    ['-B', join(root, `bench/peers/${name}_load.py`), jobFile],
    {
      cwd: root,
      env: { ...environmentOf(name, folder, context), BENCH_DB_PASSWORD: password },
      logFile: join(folders.logs, `${name}.log`),
    },
    signal,
  );
  const cpuAfter = serverCpuSeconds(pid);
  const { seconds, counts, versions } = printed.parse(JSON.parse(measured.stdout));
  return {
    seconds: measured.seconds,
    sparkSeconds: name === 'pyspark' ? (seconds['start'] ?? 0) : 0,
    cpuSeconds: measured.cpuSeconds,
    peakMb: measured.peakMb,
    parts: Object.entries(seconds).map(([part, s]) => ({ name: part, seconds: s })),
    counts,
    sinks: [],
    targets,
    version: Object.entries(versions)
      .map((pair) => pair.join(' '))
      .join(', '),
    serverCpu: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
  };
}

function pythonOf(name: 'pyspark' | 'polars', context: BenchContext): string {
  if (name === 'pyspark') return sparkOf(context).python;
  const { polars } = context.pythons;
  if (polars === undefined) throw new Error('start this with npm run bench');
  return polars;
}

function environmentOf(
  name: 'pyspark' | 'polars',
  folder: string,
  context: BenchContext,
): NodeJS.ProcessEnv {
  if (name === 'polars') return process.env;
  const { python, jars } = sparkOf(context);
  return {
    ...process.env,
    // pyspark looks for its own spark-submit there.
    PATH: `${dirname(python)}${delimiter}${process.env['PATH'] ?? ''}`,
    BENCH_SPARK_JARS: jars,
    BENCH_SPARK_MEMORY: SPARK_MEMORY,
    BENCH_SPARK_SCRATCH: join(folder, 'spark'),
  };
}
