import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Where the demo keeps its things; all of it can be deleted. */
export interface DemoPlaces {
  /** Cluster of the embedded Postgres. */
  readonly postgres: string;
  readonly passwordFile: string;
  readonly config: string;
  readonly unity: string;
  readonly stage: string;
  readonly promotions: string;
  readonly products: string;
}

/** @param root - folder of the project. */
export function demoPlaces(root: string): DemoPlaces {
  const own = join(root, '.dray');
  return {
    postgres: join(own, 'postgres'),
    passwordFile: join(own, 'postgres/password'),
    config: join(own, 'demo/load_promos.json'),
    unity: join(own, 'demo/unity/promotions'),
    stage: join(own, 'demo/stage/promotions'),
    promotions: join(root, 'data/sample/promotions'),
    products: join(root, 'data/sample/products.parquet'),
  };
}

/** The demo's config, in wire spelling, as a user would write it. */
export function demoConfig(
  places: DemoPlaces,
  server: { readonly port: number; readonly user: string; readonly database: string },
): Readonly<Record<string, unknown>> {
  const silent = { notification_service: 'NOOP' };
  return {
    job_failed_notifications: silent,
    job_success_notifications: silent,
    data_quality_notifications: silent,
    extractor_config: { strategy: 'PARQUET', source_table: places.promotions },
    products_table: places.products,
    unity_loader_config: { strategy: 'DELTA', path: places.unity },
    stage_loader_config: { strategy: 'PARQUET', path: places.stage },
    redshift_loader_config: {
      strategy: 'POSTGRES',
      jdbc_url: `jdbc:postgresql://127.0.0.1:${String(server.port)}/${server.database}`,
      table: 'public.promotions',
      properties: {
        user: server.user,
        password: `secret://file${places.passwordFile}`,
        driver: 'org.postgresql.Driver',
      },
    },
    strategy_type: 'bulk',
  };
}

export async function writeDemoConfig(path: string, config: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`);
}

const written = z.object({ redshift_loader_config: z.object({ jdbc_url: z.string() }) });

/**
 * The port of the start before. With another port Postgres would be another target, and what it holds
 * would be loaded once more.
 */
export async function formerPort(configPath: string): Promise<number | undefined> {
  try {
    const config = written.parse(JSON.parse(await readFile(configPath, 'utf8')));
    const port = /:(\d+)\//.exec(config.redshift_loader_config.jdbc_url)?.[1];
    return port === undefined ? undefined : Number(port);
  } catch {
    // There was none, or somebody has edited it: both mean a new port.
    return undefined;
  }
}
