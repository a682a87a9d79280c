import { count, countDistinct, countIf } from '../../plan/aggregate.ts';
import type { Expression } from '../../plan/expression.ts';
import { minus, plus, times } from '../../plan/expressions/arithmetic.ts';
import { cast } from '../../plan/expressions/cast.ts';
import { equal, isBetween, isIn, isNull, notEqual } from '../../plan/expressions/comparison.ts';
import { when } from '../../plan/expressions/conditional.ts';
import { addDays } from '../../plan/expressions/date.ts';
import { md5 } from '../../plan/expressions/hash.ts';
import {
  boolean,
  dateOf,
  decimalNumber,
  instantOf,
  nullOf,
  text,
} from '../../plan/expressions/literal.ts';
import { and, not, or } from '../../plan/expressions/logic.ts';
import { presentOf } from '../../plan/expressions/nested.ts';
import { concat, trim, upper } from '../../plan/expressions/text.ts';
import {
  ascending,
  columnOf,
  descending,
  read,
  readFields,
  type Relation,
} from '../../plan/plan.ts';
import type { ReadField } from '../../plan/relation.ts';
import { decimal, int32, int64, string } from '../../plan/types.ts';
import type { RunStamp } from '../transform.ts';
import {
  DISPLAY_LOCATIONS,
  FIRST_WEEK,
  LAST_WEEK,
  MAILER_LOCATIONS,
  PROMINENT_MAILER_CODES,
  WEEK_1_START,
} from './contract.ts';

/*
 * The transform, in the order of the contract: rows that break a rule, the window, the best row of a
 * key, the product's names. Conditions on the raw week come first, so that a scan can skip what they
 * exclude.
 */

/** The weeks of the window, which follow each other; undefined: all. */
export type Weeks = readonly number[] | undefined;

/** Integers beyond int64 read as null: they are as bad a key as none. */
const SOURCE = {
  product_id: int64,
  store_id: int64,
  week: int64,
  display_location: string,
  mailer_location: string,
} as const;

const PRODUCTS = {
  product_id: int64,
  department: string,
  brand: string,
  product_category: string,
} as const;

export const PRODUCT_COLUMNS = Object.keys(PRODUCTS);

const KEY = ['product_id', 'store_id', 'week'] as const;

const source = read('source', SOURCE);
const products = read('products', PRODUCTS).filter((row) => not(isNull(row.product_id)));

/** Names of the row rules. A row may break several. */
export const RULES = [
  'week_range',
  'product_id_not_null',
  'store_id_not_null',
  'display_location_accepted',
  'mailer_location_accepted',
] as const;

/** One row: all of the source's rows, and those that the window filters out. */
export function countRows(weeks: Weeks) {
  return source.aggregate([], (row) => ({
    read: count(),
    filtered: countIf(and(weekKnown(row.week), not(within(row.week, weeks)))),
  }));
}

/** One row: the rows that broke a rule, and how many broke each. A bad week counts in any window. */
export function countBroken(weeks: Weeks) {
  return checked(source, (row) => candidate(row.week, weeks))
    .filter((row) => row.broken)
    .aggregate([], (row) => ({
      quarantined: count(),
      week_range: countIf(row.week_range),
      product_id_not_null: countIf(row.product_id_not_null),
      store_id_not_null: countIf(row.store_id_not_null),
      display_location_accepted: countIf(row.display_location_accepted),
      mailer_location_accepted: countIf(row.mailer_location_accepted),
    }));
}

/**
 * The rows that broke a rule: the source's columns as text, so that no value is too odd to be kept,
 * `rules`, `source_file` and `source_row_number`.
 */
export function brokenRows(columns: readonly string[], weeks: Weeks): Relation {
  const texts = columns.map((name, index): ReadField & { readonly from: string } => {
    return {
      name: `text_${String(index)}`,
      from: name,
      asText: true,
      type: string,
      nullable: true,
    };
  });
  const withOrigin = readFields<Kinds<typeof SOURCE> & Origin>('source', [
    ...Object.entries(SOURCE).map(([name, type]) => ({ name, type, nullable: true })),
    ...texts,
    { name: 'source_file', from: '__file', type: string, nullable: true },
    { name: 'source_row_number', from: '__row', type: int64, nullable: true },
  ]);
  return checked(withOrigin, (row) => candidate(row.week, weeks))
    .filter((row) => row.broken)
    .select((row) => ({
      ...Object.fromEntries(texts.map((field) => [field.from, columnOf(field)])),
      rules: presentOf(
        named('week_range', row.week_range),
        ...RULES.slice(1).map((rule) => named(rule, row[rule])),
      ),
      source_file: row.source_file,
      source_row_number: row.source_row_number,
    }));
}

