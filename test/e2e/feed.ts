import { readFile } from 'node:fs/promises';
import { quote } from '../../core/engine.ts';
import type { Changes, Prepared, World } from './world.ts';

/** A table of promotions that grows, and jobs that follow it. One row a product: it names the row. */
export interface Feed {
  readonly table: string;
  /** Adds rows; `at` is their cursor, in seconds since 2026-01-01, or none. */
  add(products: readonly number[], at: number | null, code?: string): Promise<void>;
  /** A job that reads the table incrementally into sinks of the mode. */
  follow(name: string, changes?: Following): Promise<Prepared>;
}

export interface Following {
  readonly incremental?: object;
  readonly mode?: string;
  readonly set?: Changes['set'];
  readonly reader?: object;
}

const COLUMNS = `product_id bigint, store_id bigint, week bigint, display_location text,
  mailer_location text, updated_at timestamptz`;

export async function openFeed(world: World, name: string): Promise<Feed> {
  const table = `feed.${name}`;
  await world.query('create schema if not exists feed');
  await world.query(`create table ${table} (${COLUMNS})`);
  const { port, user, database } = world.postgres;
  return {
    table,
    async add(products, at, code = '1') {
      const cursor = at === null ? 'null' : instantOf(at);
      const rows = products.map(
        (id) => `(${String(id)}, 1, ${String(23 + (id % 3))}, ${quote(code)}, '0', ${cursor})`,
      );
      await world.query(`insert into ${table} values ${rows.join(', ')}`);
    },
    async follow(name, { incremental, mode = 'append', set, reader } = {}) {
      const plain = await world.config(name);
      const config = JSON.parse(await readFile(plain.file, 'utf8')) as Readonly<
        Record<string, object>
      >;
      const sinks = ['unity_loader_config', 'stage_loader_config', 'redshift_loader_config'];
      return await world.config(name, {
        set: {
          ...Object.fromEntries(sinks.map((sink) => [sink, { ...config[sink], mode }])),
          extractor_config: reader ?? {
            strategy: 'JDBC',
            jdbc_url: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
            properties: { user, password: 'secret://env/PROMOS_DB_PASSWORD' },
            source_table: table,
            incremental: incremental ?? { cursor_column: 'updated_at' },
          },
          ...set,
        },
      });
    },
  };
}

export function instantOf(seconds: number): string {
  return `timestamptz '2026-01-01 00:00:00+00' + ${String(seconds)} * interval '1 second'`;
}

/** Products in each sink, in order, each as often as it is there. */
export async function productsIn(
  world: World,
  at: Prepared,
): Promise<Readonly<Record<'unity' | 'stage' | 'redshift', readonly number[]>>> {
  await world.session.useExtension('delta', new AbortController().signal);
  const numbers = (rows: readonly Readonly<Record<string, unknown>>[]) =>
    rows.map((row) => Number(row['product_id']));
  const files = `${at.stage}/*/*.parquet`;
  return {
    unity: numbers(
      await world.duckdb(`select product_id from delta_scan(${quote(at.unity)}) order by 1`),
    ),
    stage: numbers(
      await world.duckdb(`select product_id from read_parquet(${quote(files)}) order by 1`),
    ),
    redshift: numbers(await world.query(`select product_id from ${at.table} order by 1`)),
  };
}

/** The same products in every sink. */
export function everywhere(products: readonly number[]) {
  const sorted = [...products].sort((a, b) => a - b);
  return { unity: sorted, stage: sorted, redshift: sorted };
}
