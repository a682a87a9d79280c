import type { PlanType } from './types.ts';

/** What happens where a value has no result: the run fails and names it, or the result is null. */
export type OnError = 'fail' | 'null';

export type DateUnit = 'year' | 'quarter' | 'month' | 'week';
export type TimeUnit = 'day' | 'hour' | 'minute' | 'second';

type None = Readonly<Record<string, never>>;

/**
 * Every function of the plan with its constant parameters. Printers and evaluator are records over
 * these names, so that the compiler lists what one of them lacks; the conformance suite walks them.
 */
export interface FunctionParameters {
  equal: None;
  notEqual: None;
  less: None;
  lessOrEqual: None;
  greater: None;
  greaterOrEqual: None;
  /** Null-safe equality: two nulls are the same. */
  same: None;
  isNull: None;
  /** First argument in the others, which are literals and not null. */
  isIn: None;
  and: None;
  or: None;
  not: None;
  /** Condition, value, condition, value, ..., else. */
  caseWhen: None;
  coalesce: None;
  nullIf: None;
  /** Nulls are skipped. */
  greatest: None;
  least: None;
  plus: None;
  minus: None;
  times: None;
  negate: None;
  abs: None;
  /** Always float64. */
  divide: { readonly onZero: OnError };
  /** Integer division, truncated toward zero, always int64. */
  quotient: { readonly onZero: OnError };
  /** With the sign of the dividend, always int64. */
  remainder: { readonly onZero: OnError };
  sign: None;
  /** Decimals, half away from zero. */
  round: { readonly scale: number };
  floor: None;
  ceil: None;
  cast: { readonly to: PlanType; readonly onError: OnError };
  /** Null as soon as one argument is. */
  concat: None;
  /** ASCII letters only. */
  upper: None;
  lower: None;
  /** U+0020 only. */
  trim: None;
  trimStart: None;
  trimEnd: None;
  /** In code points. */
  length: None;
  byteLength: None;
  /** `start` from 1, in code points; `length` below zero counts as zero. */
  substring: { readonly start: number; readonly length: number };
  left: { readonly length: number };
  right: { readonly length: number };
  padStart: { readonly length: number; readonly pad: string };
  padEnd: { readonly length: number; readonly pad: string };
  replace: { readonly search: string; readonly replacement: string };
  contains: None;
  startsWith: None;
  endsWith: None;
  /** Of the second in the first, in code points from 1; 0 when it is not there. */
  position: None;
  split: { readonly separator: string };
  /** `index` from 1, or from -1 backwards; the empty text beyond the parts. */
  splitPart: { readonly separator: string; readonly index: number };
  /** `%` and `_` as in SQL; `!` escapes. */
  like: { readonly pattern: string };
  /** A match anywhere in the text; patterns of regex.ts. */
  matches: { readonly pattern: string };
  /** All matches; `$1` to `$9` are groups, `$$` is a dollar. */
  regexpReplace: { readonly pattern: string; readonly replacement: string };
  /** The empty text where nothing matches. */
  regexpExtract: { readonly pattern: string; readonly group: number };
  md5: None;
  sha256: None;
  /** The first 15 hex digits of a text's md5, as an int64. */
  hash60: None;
  /** Upper-case digits of the bytes. */
  hex: None;
  base64: None;
  /** Of float64, as an int64. */
  floatBits: None;
  addDays: None;
  /** Clamps to the month's last day. */
  addMonths: None;
  /** Days from the first to the second, int32. */
  daysBetween: None;
  /** Month boundaries crossed from the first to the second, int32. */
  monthsBetween: None;
  year: None;
  quarter: None;
  month: None;
  day: None;
  dayOfYear: None;
  isoWeek: None;
  isoYear: None;
  /** Monday is 1, Sunday 7. */
  isoWeekday: None;
  lastDayOfMonth: None;
  truncateDate: { readonly unit: DateUnit };
  hour: None;
  minute: None;
  second: None;
  truncateTime: { readonly unit: TimeUnit };
  /** Second argument int64. */
  addSeconds: None;
  epochMicros: None;
  /** An instant from int64 microseconds. */
  fromEpochMicros: None;
  listOf: None;
  /** The arguments that are not null, in order. */
  presentOf: None;
  listLength: None;
  /** `index` from 1; null beyond the list. */
  element: { readonly index: number };
  structOf: { readonly names: readonly string[] };
  field: { readonly name: string };
}

export type FunctionName = keyof FunctionParameters;