/** The contract's columns of every row of these weeks that is loaded, one row a key. */
export function promotions(stamp: RunStamp, weeks: Weeks, withProducts: boolean) {
  const best = checked(source, (row) => within(row.week, weeks))
    .filter((row) => not(row.broken))
    .select((row) => ({
      product_id: row.product_id,
      store_id: row.store_id,
      week: row.week,
      display_code: row.display_code,
      mailer_code: row.mailer_code,
      promo_score: score(row.display_code, row.mailer_code),
    }))
    .dedupe({
      key: KEY,
      keep: [descending('promo_score'), ascending('display_code'), ascending('mailer_code')],
      dropped: 'deduplicated',
    });
  const named = withProducts
    ? best.leftJoin(products, ['product_id'])
    : best.derive(() => ({
        department: nullOf(string),
        brand: nullOf(string),
        product_category: nullOf(string),
      }));
  return named.select((row) => ({
    promo_id: md5(
      concat(
        cast(row.product_id, string),
        '|',
        cast(row.store_id, string),
        '|',
        cast(row.week, string),
      ),
    ),
    product_id: row.product_id,
    store_id: row.store_id,
    week: row.week,
    start_date: addDays(dateOf(WEEK_1_START), times(minus(row.week, 1), 7)),
    end_date: addDays(dateOf(WEEK_1_START), times(row.week, 7)),
    display_code: row.display_code,
    mailer_code: row.mailer_code,
    display_location: decode(row.display_code, DISPLAY_LOCATIONS),
    mailer_location: decode(row.mailer_code, MAILER_LOCATIONS),
    on_display: notEqual(row.display_code, '0'),
    in_mailer: notEqual(row.mailer_code, '0'),
    promo_score: row.promo_score,
    department: row.department,
    brand: row.brand,
    product_category: row.product_category,
    created_by: text(stamp.createdBy),
    loaded_at: instantOf(stamp.loadedAt),
  }));
}

/** One row: loaded rows and products that `products_table` does not have. */
export function unknownProducts(result: Relation) {
  return result
    .select((row) => ({ product_id: row['product_id'] as Expression<'int64'> }))
    .antiJoin(products, ['product_id'])
    .aggregate([], (row) => ({ rows: count(), products: countDistinct(row.product_id) }));
}

/** Products that are there more than once, the lowest first. */
export const repeatedProducts = products
  .aggregate(['product_id'], () => ({ rows: count() }))
  .filter((row) => notEqual(row.rows, 1))
  .sort([ascending('product_id')]);

type Kinds<T extends Readonly<Record<string, { readonly kind: unknown }>>> = {
  readonly [N in keyof T]: T[N]['kind'];
};
type Origin = Readonly<Record<'source_file', 'string'> & Record<'source_row_number', 'int64'>>;
type SourceRow = { readonly [N in keyof typeof SOURCE]: Expression<(typeof SOURCE)[N]['kind']> };

/** Rows that pass the condition on the raw columns, typed, with a column for each rule they broke. */
function checked<C extends Kinds<typeof SOURCE>>(
  rows: Relation<C>,
  condition: (row: SourceRow) => Expression<'bool'>,
) {
  return rows
    .filter((row) => condition(row))
    .derive((row) => ({
      week: when(weekKnown(row.week), cast(row.week, int32, { onError: 'null' })).orNull(),
      display_code: code(row.display_location, DISPLAY_LOCATIONS),
      mailer_code: code(row.mailer_location, MAILER_LOCATIONS),
    }))
    .derive((row) => ({
      week_range: isNull(row.week),
      product_id_not_null: isNull(row.product_id),
      store_id_not_null: isNull(row.store_id),
      display_location_accepted: unknown(row.display_code, DISPLAY_LOCATIONS),
      mailer_location_accepted: unknown(row.mailer_code, MAILER_LOCATIONS),
    }))
    .derive((row) => ({
      broken: or(
        row.week_range,
        row.product_id_not_null,
        row.store_id_not_null,
        row.display_location_accepted,
        row.mailer_location_accepted,
      ),
    }));
}

function weekKnown(week: Expression<'int64'>): Expression<'bool'> {
  return isBetween(week, FIRST_WEEK, LAST_WEEK);
}

/** Everything but what the window filters out. */
function candidate(week: Expression<'int64'>, weeks: Weeks): Expression<'bool'> {
  return weeks === undefined
    ? boolean(true)
    : or(isNull(week), not(weekKnown(week)), within(week, weeks));
}

/** Weeks follow each other, so a range says it all. */
function within(week: Expression<'int64'>, weeks: Weeks): Expression<'bool'> {
  if (weeks === undefined) return weekKnown(week);
  const [first] = weeks;
  const last = weeks.at(-1);
  return first === undefined || last === undefined ? boolean(false) : isBetween(week, first, last);
}

/** Nearly all values are a known code as they are, and need neither trimming nor raising. */
function code(raw: Expression<'string'>, codes: Readonly<Record<string, string>>) {
  return when(isIn(raw, Object.keys(codes)), raw).otherwise(upper(trim(raw)));
}

function unknown(value: Expression<'string'>, codes: Readonly<Record<string, string>>) {
  return or(isNull(value), not(isIn(value, Object.keys(codes))));
}

function decode(value: Expression<'string'>, codes: Readonly<Record<string, string>>) {
  const [first, ...others] = Object.entries(codes);
  if (first === undefined) return nullOf(string);
  return others
    .reduce(
      (cases, [key, name]) => cases.when(equal(value, key), name),
      when(equal(value, first[0]), text(first[1])),
    )
    .orNull();
}

function score(display: Expression<'string'>, mailer: Expression<'string'>) {
  const shown = when(notEqual(display, '0'), decimalNumber('1.00')).otherwise(
    decimalNumber('0.00'),
  );
  const mailed = when(equal(mailer, '0'), decimalNumber('0.00'))
    .when(isIn(mailer, PROMINENT_MAILER_CODES), decimalNumber('0.75'))
    .otherwise(decimalNumber('0.50'));
  return cast(plus(shown, mailed), decimal(5, 2));
}

function named(rule: string, broken: Expression<'bool'>): Expression<'string'> {
  return when(broken, text(rule)).orNull();
}
