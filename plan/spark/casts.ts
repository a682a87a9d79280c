import { planTypeName, type PlanType, type TypeOf } from '../types.ts';
import { doubleOf } from './arithmetic.ts';
import { FIRST_MICROS, LAST_MICROS } from './calendar.ts';
import { sparkText } from './names.ts';
import type { Printer } from './printer.ts';
import { sparkType } from './types.ts';
import { failure } from './failure.ts';

/* Strict where Spark is lenient: each text form is checked before Spark reads it. */

const WHOLE = '[+-]?[0-9]+';
const DECIMAL = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)';
const FLOAT = `${DECIMAL}([eE][+-]?[0-9]+)?|NaN|-?Infinity`;
const DATE = '(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}';
const TIME = `${DATE}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?`;
const INSTANT = `${TIME}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])`;

/** Java writes float64s below 10^16 with no digit too many. */
const RELIABLE_DIGITS = 16;

/** Bounds that a float64 must be above and below to be a whole number of the type. */
const RANGES = {
  int32: ['-2147483649e0', '2147483648e0'],
  // -2^63 is not one: engines differ there.
  int64: ['-9223372036854775808e0', '9223372036854775808e0'],
} as const;

export const printCast: Printer<'cast'> = ([a], call) => {
  const { to, onError } = call.parameters;
  const from = call.args[0]?.type ?? to;
  const orNull = castOrNull(a, from, to);
  if (orNull === undefined) return totalCast(a, from, to);
  if (onError === 'null') return orNull;
  // Between exact numbers Spark's own error names the value.
  if (isExact(from) && isExact(to)) return `cast(${a} as ${sparkType(to)})`;
  const failed = failure(call, [a], `it is no ${planTypeName(to)}`);
  return `coalesce(${orNull}, case when ${a} is not null then ${failed} end)`;
};

/** A cast that has a result for every value. */
function totalCast(a: string, from: PlanType, to: PlanType): string {
  if (to.kind === 'float64') return doubleOf(a, from);
  // By itself Spark gives an instant's text without its zone, as the session's zone has it.
  if (from.kind === 'timestamp' && to.kind === 'string') {
    return `cast(cast(${a} as timestamp_ntz) as string)`;
  }
  return `cast(${a} as ${sparkType(to)})`;
}

/** Null where the cast has no result; undefined for a cast that always has one. */
function castOrNull(a: string, from: PlanType, to: PlanType): string | undefined {
  const direct = `try_cast(${a} as ${sparkType(to)})`;
  if (from.kind === 'string') return textCast(a, to, direct);
  if (from.kind === 'float64') return floatCast(a, to);
  if (isExact(from) && isExact(to)) return isWidening(from, to) ? undefined : direct;
  return undefined;
}

function textCast(a: string, to: PlanType, direct: string): string | undefined {
  switch (to.kind) {
    case 'bool':
      return `case lower(${a}) when 'true' then true when 'false' then false end`;
    case 'int32':
    case 'int64':
      return whenMatching(a, WHOLE, direct);
    case 'decimal':
      return whenMatching(a, DECIMAL, direct);
    case 'float64':
      return whenMatching(a, FLOAT, direct);
    case 'date':
      return whenMatching(a, DATE, direct);
    case 'localTimestamp':
      return whenMatching(a, TIME, direct);
    case 'timestamp': {
      // Its zone can move it out of the calendar.
      const inside = `unix_micros(${direct}) between ${FIRST_MICROS} and ${LAST_MICROS}`;
      return `case when ${matching(a, INSTANT)} and ${inside} then ${direct} end`;
    }
    default:
      return undefined;
  }
}

function floatCast(a: string, to: PlanType): string | undefined {
  switch (to.kind) {
    case 'int32':
    case 'int64': {
      // Spark takes 2^63 for the greatest bigint. NaN is above every number.
      const [low, high] = RANGES[to.kind];
      return `case when ${a} > ${low} and ${a} < ${high} then cast(${a} as ${sparkType(to)}) end`;
    }
    case 'decimal':
      // From the shortest text that means the float: 1.005 is 1.005, not what binary makes of it.
      return to.precision - to.scale <= RELIABLE_DIGITS
        ? `try_cast(cast(${a} as string) as ${sparkType(to)})`
        : `get(transform(array(cast(${a} as string)), t -> ${shortened(to)}), 0)`;
    default:
      return undefined;
  }
}

/**
 * The decimal of `t`, a text of a float64 that has digits more than it needs: up to Java 18, 1e23 is
 * `9.999999999999999E22` and 70482509556371580 is `7.0482509556371584E16`. The first rounding to 15,
 * 16 or 17 digits that still means the same float64 is taken.
 */
function shortened(to: PlanType): string {
  const type = sparkType(to);
  const cases = [14, 15, 16].map((digits) => {
    const mantissa = `round(try_cast(substring_index(t, 'E', 1) as decimal(20,18)), ${digits})`;
    const rounded = `concat(cast(${mantissa} as string), 'E', substring_index(t, 'E', -1))`;
    return `when try_cast(${rounded} as double) = cast(t as double) then try_cast(${rounded} as ${type})`;
  });
  return `case ${cases.join(' ')} else try_cast(t as ${type}) end`;
}

function whenMatching(a: string, pattern: string, value: string): string {
  return `case when ${matching(a, pattern)} then ${value} end`;
}

function matching(a: string, pattern: string): string {
  return `${a} rlike ${sparkText(`\\A(${pattern})\\z`)}`;
}

type Exact = TypeOf<'int32' | 'int64' | 'decimal'>;

function isExact(type: PlanType): type is Exact {
  return type.kind === 'int32' || type.kind === 'int64' || type.kind === 'decimal';
}

function isWidening(from: Exact, to: Exact): boolean {
  return from.kind === to.kind
    ? from.kind !== 'decimal'
    : from.kind === 'int32' && to.kind === 'int64';
}
