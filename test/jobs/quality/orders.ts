import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../core/clock.ts';
import { quote, type SqlSession } from '../../../core/engine.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { StrategyContext } from '../../../core/strategy.ts';
import { parseConfig } from '../../../core/wire.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { loadPromosConfig } from '../../../jobs/load-promos/config.ts';
import { openReader } from '../../../jobs/load-promos/strategies.ts';
import { promotionsTransform } from '../../../jobs/load-promos/transform.ts';
import { RESULT } from '../../../plan/content-hash.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';

/* Promotions with columns of their own, and what an engine makes of them under some rules. */

const forever = new AbortController().signal;
const NOW = new Date('2017-06-12T00:00:00Z');

export const CONTEXT: StrategyContext = {
  clock: systemClock,
  failpoints: noFailpoints,
  openStorage: (location) => openFileStorage(location, systemClock),
  resolveSecret: () => Promise.reject(new Error('there is no secret')),
  warn: () => undefined,
};

export interface Row {
  readonly product: number;
  readonly display: string;
  /** Decimal text. */
  readonly price: string | null;
  readonly label: string | null;
  readonly soldOn: string | null;
}

/** Files of a test's own, written by DuckDB. */
export interface Files extends AsyncDisposable {
  readonly folder: string;
  readonly duckdb: SqlSession;
  source(name: string, rows: readonly Row[]): Promise<string>;
  labels(values: readonly (string | null)[]): Promise<string>;
}

export async function openFiles(): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-quality-'));
  const duckdb = await openBulkEngine({ tempDir: folder }, systemClock, forever);
  const write = async (name: string, query: string) => {
    const path = join(folder, `${name}.parquet`);
    await duckdb.run(`copy (${query}) to ${quote(path)} (format parquet)`, forever);
    return path;
  };
  const literal = (value: string | null) => (value === null ? 'null' : quote(value));
  return {
    folder,
    duckdb,
    source: async (name, rows) =>
      await write(
        name,
        `select product::bigint as product_id, 1::bigint as store_id, 24::bigint as week,
           display::varchar as display_location, '0' as mailer_location,
           price::decimal(8,2) as price, label::varchar as label, sold_on::date as sold_on
         from (values ${rows
           .map(
             ({ product, display, price, label, soldOn }) =>
               `(${String(product)}, ${quote(display)}, ${literal(price)}, ${literal(label)}, ${literal(soldOn)})`,
           )
           .join(', ')}) as t(product, display, price, label, sold_on)`,
      ),
    labels: async (values) =>
      await write(
        'labels',
        `select label::varchar as label from (values ${values.map((value) => `(${literal(value)})`).join(', ')}) as t(label)`,
      ),
    async [Symbol.asyncDispose]() {
      await duckdb[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let runs = 0;

/** What an engine makes of a source under rules, in the spelling of a config. */
export async function runRules(session: PlanSession, files: Files, path: string, rules: unknown) {
  const { quality } = parseConfig(loadPromosConfig, {
    extractor_config: { strategy: 'PARQUET', source_table: path },
    quality: { rules },
  });
  const open = async (table: string) =>
    await openReader({ strategy: 'PARQUET', sourceTable: table }, session.sql, CONTEXT, forever);
  const transform = promotionsTransform(undefined, {
    rules: quality.rules,
    open: async (config) => await open(typeof config === 'string' ? config : ''),
  });
  const source = await open(path);
  await transform.inputs(session, source, forever);
  const prepared = await transform.prepare(session, source, undefined, forever);
  const measured = await prepared.measure(NOW, forever);
  runs += 1;
  const kept = join(session.sql.scratchDir, `quarantine-${String(runs)}.parquet`);
  const keptRows = await session.writeFile(prepared.quarantine, kept, forever);
  const quarantined =
    keptRows === 0
      ? []
      : await files.duckdb.rows(
          `select product_id, array_to_string(rules, ',') as rules from read_parquet(${quote(kept)}) order by source_row_number`,
          forever,
        );
  const stamp = { createdBy: 'test', loadedAt: NOW.toISOString() };
  const { files: made, dropped } = await session.writePartitions(
    { ...prepared.result(stamp), partitionBy: 'week', expectedRows: measured.read },
    join(session.sql.scratchDir, `result-${String(runs)}`),
    { onRows: () => undefined },
    forever,
  );
  const paths = made.map((file) => file.path);
  if (paths.length > 0) await session.sql.parquet.view(RESULT, paths, forever);
  const loaded =
    paths.length === 0
      ? []
      : await files.duckdb.rows(
          `select product_id::integer as product, display_code as display from read_parquet([${paths.map(quote).join(', ')}]) order by all`,
          forever,
        );
  const outcomes = [
    ...measured.rules,
    ...(await prepared.inspect(
      made.reduce((sum, file) => sum + file.rows, 0),
      forever,
    )),
  ];
  return {
    ...{ measured, quarantined, loaded, transform, outcomes },
    deduplicated: dropped['deduplicated'] ?? 0,
    /** Those of the config alone, in its names. */
    own: outcomes.slice(5),
  };
}
