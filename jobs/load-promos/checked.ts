import { cast } from '../../plan/expressions/cast.ts';
import type { Expression } from '../../plan/expression.ts';
import { isBetween, isIn, isNull } from '../../plan/expressions/comparison.ts';
import { when } from '../../plan/expressions/conditional.ts';
import { boolean, nullOf } from '../../plan/expressions/literal.ts';
import { and, not, or } from '../../plan/expressions/logic.ts';
import { trim, upper } from '../../plan/expressions/text.ts';
import { type ColumnsIn, read, readFields, type Relation } from '../../plan/plan.ts';
import type { ReadField } from '../../plan/relation.ts';
import { int32, int64, string } from '../../plan/types.ts';
import { columnsOfRules, type Rules, withAction, withRules } from '../quality/rules.ts';
import type { SourceReading } from '../source-reading.ts';
import { DISPLAY_LOCATIONS, FIRST_WEEK, LAST_WEEK, MAILER_LOCATIONS } from './contract.ts';

/*
 * The source's rows, typed, with what they broke. Conditions on the raw week come first, so that a
 * scan can skip what they exclude.
 */

/** The weeks of the window, which follow each other; undefined: all. */
export type Weeks = readonly number[] | undefined;

/** What a config adds to the transform. */
export interface Extras {
  readonly withProducts: boolean;
  /** Columns that only rules read. */
  readonly columns: readonly ReadField[];
  readonly rules: Rules;
  /** Where the source is not as the job knows it. */
  readonly reading: SourceReading;
}

/** Integers beyond int64 read as null: they are as bad a key as none. */
export const SOURCE = {
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

export const products = read('products', PRODUCTS).filter((row) => not(isNull(row.product_id)));

/** Names of the row rules. A row may break several. */
export const RULES = [
  'week_range',
  'product_id_not_null',
  'store_id_not_null',
  'display_location_accepted',
  'mailer_location_accepted',
] as const;

type SourceColumns = { readonly [N in keyof typeof SOURCE]: (typeof SOURCE)[N]['kind'] };
type SourceRow = ColumnsIn<SourceColumns>;
type Flags = Readonly<Record<(typeof RULES)[number] | 'broken', 'bool'>>;
type Codes = Readonly<Record<'display_code' | 'mailer_code', 'string'>>;
export type CheckedColumns = Omit<SourceColumns, 'week'> & { readonly week: 'int32' } & Codes &
  Flags;

/** @param more - columns besides those of the transform. */
export function readSource(
  { fields, columns }: SourceReading,
  more: readonly ReadField[],
): Relation<SourceColumns> {
  const own = Object.entries(SOURCE)
    .filter(([name]) => !(name in columns))
    .map(([name, type]) => ({ name, type, nullable: true }));
  const source = readFields<SourceColumns>('source', [...own, ...fields, ...more]);
  return Object.keys(columns).length === 0
    ? source
    : (source.derive(() => columns) as unknown as Relation<SourceColumns>);
}

/** Rows that pass the condition on the raw columns, with the codes as they are loaded. */
export function typed(
  rows: Relation<SourceColumns>,
  condition: (row: SourceRow) => Expression<'bool'>,
) {
  return rows
    .filter((row) => condition(row))
    .derive((row) => ({
      week: when(weekKnown(row.week), cast(row.week, int32, { onError: 'null' })).orNull(),
      display_code: code(row.display_location, DISPLAY_LOCATIONS),
      mailer_code: code(row.mailer_location, MAILER_LOCATIONS),
    }));
}

/** The same with a column for each rule, and `broken` where a row goes to quarantine. */
export function checked(
  rows: Relation<SourceColumns>,
  condition: (row: SourceRow) => Expression<'bool'>,
  { rules, withProducts, reading }: Extras,
): Relation<CheckedColumns> {
  const builtIn = typed(rows, condition).derive((row) => ({
    week_range: isNull(row.week),
    product_id_not_null: isNull(row.product_id),
    store_id_not_null: isNull(row.store_id),
    display_location_accepted: unknown(row.display_code, DISPLAY_LOCATIONS),
    mailer_location_accepted: unknown(row.mailer_code, MAILER_LOCATIONS),
  }));
  const used = columnsOfRules(rules);
  const named = ['department', 'brand', 'product_category'].some((name) => used.has(name))
    ? withNames(builtIn, withProducts)
    : builtIn;
  const flagged = withRules(named, rules.rows) as unknown as typeof builtIn;
  const quarantining = [
    ...reading.rules.filter(({ action }) => action === 'quarantine'),
    ...withAction(rules, 'quarantine'),
  ].map(({ flag }) => columnNamed(flag));
  return flagged.derive((row) => ({
    broken: or(...RULES.map((rule) => row[rule]), ...quarantining),
  }));
}

/** Left out without being kept: a rule says so, and none sends the row to quarantine. */
export function isDropped(broken: Expression<'bool'>, rules: Rules): Expression<'bool'> {
  const drops = withAction(rules, 'drop').map(({ flag }) => columnNamed(flag));
  return drops.length === 0 ? boolean(false) : and(not(broken), or(...drops));
}

/** Not set aside. */
export function goesOn(broken: Expression<'bool'>, rules: Rules): Expression<'bool'> {
  const drops = withAction(rules, 'drop').map(({ flag }) => columnNamed(flag));
  return drops.length === 0 ? not(broken) : not(or(broken, ...drops));
}

/** The rows with what `products_table` says of them; without one, nulls. */
export function withNames<C extends { readonly product_id: 'int64' }>(
  rows: Relation<C>,
  withProducts: boolean,
) {
  const known = rows as unknown as Relation<{ readonly product_id: 'int64' }>;
  return (withProducts
    ? known.leftJoin(products, ['product_id'])
    : known.derive(() => ({
        department: nullOf(string),
        brand: nullOf(string),
        product_category: nullOf(string),
      }))) as unknown as Relation<
    C & Readonly<Record<'department' | 'brand' | 'product_category', 'string'>>
  >;
}

/** A flag of a rule, by its name. */
export function columnNamed(name: string): Expression<'bool'> {
  return { op: 'column', name, type: { kind: 'bool' }, nullable: false };
}

export function weekKnown(week: Expression<'int64'>): Expression<'bool'> {
  return isBetween(week, FIRST_WEEK, LAST_WEEK);
}

/** Everything but what the window filters out. */
export function candidate(week: Expression<'int64'>, weeks: Weeks): Expression<'bool'> {
  return weeks === undefined
    ? boolean(true)
    : or(isNull(week), not(weekKnown(week)), within(week, weeks));
}

/** Weeks follow each other, so a range says it all. */
export function within(week: Expression<'int64'>, weeks: Weeks): Expression<'bool'> {
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
