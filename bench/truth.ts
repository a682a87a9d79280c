import { join } from 'node:path';
import { quote, type SqlSession } from '../core/engine.ts';
import type { SourceFiles } from './data.ts';
import { CREATED_BY } from './task.ts';

/*
 * What the sinks must hold, computed from the raw files by SQL that shares nothing with the product:
 * decoding by joins, duplicates by sorting, one week after the other.
 */

const DISPLAYS = `(values ('0', 'not on display'), ('1', 'store front'), ('2', 'store rear'),
  ('3', 'front end cap'), ('4', 'mid-aisle end cap'), ('5', 'rear end cap'),
  ('6', 'side aisle end cap'), ('7', 'in-aisle'), ('9', 'secondary location display'),
  ('A', 'in-shelf')) as displays (code, location)`;

const MAILERS = `(values ('0', 'not on ad', 0.00), ('A', 'interior page feature', 0.50),
  ('C', 'interior page line item', 0.50), ('D', 'front page feature', 0.75),
  ('F', 'back page feature', 0.75), ('H', 'wrap front feature', 0.75),
  ('J', 'wrap interior coupon', 0.50), ('L', 'wrap back feature', 0.50),
  ('P', 'interior page coupon', 0.50), ('X', 'free on interior page', 0.50),
  ('Z', 'free on front page, back page or wrap', 0.50)) as mailers (code, location, score)`;

export interface Truth {
  /** Glob of the Parquet files with the expected rows. */
  readonly files: string;
  readonly read: number;
  readonly filtered: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly loaded: number;
}

/** The time that expected rows carry: that of a run is its own. */
export const EXPECTED_AT = '2026-01-01T00:00:00Z';

/** Writes the expected rows below `folder` and counts where the source's rows must have gone. */
export async function computeTruth(
  session: SqlSession,
  source: SourceFiles,
  weeks: readonly number[],
  folder: string,
  signal: AbortSignal,
): Promise<Truth> {
  const promotions = `read_parquet(${quote(source.promotions)})`;
  for (const week of weeks) {
    const path = join(folder, `truth-${week}.parquet`);
    await session.run(
      `copy (${expectedRows(promotions, source.products, week)}) to ${quote(path)} (format parquet)`,
      signal,
    );
  }
  const files = join(folder, 'truth-*.parquet');
  const list = weeks.join(', ');
  const [counts] = await session.rows(
    `select count(*) as read, count(*) filter (where week not in (${list})) as filtered,
       count(*) filter (where week is null or week < 1 or week > 53) as quarantined
     from ${promotions}`,
    signal,
  );
  const [loaded] = await session.rows(
    `select count(*) as n from read_parquet(${quote(files)})`,
    signal,
  );
  const [keys] = await session.rows(
    `select sum(copies - 1) as n from (
       select count(*) as copies from ${promotions} where week in (${list})
       group by product_id, store_id, week having count(*) > 1)`,
    signal,
  );
  return {
    files,
    read: Number(counts?.['read']),
    filtered: Number(counts?.['filtered']),
    quarantined: Number(counts?.['quarantined']),
    deduplicated: Number(keys?.['n']),
    loaded: Number(loaded?.['n']),
  };
}

function expectedRows(promotions: string, products: string, week: number): string {
  return `with
    coded as (
      select product_id, store_id, week, upper(trim(display_location)) as display_code,
        upper(trim(mailer_location)) as mailer_code
      from ${promotions} where week = ${week}),
    scored as (
      select c.*, displays.location as display_location, mailers.location as mailer_location,
        cast(if(c.display_code = '0', 0, 1) + mailers.score as decimal(5,2)) as promo_score
      from coded c join ${DISPLAYS} on displays.code = c.display_code
        join ${MAILERS} on mailers.code = c.mailer_code),
    ranked as (
      select *, row_number() over (partition by product_id, store_id
        order by promo_score desc, display_code, mailer_code) as place
      from scored)
    select cast(md5(format('{}|{}|{}', r.product_id, r.store_id, r.week)) as varchar) as promo_id,
      cast(r.product_id as bigint) as product_id, cast(r.store_id as bigint) as store_id,
      cast(r.week as integer) as week,
      cast(date '2016-12-26' + to_days(cast(7 * (r.week - 1) as integer)) as date) as start_date,
      cast(date '2016-12-26' + to_days(cast(7 * r.week as integer)) as date) as end_date,
      r.display_code, r.mailer_code, r.display_location, r.mailer_location,
      r.display_code != '0' as on_display, r.mailer_code != '0' as in_mailer, r.promo_score,
      p.department, p.brand, p.product_category,
      ${quote(CREATED_BY)} as created_by, timestamptz ${quote(EXPECTED_AT)} as loaded_at
    from ranked r left join read_parquet(${quote(products)}) p using (product_id)
    where r.place = 1`;
}
