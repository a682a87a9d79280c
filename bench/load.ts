import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EngineName } from '../core/engine.ts';
import { openSqliteStore } from '../state/sqlite/store.ts';
import type { BenchContext } from './context.ts';
import { CREATED_BY, type Load, type LoadTask, TABLE, type Targets } from './task.ts';
import { measureProcess, serverCpuSeconds, watchTree } from './process.ts';
import { sparkOf, startSpark } from './spark.ts';

const RUN_ID = 'bench';

/** What the benchmark reads of the result line. */
const resultLine = z.looseObject({
  counts: z.object({
    read: z.number(),
    quarantined: z.number(),
    filtered: z.number(),
    deduplicated: z.number(),
  }),
  sinks: z.array(
    z.looseObject({ sink: z.string(), kind: z.string(), loaded: z.number(), seconds: z.number() }),
  ),
});

/**
 * Runs load_promos as its users do: the bundle as a process of its own, into empty targets. For
 * `bigdata` that begins with the start of a Spark.
 */
export async function loadWithDray(
  engine: EngineName,
  task: LoadTask,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Load> {
  if (engine !== 'bigdata') return await load(engine, task, context, {}, signal);
  const startMs = performance.now();
  await using spark = await startSpark(sparkOf(context), signal);
  const sparkSeconds = (performance.now() - startMs) / 1000;
  const watch = watchTree(spark.pid);
  try {
    const loaded = await load(engine, task, context, { SPARK_REMOTE: spark.remote }, signal);
    const { cpuSeconds, peakMb } = await watch.end();
    return {
      ...loaded,
      seconds: loaded.seconds + sparkSeconds,
      sparkSeconds,
      parts: [{ name: 'start', seconds: sparkSeconds }, ...loaded.parts],
      cpuSeconds: sum(loaded.cpuSeconds, cpuSeconds),
      peakMb: sum(loaded.peakMb, peakMb),
      version: `${loaded.version} on Spark ${spark.version}`,
    };
  } finally {
    await watch.end();
  }
}

async function load(
  engine: EngineName,
  task: LoadTask,
  { root, folders }: BenchContext,
  added: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Load> {
  const { folder, window, database } = task;
  const { password, pid } = database.server;
  const targets = {
    delta: join(folder, 'unity'),
    parquet: join(folder, 'stage'),
    table: TABLE,
  };
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'config.json');
  await writeFile(configFile, JSON.stringify(configOf(engine, task, targets), undefined, 2));
  const store = join(folder, 'runs.db');
  const dates = window && ['--start_date', window.startDate, '--end_date', window.endDate];
  const args = [
    ...['--module_name', 'load_promos', '--load_promos_job', `@${configFile}`, ...(dates ?? [])],
    ...['--created_by', CREATED_BY, '--run_id', RUN_ID, '--store', store],
  ];
  const cpuBefore = serverCpuSeconds(pid);
  const measured = await measureProcess(
    process.execPath,
    [join(root, 'dist/generic-entry.mjs'), ...args],
    {
      cwd: root,
      env: { ...process.env, BENCH_DB_PASSWORD: password, ...added },
      logFile: join(folders.logs, `${engine}.log`),
    },
    signal,
  );
  const cpuAfter = serverCpuSeconds(pid);
  const { counts, sinks } = resultLine.parse(JSON.parse(measured.stdout));
  return {
    seconds: measured.seconds,
    sparkSeconds: 0,
    cpuSeconds: measured.cpuSeconds,
    peakMb: measured.peakMb,
    parts: await stepsOf(store),
    counts: { ...counts, loaded: sinks[0]?.loaded ?? 0 },
    sinks,
    targets,
    version: `dray, engine ${engine}`,
    serverCpu: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
  };
}

function configOf(
  engine: EngineName,
  { source, database }: LoadTask,
  targets: Targets,
): Readonly<Record<string, unknown>> {
  const { port, user, database: name } = database.server;
  return {
    strategy_type: engine,
    extractor_config: { strategy: 'PARQUET', source_table: source.promotions },
    products_table: source.products,
    unity_loader_config: { strategy: 'DELTA', path: targets.delta },
    stage_loader_config: { strategy: 'PARQUET', path: targets.parquet },
    redshift_loader_config: {
      strategy: 'POSTGRES',
      jdbc_url: `jdbc:postgresql://127.0.0.1:${port}/${name}`,
      properties: { user, password: 'secret://env/BENCH_DB_PASSWORD' },
      table: targets.table,
    },
  };
}

/** Seconds per step, as the run's record has them. */
async function stepsOf(store: string): Promise<Load['parts']> {
  await using runs = await openSqliteStore(store);
  const steps = await runs.listSteps(RUN_ID);
  return steps.map(({ name, startedAt, endedAt = startedAt }) => ({
    name,
    seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
  }));
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
