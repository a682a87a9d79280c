import { identifier, quote } from '../../core/engine.ts';
import { promotionsContract } from './contract.ts';
import {
  DISPLAY_LOCATIONS,
  FIRST_WEEK,
  LAST_WEEK,
  MAILER_LOCATIONS,
  PROMINENT_MAILER_CODES,
  WEEK_1_START,
} from './contract.ts';
import type { RunStamp } from '../transform.ts';

/*
 * The transform as DuckDB SQL, all of it in this file, in the order of the contract:
 *
 *   source          the reader's rows, with file and row number
 *   checked         rows of some weeks, typed, with what they broke
 *   duplicate_keys  keys that are there more than once among the good rows
 *   result          the contract's columns, one row a key
 *
 * Conditions on the raw week come first everywhere, so that the scan can skip what they exclude.
 */

export const PRODUCT_COLUMNS = ['product_id', 'department', 'brand', 'product_category'] as const;

const WEEK_KNOWN = `week between ${String(FIRST_WEEK)} and ${String(LAST_WEEK)}`;

/** Names of the row rules, with the condition that breaks each. */
export const RULES = [
  { rule: 'week_range', broken: `week is null` },
  { rule: 'product_id_not_null', broken: `product_id is null` },
  { rule: 'store_id_not_null', broken: `store_id is null` },
  { rule: 'display_location_accepted', broken: notIn('display_code', DISPLAY_LOCATIONS) },
  { rule: 'mailer_location_accepted', broken: notIn('mailer_code', MAILER_LOCATIONS) },
] as const;

export function sourceView(relationWithOrigin: string): string {
  return `create or replace view source as ${relationWithOrigin}`;
}

/** @param weeks - the window's weeks; undefined: all. */
export function countsQuery(weeks: readonly number[] | undefined): string {
  return `select count(*) as read,
    count(*) filter (where ${WEEK_KNOWN} and not (${within(weeks)})) as filtered from source`;
}

/** Rows that broke a rule: a bad week in any window, the other rules inside the window. */
export function rulesQuery(weeks: readonly number[] | undefined): string {
  const each = RULES.map(({ rule }) => `count(*) filter (where broken and ${rule}) as ${rule}`);
  return `select count(*) filter (where broken) as quarantined, ${each.join(', ')}
    from (${checked(candidates(weeks))})`;
}

/** All columns of the source as text, so that no value is too odd to be kept. */
export function quarantineQuery(
  columns: readonly string[],
  weeks: readonly number[] | undefined,
): string {
  const texts = columns.map(
    (name) => `cast(source_row.${identifier(name)} as varchar) as ${identifier(name)}`,
  );
  const broken = RULES.map(({ rule }) => `case when ${rule} then ${quote(rule)} end`);
  return `select ${texts.join(', ')},
    list_filter([${broken.join(', ')}], lambda r: r is not null) as rules,
    source_row.__file as source_file, source_row.__row as source_row_number
    from (${checked(candidates(weeks))}) where broken`;
}

/**
 * Source rows typed, with a column for each rule that says whether the row broke it. Narrowing gives
 * null, which the rules catch: an integer beyond int64 is as bad a key as none.
 *
 * @param condition - on the raw columns.
 */
function checked(condition: string): string {
  const rules = RULES.map(({ rule, broken }) => `(${broken}) as ${rule}`);
  return `select *, ${RULES.map(({ rule }) => rule).join(' or ')} as broken from (
    select *, ${rules.join(', ')} from (
      select try_cast(product_id as bigint) as product_id,
        try_cast(store_id as bigint) as store_id,
        case when ${WEEK_KNOWN} then cast(week as integer) end as week,
        ${code('display_location', DISPLAY_LOCATIONS)} as display_code,
        ${code('mailer_location', MAILER_LOCATIONS)} as mailer_code,
        source as source_row
      from source where ${condition}))`;
}

/** Everything but what the window filters out. */
function candidates(weeks: readonly number[] | undefined): string {
  return weeks === undefined ? 'true' : `(week is null or not (${WEEK_KNOWN}) or ${within(weeks)})`;
}

/** Weeks follow each other, so a range says it all. */
function within(weeks: readonly number[] | undefined): string {
  if (weeks === undefined) return WEEK_KNOWN;
  const [first] = weeks;
  const last = weeks.at(-1);
  if (first === undefined || last === undefined) return 'false';
  return `week between ${String(first)} and ${String(last)}`;
}

const KEY = 'product_id, store_id, week';

/**
 * The number of duplicates is a figure of its own, so their keys are looked up in any case. Ranking
 * only the rows of those keys then costs next to nothing (docs/adr/0006).
 */
export const duplicateKeysTable = `create or replace table duplicate_keys (
  product_id bigint, store_id bigint, week integer, copies bigint)`;

