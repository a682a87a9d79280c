import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Window } from '../core/window.ts';
import type { EmbeddedPostgres } from '../entry/start/embedded-postgres.ts';
import { openSqliteStore } from '../state/sqlite/store.ts';
import type { SourceFiles } from './data.ts';
import { type Measured, measureNode, serverCpuSeconds } from './process.ts';

export const CREATED_BY = 'bench';
const RUN_ID = 'bench';
const TABLE = 'public.promotions';

/** What the benchmark reads of the result line. */
const resultLine = z.looseObject({
  status: z.string(),
  counts: z
    .object({
      read: z.number(),
      quarantined: z.number(),
      filtered: z.number(),
      deduplicated: z.number(),
    })
    .nullable(),
  sinks: z.array(
    z.looseObject({ sink: z.string(), kind: z.string(), loaded: z.number(), seconds: z.number() }),
  ),
});
export type ResultLine = z.output<typeof resultLine>;

export interface Load {
  readonly measured: Measured;
  readonly line: ResultLine;
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
  readonly serverCpu: number | undefined;
  readonly targets: { readonly delta: string; readonly parquet: string; readonly table: string };
  readonly command: string;
}

/** Runs load_promos as its users do: the bundle as a process of its own, into empty targets. */
export async function runLoad(
  root: string,
  source: SourceFiles,
  server: EmbeddedPostgres,
  folder: string,
  window: Window | undefined,
  signal: AbortSignal,
): Promise<Load> {
  await mkdir(folder, { recursive: true });
  const targets = {
    delta: join(folder, 'unity'),
    parquet: join(folder, 'stage'),
    table: TABLE,
  };
  const configFile = join(folder, 'config.json');
  const config = configOf(source, server, targets);
  await writeFile(configFile, JSON.stringify(config, undefined, 2));
  const store = join(folder, 'runs.db');
  const dates =
    window === undefined ? [] : ['--start_date', window.startDate, '--end_date', window.endDate];
  const args = [
    ...['--module_name', 'load_promos', '--load_promos_job', `@${configFile}`],
    ...dates,
    ...['--created_by', CREATED_BY, '--run_id', RUN_ID, '--store', store],
  ];
  const cpuBefore = serverCpuSeconds(server.pid);
  const measured = await measureNode([join(root, 'dist/generic-entry.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, BENCH_DB_PASSWORD: server.password },
    usageFile: join(folder, 'usage.json'),
    signal,
  });
  signal.throwIfAborted();
  const cpuAfter = serverCpuSeconds(server.pid);
  if (measured.exitCode !== 0) {
    throw new Error(`load_promos ended with ${String(measured.exitCode)}: ${measured.stdout}`);
  }
  const line = resultLine.parse(JSON.parse(measured.stdout.trim()));
  return {
    measured,
    line,
    steps: await stepsOf(store),
    serverCpu: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
    targets,
    command: [
      'node dist/generic-entry.mjs --module_name load_promos --load_promos_job @config.json',
      ...dates,
    ].join(' '),
  };
}

function configOf(
  source: SourceFiles,
  server: EmbeddedPostgres,
  targets: Load['targets'],
): Readonly<Record<string, unknown>> {
  return {
    extractor_config: { strategy: 'PARQUET', source_table: source.promotions },
    products_table: source.products,
    unity_loader_config: { strategy: 'DELTA', path: targets.delta },
    stage_loader_config: { strategy: 'PARQUET', path: targets.parquet },
    redshift_loader_config: {
      strategy: 'POSTGRES',
      jdbc_url: `jdbc:postgresql://127.0.0.1:${server.port}/${server.database}`,
      properties: { user: server.user, password: 'secret://env/BENCH_DB_PASSWORD' },
      table: targets.table,
    },
  };
}

/** Seconds per step, as the run's record has them. */
async function stepsOf(store: string): Promise<Load['steps']> {
  await using runs = await openSqliteStore(store);
  const steps = await runs.listSteps(RUN_ID);
  return steps.map(({ name, startedAt, endedAt = startedAt }) => ({
    name,
    seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
  }));
}
