import { join } from 'node:path';
import type { SourceFiles } from './data.ts';

/** How often the small statement runs: what matters there is the way, not the work. */
const SMALL = 20;

/** Spark SQL of the kinds that a load has: a shuffle into files, a Delta table, rows that come back. */
export function connectWork(
  { promotions, products }: SourceFiles,
  folder: string,
): readonly { readonly name: string; readonly sql: string }[] {
  const shaped = join(folder, 'shaped');
  const small = `select count(*) as rows, max(promo_score) as best
    from parquet.\`${shaped}\` where store_id = 316`;
  return [
    {
      name: 'dedupe and join into Parquet',
      sql: `insert overwrite directory '${shaped}' using parquet
        with ranked as (
          select *, row_number() over (partition by product_id, store_id, week
            order by score desc, display_location, mailer_location) as place
          from (select *, if(display_location = '0', 0.00, 1.00)
              + if(mailer_location = '0', 0.00, 0.50) as score
            from parquet.\`${promotions}\`))
        select md5(concat_ws('|', product_id, store_id, week)) as promo_id, product_id, store_id,
          cast(week as int) as week, cast(score as decimal(5,2)) as promo_score,
          display_location, mailer_location, department, brand, product_category
        from ranked left join parquet.\`${products}\` using (product_id) where place = 1`,
    },
    {
      name: 'Delta table by week',
      sql: `create or replace table delta.\`${join(folder, 'delta')}\` using delta
        partitioned by (week) as select * from parquet.\`${shaped}\``,
    },
    {
      name: 'some thousand rows back',
      sql: `select week, department, brand, count(*) as promotions, sum(promo_score) as score,
          count(distinct store_id) as stores
        from parquet.\`${shaped}\` group by week, department, brand order by week, department, brand`,
    },
    ...Array.from({ length: SMALL }, () => ({ name: `small query, ${SMALL} times`, sql: small })),
  ];
}
