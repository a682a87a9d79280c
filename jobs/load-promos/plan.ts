import type { Column } from '../../core/schema.ts';
import { type Aggregate, count, countDistinct, countIf, max } from '../../plan/aggregate.ts';
import type { Expression } from '../../plan/expression.ts';
import { minus, plus, times } from '../../plan/expressions/arithmetic.ts';
import { cast } from '../../plan/expressions/cast.ts';
import { equal, isIn, notEqual } from '../../plan/expressions/comparison.ts';
import { when } from '../../plan/expressions/conditional.ts';
import { addDays } from '../../plan/expressions/date.ts';
import { md5 } from '../../plan/expressions/hash.ts';
import { dateOf, decimalNumber, instantOf, nullOf, text } from '../../plan/expressions/literal.ts';
import { and, not, or } from '../../plan/expressions/logic.ts';
import { presentOf } from '../../plan/expressions/nested.ts';
import { concat } from '../../plan/expressions/text.ts';
import { ascending, type ColumnsIn, columnOf, descending, type Relation } from '../../plan/plan.ts';
import type { ReadField } from '../../plan/relation.ts';
import { decimal, int64, string } from '../../plan/types.ts';
import { NO_RULES, type RowCheck, withAction } from '../quality/rules.ts';
import type { SchemaRule } from '../source-reading.ts';
import { planTypeOf } from '../source-values.ts';
import type { RunStamp } from '../transform.ts';
import {
  candidate,
  checked,
  columnNamed,
  type Extras,
  goesOn,
  isDropped,
  products,
  readSource,
  RULES,
  type Weeks,
  weekKnown,
  withNames,
  within,
} from './checked.ts';
import {
  DISPLAY_LOCATIONS,
  MAILER_LOCATIONS,
  PROMINENT_MAILER_CODES,
  WEEK_1_START,
} from './contract.ts';

/*
 * The transform, in the order of the contract: rows that break a rule, the window, the best row of a
 * key, the product's names.
 */

export const KEY = ['product_id', 'store_id', 'week'] as const;

/** One row: all of the source's rows, and those that the window filters out. */
export function countRows(weeks: Weeks, { reading }: Extras) {
  return readSource(reading, []).aggregate([], (row) => ({
    read: count(),
    filtered: countIf(and(weekKnown(row.week), not(within(row.week, weeks)))),
  }));
}

/**
 * One row: the rows that are set aside, how many broke each rule, and the newest value where a rule
 * asks for it. A bad week counts in any window; rules that set nothing aside count the rows that go on.
 */
export function countBroken(weeks: Weeks, extras: Extras) {
  const { rules, reading } = extras;
  const schema = (action: SchemaRule['action']) =>
    reading.rules.filter((rule) => rule.action === action);
  const taking = [...schema('quarantine'), ...withAction(rules, 'quarantine', 'drop')];
  const looking = [...schema('warn'), ...withAction(rules, 'fail', 'warn')];
  const all = checkedSource(extras, weeks);
  // Only the newest value needs rows that nothing is wrong with.
  const rows =
    rules.freshness.length > 0
      ? all
      : all.filter((row) =>
          or(row.broken, ...[...taking, ...looking].map(({ flag }) => columnNamed(flag))),
        );
  return rows.aggregate([], (row) => {
    const stays = goesOn(row.broken, rules);
    return {
      quarantined: countIf(row.broken),
      dropped: countIf(isDropped(row.broken, rules)),
      ...Object.fromEntries(RULES.map((rule) => [rule, countIf(row[rule])])),
      ...Object.fromEntries(taking.map(({ flag }) => [flag, countIf(columnNamed(flag))])),
      ...Object.fromEntries(
        looking.map(({ flag }) => [flag, countIf(and(stays, columnNamed(flag)))]),
      ),
      ...Object.fromEntries(
        rules.freshness.map(({ name, value }): [string, Aggregate] => [
          `newest_${name}`,
          max(when(stays, value).orNull()),
        ]),
      ),
    };
  });
}

/** The keys of a few rows that break a rule, the lowest first. */
export function samplesOf({ flag, config }: RowCheck, weeks: Weeks, extras: Extras, limit: number) {
  const isTaking = config.action === 'quarantine' || config.action === 'drop';
  return checkedSource(extras, weeks)
    .filter((row) => {
      const isBroken = columnNamed(flag);
      return isTaking ? isBroken : and(isBroken, goesOn(row.broken, extras.rules));
    })
    .select(({ product_id, store_id, week }) => ({ product_id, store_id, week }))
    .sort(
      KEY.map((name) => ascending(name)),
      limit,
    );
}