/** Keys never cross weeks, so the weeks may be looked at in shares. */
export function findDuplicateKeys(weeks: readonly number[] | undefined): string {
  return `insert into duplicate_keys by name
    select ${KEY}, count(*) as copies from (${checked(within(weeks))}) where not broken
    group by ${KEY} having count(*) > 1`;
}

export const duplicatesCountQuery = `select coalesce(sum(copies - 1), 0) as deduplicated from duplicate_keys`;

/** Best first: score, then the codes by bytes. */
const BEST_FIRST = 'promo_score desc, display_code, mailer_code';

/** The contract's columns of every row of these weeks that is loaded. */
export function resultQuery(stamp: RunStamp, weeks: readonly number[] | undefined): string {
  const columns = promotionsContract.columns.map((column) => identifier(column.name)).join(', ');
  return `with good as (
      select ${KEY}, display_code, mailer_code, ${scoreSql()} as promo_score
      from (${checked(within(weeks))}) where not broken),
    deduplicated as (
      select * from good anti join duplicate_keys using (${KEY})
      union all by name
      select * from good semi join duplicate_keys using (${KEY})
      qualify row_number() over (partition by ${KEY} order by ${BEST_FIRST}) = 1),
    result as (
      select md5(concat(d.product_id, '|', d.store_id, '|', d.week)) as promo_id,
        d.product_id, d.store_id, d.week,
        date ${quote(WEEK_1_START)} + 7 * (d.week - 1) as start_date,
        date ${quote(WEEK_1_START)} + 7 * d.week as end_date,
        d.display_code, d.mailer_code,
        ${decode('d.display_code', DISPLAY_LOCATIONS)} as display_location,
        ${decode('d.mailer_code', MAILER_LOCATIONS)} as mailer_location,
        d.display_code <> '0' as on_display,
        d.mailer_code <> '0' as in_mailer,
        d.promo_score,
        p.department, p.brand, p.product_category,
        ${quote(stamp.createdBy)} as created_by,
        timestamptz ${quote(stamp.loadedAt)} as loaded_at
      from deduplicated as d left join products as p on p.product_id = d.product_id)
    select ${columns} from result`;
}

/** @param relation - SQL of `products_table`; undefined: nothing is known of any product. */
export function productsView(relation: string | undefined): string {
  const rows =
    relation === undefined
      ? `(select null::bigint as product_id, null::varchar as department, null::varchar as brand, null::varchar as product_category where false)`
      : `(select try_cast(product_id as bigint) as product_id, department, brand, product_category from (${relation}) where product_id is not null)`;
  return `create or replace table products as from ${rows}`;
}

export function duplicateProductsQuery(relation: string): string {
  return `select product_id, count(*) as rows, count(*) over () as products from (${relation})
    where product_id is not null group by product_id having count(*) > 1 order by product_id limit 1`;
}

/** @param paths - SQL list of the result's files. */
export function unknownProductsQuery(paths: string): string {
  return `select count(*) as rows, count(distinct product_id) as products
    from read_parquet(${paths}, hive_partitioning = false) anti join products using (product_id)`;
}

/** Everything above that decides content, with the run's own values left out. */
export function planText(withProducts: boolean): string {
  const stamp = { createdBy: '', loadedAt: '1970-01-01T00:00:00Z' };
  return [
    findDuplicateKeys(undefined),
    resultQuery(stamp, undefined),
    productsView(withProducts ? 'products' : undefined),
    JSON.stringify(promotionsContract),
  ].join(';\n');
}

/**
 * Trims spaces (U+0020) and raises ASCII letters, the same on every engine. Nearly all values are a
 * known code as they are, and need neither.
 */
function code(column: string, codes: Readonly<Record<string, string>>): string {
  return `case when ${column} in (${Object.keys(codes).map(quote).join(', ')}) then ${column}
    else translate(trim(both ' ' from ${column}), 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') end`;
}

function notIn(column: string, codes: Readonly<Record<string, string>>): string {
  const list = Object.keys(codes).map(quote).join(', ');
  return `${column} is null or ${column} not in (${list})`;
}

function decode(column: string, codes: Readonly<Record<string, string>>): string {
  const cases = Object.entries(codes).map(
    ([key, text]) => `when ${quote(key)} then ${quote(text)}`,
  );
  return `case ${column} ${cases.join(' ')} end`;
}

function scoreSql(): string {
  const prominent = PROMINENT_MAILER_CODES.map(quote).join(', ');
  return `cast(case when display_code <> '0' then 1.00 else 0.00 end
    + case when mailer_code = '0' then 0.00 when mailer_code in (${prominent}) then 0.75 else 0.50 end
    as decimal(5,2))`;
}
