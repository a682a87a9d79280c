import type { Expression } from '../../../../plan/expression.ts';
import * as arithmetic from '../../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../../plan/expressions/cast.ts';
import * as comparison from '../../../../plan/expressions/comparison.ts';
import {
  coalesce,
  greatest,
  least,
  nullIf,
  when,
} from '../../../../plan/expressions/conditional.ts';
import * as dates from '../../../../plan/expressions/date.ts';
import { hash60, hex, md5 } from '../../../../plan/expressions/hash.ts';
import { and, not, or } from '../../../../plan/expressions/logic.ts';
import { element, presentOf } from '../../../../plan/expressions/nested.ts';
import * as texts from '../../../../plan/expressions/text.ts';
import * as times from '../../../../plan/expressions/time.ts';
import {
  bool,
  date,
  float64,
  int32,
  int64,
  type Kind,
  localTimestamp,
  type OrderedKind,
  type PlanType,
  string,
  timestamp,
  type TypeOf,
} from '../../../../plan/types.ts';
import { columnTypes, MONEY } from './columns.ts';

/** Gives an argument of a type. */
type Argument = <K extends Kind>(type: TypeOf<K>) => Expression<K>;
type Production = (argument: (type: PlanType) => Expression, pick: number) => Expression;

const TYPES = Object.values(columnTypes) as readonly TypeOf<OrderedKind>[];
const orNull = { onError: 'null' } as const;

/** Productions see arguments of the kind that they ask for. */
function typed(build: (argument: Argument, pick: number) => Expression): Production {
  return (argument, pick) => build(argument as unknown as Argument, pick);
}

function chosen<T>(items: readonly [T, ...T[]], pick: number): T {
  return items[pick % items.length] ?? items[0];
}

/** What any ordered type can be made by. */
function choices(type: TypeOf<OrderedKind>): readonly Production[] {
  return [
    typed((a) => when(a(bool), a(type)).otherwise(a(type))),
    typed((a) => coalesce(a(type), a(type))),
    typed((a) => nullIf(a(type), a(type))),
    typed((a) => greatest(a(type), a(type))),
    typed((a) => least(a(type), a(type))),
  ];
}

type Compare = (a: Expression<OrderedKind>, b: Expression<OrderedKind>) => Expression;

const COMPARE: readonly [Compare, ...Compare[]] = [
  comparison.equal,
  comparison.less,
  comparison.greaterOrEqual,
  comparison.same,
  comparison.notEqual,
];

const comparisons = TYPES.map((type) =>
  typed((a, pick) => chosen(COMPARE, pick)(a(type), a(type))),
);