/**
 * The rows that broke a rule: the source's columns as text, so that no value is too odd to be kept,
 * `rules`, `source_file` and `source_row_number`.
 */
export function brokenRows(columns: readonly string[], weeks: Weeks, all: Extras): Relation {
  const extras = deciding(all);
  const texts = columns.map((name, index): ReadField & { readonly from: string } => {
    return {
      name: `text_${String(index)}`,
      from: name,
      asText: true,
      type: string,
      nullable: true,
    };
  });
  const file: ReadField = { name: 'source_file', from: '__file', type: string, nullable: true };
  const number: ReadField = {
    name: 'source_row_number',
    from: '__row',
    type: int64,
    nullable: true,
  };
  const quarantining = extras.reading.rules.filter(({ action }) => action === 'quarantine');
  const withOrigin = readSource(extras.reading, [...extras.columns, ...texts, file, number]);
  return checked(withOrigin, (row) => candidate(row.week, weeks), extras)
    .filter((row) => row.broken)
    .select((row) => ({
      ...Object.fromEntries(texts.map((field) => [field.from, columnOf(field)])),
      rules: presentOf(
        named('week_range', row.week_range),
        ...RULES.slice(1).map((rule) => named(rule, row[rule])),
        ...quarantining.map(({ rule, flag }) => named(rule, columnNamed(flag))),
        ...extras.rules.rows.map(({ name, flag }) => named(name, columnNamed(flag))),
      ),
      source_file: columnOf(file),
      source_row_number: columnOf(number),
    }));
}

/** The contract's columns of every row of these weeks that is loaded, one row a key. */
export function promotions(stamp: RunStamp, weeks: Weeks, all: Extras) {
  const extras = deciding(all);
  const { reading } = extras;
  const { carried } = reading;
  const source = readSource(reading, extras.columns);
  const best = checked(source, (row) => within(row.week, weeks), extras)
    .filter((row) => goesOn(row.broken, extras.rules))
    .select((row) => ({
      product_id: row.product_id,
      store_id: row.store_id,
      week: row.week,
      display_code: row.display_code,
      mailer_code: row.mailer_code,
      promo_score: score(row.display_code, row.mailer_code),
      ...Object.fromEntries(carried.map(({ name, column }) => [name, carriedColumn(name, column)])),
    }))
    .dedupe({
      key: KEY,
      keep: [
        descending('promo_score'),
        ascending('display_code'),
        ascending('mailer_code'),
        ...carried.map(({ name }) => ascending(name as 'promo_score')),
      ],
      dropped: 'deduplicated',
    });
  return withNames(best, extras.withProducts).select((row) => ({
    ...ownColumns(row, row.promo_score),
    department: row.department,
    brand: row.brand,
    product_category: row.product_category,
    created_by: text(stamp.createdBy),
    loaded_at: instantOf(stamp.loadedAt),
    ...Object.fromEntries(
      carried.map(({ name, column }) => [column.name, carriedColumn(name, column)]),
    ),
  }));
}

function carriedColumn(name: string, { type }: Column): Expression {
  return columnOf({ name, type: planTypeOf(type), nullable: true });
}

function checkedSource(extras: Extras, weeks: Weeks) {
  const source = readSource(extras.reading, extras.columns);
  return checked(source, (row) => candidate(row.week, weeks), extras);
}

/** With only those rules that set rows aside: the others change nothing in what is loaded. */
function deciding(extras: Extras): Extras {
  const { rules } = extras;
  return { ...extras, rules: { ...NO_RULES, rows: withAction(rules, 'quarantine', 'drop') } };
}

/** The contract's columns that a row has by itself. */
export function ownColumns(
  row: ColumnsIn<{
    readonly product_id: 'int64';
    readonly store_id: 'int64';
    readonly week: 'int32';
    readonly display_code: 'string';
    readonly mailer_code: 'string';
  }>,
  promoScore: Expression<'decimal'> = score(row.display_code, row.mailer_code),
) {
  return {
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
    promo_score: promoScore,
  };
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
