import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, type World } from './world.ts';

const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? join(ROOT, '.dray/venv/bin/python');

function valuesOf(products: readonly number[], code: string): string {
  return products
    .map((id) => `(${String(id)}, 1, ${String(23 + (id % 3))}, '${code}', '0')`)
    .join(', ');
}

/** Promotions as a Parquet file. */
export async function writeParquet(
  world: World,
  path: string,
  products: readonly number[],
  code = '1',
): Promise<void> {
  await world.duckdb(
    `copy (select product_id::bigint as product_id, store_id::bigint as store_id, week::bigint as week,
       display_location, mailer_location from (values ${valuesOf(products, code)})
       t(product_id, store_id, week, display_location, mailer_location)) to '${path}' (format parquet)`,
  );
}

/** Lets delta-rs write a Delta table; `add(ids)` of the script appends promotions. */
export function python(path: string, work: string): void {
  const script = `
import pyarrow as pa, deltalake as d
path = ${JSON.stringify(path)}
def add(ids, code='1'):
    d.write_deltalake(path, pa.table({
        'product_id': pa.array(ids, pa.int64()), 'store_id': pa.array([1] * len(ids), pa.int64()),
        'week': pa.array([23 + i % 3 for i in ids], pa.int64()),
        'display_location': [code] * len(ids), 'mailer_location': ['0'] * len(ids),
        'part of it': ['50% ' + str(i % 2) for i in ids]}), mode='append', partition_by=['part of it'])
${work}
`;
  execFileSync(PYTHON, ['-c', script]);
}