/** Calls by the kind that they give, all of them with a value, or null, for every row. */
export const PRODUCTIONS: Partial<Record<Kind, readonly Production[]>> = {
  bool: [
    ...comparisons,
    typed((a) => and(a(bool), a(bool))),
    typed((a) => or(a(bool), a(bool))),
    typed((a) => not(a(bool))),
    typed((a, pick) =>
      comparison.isNull(a(chosen<TypeOf<OrderedKind>>([string, int64, date], pick))),
    ),
    typed((a) => comparison.isIn(a(string), ['a', '', 'abc'])),
    typed((a) => texts.contains(a(string), a(string))),
    typed((a) => texts.startsWith(a(string), a(string))),
    typed((a, pick) => texts.like(a(string), chosen(['%a%', '_', '!%%', '%b'], pick))),
    typed((a, pick) => texts.matches(a(string), chosen(['^a', '\\d+$', '[^a-z]', 'b.c'], pick))),
  ],
  int32: [
    ...choices(int32),
    typed((a) => cast(a(int64), int32, orNull)),
    typed((a) => cast(a(float64), int32, orNull)),
    typed((a) => cast(a(string), int32, orNull)),
    typed((a) => texts.length(a(string))),
    typed((a) => texts.position(a(string), a(string))),
    typed((a) => dates.daysBetween(a(date), a(date))),
    typed((a, pick) =>
      chosen([dates.year, dates.isoWeek, dates.isoYear, dates.dayOfYear, dates.day], pick)(a(date)),
    ),
    typed((a, pick) => chosen([times.hour, times.second], pick)(a(timestamp))),
    typed((a) => arithmetic.sign(a(MONEY))),
  ],
  int64: [
    ...choices(int64),
    typed((a) => cast(a(int32), int64)),
    typed((a) => arithmetic.plus(cast(a(int32), int64), cast(a(int32), int64))),
    typed((a) => arithmetic.times(cast(a(int32), int64), cast(a(int32), int64))),
    typed((a) => arithmetic.quotient(a(int32), a(int32), { onZero: 'null' })),
    typed((a) => arithmetic.remainder(a(int64), a(int64), { onZero: 'null' })),
    typed((a) => times.epochMicros(a(localTimestamp))),
    typed((a) => hash60(a(string))),
    typed((a) => cast(a(string), int64, orNull)),
  ],
  float64: [
    ...choices(float64),
    typed((a) => arithmetic.plus(a(float64), a(float64))),
    typed((a) => arithmetic.times(a(float64), a(float64))),
    typed((a) => arithmetic.minus(a(float64), a(float64))),
    typed((a) => arithmetic.divide(a(int64), a(int64), { onZero: 'null' })),
    typed((a) => arithmetic.divide(a(float64), a(float64), { onZero: 'null' })),
    typed((a) => arithmetic.divide(a(MONEY), a(MONEY), { onZero: 'null' })),
    typed((a, pick) => chosen([arithmetic.floor, arithmetic.ceil], pick)(a(float64))),
    typed((a) => cast(a(int64), float64)),
    typed((a) => cast(a(MONEY), float64)),
    typed((a) => cast(a(string), float64, orNull)),
  ],
  decimal: [
    ...choices(MONEY),
    typed((a) => cast(arithmetic.plus(a(MONEY), a(MONEY)), MONEY, orNull)),
    typed((a) => cast(arithmetic.times(a(MONEY), a(MONEY)), MONEY, orNull)),
    typed((a) => cast(arithmetic.round(a(MONEY), 1), MONEY, orNull)),
    typed((a) => cast(arithmetic.floor(a(MONEY)), MONEY, orNull)),
    typed((a) => cast(a(float64), MONEY, orNull)),
    typed((a) => cast(a(int64), MONEY, orNull)),
    typed((a) => cast(a(string), MONEY, orNull)),
    typed((a) => arithmetic.negate(a(MONEY))),
  ],
  string: [
    ...choices(string),
    typed((a) => texts.concat(a(string), '|', a(string))),
    typed((a, pick) =>
      chosen([texts.upper, texts.lower, texts.trim, texts.trimEnd], pick)(a(string)),
    ),
    typed((a, pick) => texts.substring(a(string), 1 + (pick % 4), pick % 5)),
    typed((a, pick) => texts.right(a(string), pick % 4)),
    typed((a, pick) => texts.padStart(a(string), pick % 9, 'é0')),
    typed((a) => texts.replace(a(string), 'a', "'")),
    typed((a, pick) => texts.splitPart(a(string), ',', (pick % 3) + 1)),
    typed((a) => texts.regexpReplace(a(string), '([a-c])(.)?', '$2$1')),
    typed((a) => texts.regexpExtract(a(string), '(\\d+)', 1)),
    typed((a) => element(texts.split(a(string), '.'), 1, string)),
    typed((a) => element(presentOf(a(string), a(string)), 1, string)),
    typed((a) => md5(a(string))),
    typed((a) => hex(a(string))),
    typed((a) => cast(a(int64), string)),
    typed((a) => cast(a(MONEY), string)),
    typed((a) => cast(a(date), string)),
    typed((a) => cast(a(timestamp), string)),
  ],
  date: [
    ...choices(date),
    typed((a) => dates.lastDayOfMonth(a(date))),
    typed((a, pick) =>
      dates.truncateDate(a(date), chosen(['year', 'quarter', 'month', 'week'], pick)),
    ),
    typed((a) => cast(a(timestamp), date)),
    typed((a) => cast(a(localTimestamp), date)),
    typed((a) => cast(a(string), date, orNull)),
  ],
  timestamp: [
    ...choices(timestamp),
    typed((a, pick) => times.truncateTime(a(timestamp), chosen(['day', 'hour', 'second'], pick))),
    typed((a) => cast(a(date), timestamp)),
    typed((a) => cast(a(localTimestamp), timestamp)),
    typed((a) => cast(a(string), timestamp, orNull)),
  ],
  localTimestamp: [
    ...choices(localTimestamp),
    typed((a, pick) => times.truncateTime(a(localTimestamp), chosen(['minute', 'day'], pick))),
    typed((a) => cast(a(timestamp), localTimestamp)),
    typed((a) => cast(a(string), localTimestamp, orNull)),
  ],
};

/** Calls that end the run for some values. */
export const PARTIAL: readonly Production[] = [
  typed((a) => arithmetic.plus(a(int32), a(int32))),
  typed((a) => arithmetic.times(a(int64), a(int64))),
  typed((a) => arithmetic.negate(a(int64))),
  typed((a) => arithmetic.remainder(a(int32), a(int32), { onZero: 'fail' })),
  typed((a) => arithmetic.divide(a(float64), a(float64), { onZero: 'fail' })),
  typed((a) => cast(a(string), int32)),
  typed((a) => cast(a(float64), int64)),
  typed((a) => cast(a(MONEY), int32)),
  typed((a) => dates.addDays(a(date), a(int32))),
  typed((a) => dates.addMonths(a(date), a(int32))),
  typed((a) => times.addSeconds(a(timestamp), a(int64))),
  typed((a) => times.fromEpochMicros(a(int64))),
];
