import type { CallOf, Expression } from '../expression.ts';
import { MAX_PRECISION, planTypeName, type PlanType, type TypeOf } from '../types.ts';
import { doubleOf } from './arithmetic.ts';
import { INSTANTS } from './dates.ts';
import { failure } from './failure.ts';
import type { Arguments } from './printer.ts';
import { behindCase, castTo, tryCastTo } from './types.ts';

/*
 * DuckDB reads texts leniently (`1e3`, `0x10`, `1_000` and `1.5` are integers, `24-01-05` is a date),
 * rounds where the plan drops the fraction, and takes 2147483647.5 for -2147483648: each form is
 * checked before DuckDB sees it.
 */

const WHOLE = '[+-]?[0-9]+';
/** No exponent: DuckDB reads negative ones wrong, `5e-66` as 0.01. */
const DECIMAL = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)';
const FLOAT = `${DECIMAL}([eE][+-]?[0-9]+)?|NaN|-?Infinity`;
const DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const TIME = `${DATE}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?`;
const INSTANT = `${TIME}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])`;
/** Keeps year 0 out: texts of these forms are in the order of their dates. */
const FIRST_YEAR = '0001';

/** What a double must be between to be an integer once its fraction is dropped. */
const BOUNDS = {
  int32: ['-2147483649e0', '2147483648e0'],
  int64: ['-9223372036854775808e0', '9223372036854775808e0'],
} as const;

export function printCast([a]: Arguments, call: CallOf<'cast'>): string {
  const { to, onError } = call.parameters;
  const [source] = call.args;
  if (source === undefined) throw new TypeError('a cast has one argument');
  const orNull = castOrNull(source, a, to);
  if (orNull === undefined) return totalCast(source, a, to);
  if (onError === 'null') return orNull;
  // Between exact numbers DuckDB's own error names the value.
  if (isExact(source.type)) return behindCase(a, castTo(to, wholeOf(source.type, a, to)));
  const otherwise = failure(call, [a], `it is no ${planTypeName(to)}`);
  return `coalesce(${orNull}, case when ${a} is not null then ${otherwise} end)`;
}

/** A cast that has a result for every value. */
function totalCast(source: Expression, a: string, to: PlanType): string {
  const from: PlanType = source.type;
  if (to.kind === 'float64') return doubleOf(source, a);
  if (to.kind === 'binary') return `encode(${a})`;
  if (from.kind === 'decimal' && to.kind === 'string') return decimalText(from, a);
  if (to.kind === 'timestamp')
    return `(${castTo({ kind: 'localTimestamp' }, a)} at time zone 'UTC')`;
  if (from.kind === 'timestamp') return castTo(to, `(${a} at time zone 'UTC')`);
  return castTo(to, a);
}

/** Null where the cast has no result; undefined for a cast that always has one. */
function castOrNull(source: Expression, a: string, to: PlanType): string | undefined {
  const from: PlanType = source.type;
  if (from.kind === 'string') return textCast(a, to);
  if (from.kind === 'float64') return floatCast(a, to);
  if (!isExact(from) || !isExact(to)) return undefined;
  return behindCase(a, tryCastTo(to, wholeOf(from, a, to)));
}

function textCast(a: string, to: PlanType): string | undefined {
  const value = tryCastTo(to, a);
  switch (to.kind) {
    case 'bool':
      return `case lower(${a}) when 'true' then true when 'false' then false end`;
    case 'int32':
    case 'int64':
      return `case when ${matches(a, WHOLE)} then ${value} end`;
    case 'decimal':
      return `case when ${matches(a, DECIMAL)} then ${value} end`;
    case 'float64':
      return `case when ${matches(a, FLOAT)} then ${value} end`;
    case 'date':
      return `case when ${matches(a, DATE)} and ${a} >= '${FIRST_YEAR}' then ${value} end`;
    case 'localTimestamp':
      return `case when ${matches(a, TIME)} and ${a} >= '${FIRST_YEAR}' then ${value} end`;
    case 'timestamp':
      // Its zone can move it out of the calendar.
      return `case when ${matches(a, INSTANT)} and ${value} between ${INSTANTS} then ${value} end`;
    default:
      return undefined;
  }
}

function floatCast(a: string, to: PlanType): string | undefined {
  switch (to.kind) {
    case 'int32':
    case 'int64': {
      // NaN is above every number.
      const [low, high] = BOUNDS[to.kind];
      return `case when ${a} > ${low} and ${a} < ${high} then ${castTo(to, `trunc(${a})`)} end`;
    }
    case 'decimal':
      return floatToDecimal(a, to);
    default:
      return undefined;
  }
}

/** By the shortest text that means the double: 1.005 is 1.005, not the binary number next to it. */
function floatToDecimal(a: string, to: TypeOf<'decimal'>): string {
  const isTiny = `abs(${a}) < 0.5e-${String(to.scale)}`;
  const text = to.scale < MAX_PRECISION ? `cast(${a} as varchar)` : withoutExponent(a);
  // DuckDB reads `1e-05` as a 1 that it moves, for which the type must have room.
  const roomy = { ...to, precision: MAX_PRECISION };
  const rounded = tryCastTo(roomy, `case when ${isTiny} then '0' else ${text} end`);
  return behindCase(a, tryCastTo(to, rounded));
}

/** A double's text with all its zeros behind the point, `0.000015` for `1.5e-05`. */
function withoutExponent(a: string): string {
  const text = `cast(${a} as varchar)`;
  const zeros = `repeat('0', cast(split_part(${text}, 'e-', 2) as integer) - 1)`;
  const digits = `translate(split_part(${text}, 'e-', 1), '-.', '')`;
  const sign = `case when ${a} < 0 then '-' else '' end`;
  return `case when contains(${text}, 'e-') then ${sign} || '0.' || ${zeros} || ${digits} else ${text} end`;
}

function matches(a: string, pattern: string): string {
  return `regexp_full_match(${a}, '${pattern}')`;
}

/** DuckDB leaves out the zero in front of the point where all digits are behind it. */
function decimalText(type: TypeOf<'decimal'>, a: string): string {
  if (type.precision > type.scale) return `cast(${a} as varchar)`;
  // No decimal has one digit more.
  if (type.precision === MAX_PRECISION) return `replace(cast(${a} as varchar), '.', '0.')`;
  return `cast(${castTo({ ...type, precision: type.precision + 1 }, a)} as varchar)`;
}

type Exact = TypeOf<'int32' | 'int64' | 'decimal'>;

function isExact(type: PlanType): type is Exact {
  return type.kind === 'int32' || type.kind === 'int64' || type.kind === 'decimal';
}

/** A decimal that becomes an integer loses its fraction; DuckDB would round. */
function wholeOf(from: PlanType, a: string, to: PlanType): string {
  return from.kind === 'decimal' && to.kind !== 'decimal' ? `trunc(${a})` : a;
}
