import type { Call, CallOf, Expression } from '../expression.ts';
import { failure } from './failure.ts';
import type { Printers } from './printer.ts';
import { castTo } from './types.ts';

type Names =
  | ('plus' | 'minus' | 'times' | 'negate' | 'abs' | 'sign')
  | ('divide' | 'quotient' | 'remainder' | 'round' | 'floor' | 'ceil');

/** DuckDB keeps decimals of up to 18 digits in 64 bits, and never widens a result beyond them. */
const DIGITS_IN_64_BITS = 18;
/** Digits of a decimal below which it and its scale are exact as doubles. */
const DIGITS_IN_DOUBLE = 15;

/*
 * Decimals are cast to the type that they have already: of a null that is known when the query is
 * planned, DuckDB makes an integer (`cast(null as decimal(9,2)) + x`).
 */
export const ARITHMETIC: Printers<Names> = {
  plus: ([a, b], call) => sum(a, '+', b, call),
  minus: ([a, b], call) => sum(a, '-', b, call),
  times([a, b], { type, args }) {
    const [left] = args;
    if (type.kind !== 'decimal' || left?.type.kind !== 'decimal') return `(${a} * ${b})`;
    if (type.precision <= DIGITS_IN_64_BITS) return castTo(type, `${a} * ${b}`);
    const { precision, scale } = left.type;
    const wide = { ...left.type, precision: Math.max(DIGITS_IN_64_BITS + 1, precision), scale };
    return castTo(type, `${castTo(wide, a)} * ${b}`);
  },
  negate: ([a], { type }) => (type.kind === 'decimal' ? castTo(type, `-${a}`) : `(-${a})`),
  abs: ([a], { type }) => (type.kind === 'decimal' ? castTo(type, `abs(${a})`) : `abs(${a})`),
  sign: ([a]) => `cast(sign(${a}) as integer)`,
  divide(sql, call) {
    const [a, b] = call.args.map((each, index) => doubleOf(each, sql[index] ?? '')) as [
      string,
      string,
    ];
    return guarded(call, sql, `(${a} / ${b})`, `(${a} / nullif(${b}, 0))`);
  },
  quotient(sql, call) {
    const [a, b] = sql;
    const wide = `cast(${a} as bigint)`;
    return guarded(call, sql, `(${wide} // ${b})`, `(${wide} // nullif(${b}, 0))`);
  },
  remainder(sql, call) {
    const [a, b] = sql;
    // The least int64 % -1 is an error here, since its quotient is; x % 1 is always the same as x % -1.
    const divisor = isKnown(call.args[1]) ? b : `case when ${b} = -1 then 1 else ${b} end`;
    const wide = `cast(${a} as bigint)`;
    return guarded(call, sql, `(${wide} % ${divisor})`, `(${wide} % nullif(${divisor}, 0))`);
  },
  round: ([a], { type, parameters }) => castTo(type, `round(${a}, ${String(parameters.scale)})`),
  // Adding zero turns -0.0 into 0.0.
  floor: ([a], { type }) =>
    type.kind === 'decimal' ? castTo(type, `floor(${a})`) : `(floor(${a}) + 0e0)`,
  ceil: ([a], { type }) =>
    type.kind === 'decimal' ? castTo(type, `ceil(${a})`) : `(ceil(${a}) + 0e0)`,
};

function sum(a: string, sign: '+' | '-', b: string, { type, args }: Call): string {
  if (type.kind !== 'decimal') return `(${a} ${sign} ${b})`;
  const widest = Math.max(
    ...args.map((each) => (each.type.kind === 'decimal' ? each.type.precision : 0)),
  );
  const isNatural = type.precision <= DIGITS_IN_64_BITS || widest > DIGITS_IN_64_BITS;
  if (isNatural) return castTo(type, `${a} ${sign} ${b}`);
  return castTo(type, `${castTo(type, a)} ${sign} ${castTo(type, b)}`);
}

/** A number as the nearest double. Beyond 15 digits DuckDB's own cast from a decimal rounds twice. */
export function doubleOf({ type }: Expression, sql: string): string {
  if (type.kind === 'float64') return sql;
  const isExact = type.kind !== 'decimal' || type.precision <= DIGITS_IN_DOUBLE;
  return isExact ? `cast(${sql} as double)` : `cast(cast(${sql} as varchar) as double)`;
}

/** A division, with what the plan wants of a divisor that is zero. */
function guarded(
  call: CallOf<'divide' | 'quotient' | 'remainder'>,
  [a, b]: readonly [string, string, ...string[]],
  division: string,
  orNull: string,
): string {
  const [dividend, divisor] = call.args;
  if (isKnown(divisor)) return division;
  if (call.parameters.onZero === 'null') return orNull;
  const isZero = dividend?.nullable === false ? `${b} = 0` : `${b} = 0 and ${a} is not null`;
  return `case when ${isZero} then ${failure(call, [a, b], 'division by zero')} else ${division} end`;
}

/** A literal divisor that is neither 0 nor -1. */
function isKnown(divisor: Expression | undefined): boolean {
  if (divisor?.op !== 'literal' || divisor.value === null) return false;
  return Number(divisor.value) !== 0 && Number(divisor.value) !== -1;
}
