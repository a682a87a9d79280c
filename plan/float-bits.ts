/** What a dialect of SQL says in its own words. */
export interface FloatWords {
  /** The type of 64 bits: `double`. */
  readonly double: string;
  readonly isNaN: (value: string) => string;
  /** `use` over a value that is computed once, where the dialect has a way to say so. */
  readonly bind: (value: string, name: string, use: (value: string) => string) => string;
}

/** `Double.doubleToLongBits` of NaN and infinity. */
const NAN_BITS = '9221120237041090560';
const INFINITY_BITS = '9218868437227405312';
const LEAST = '(-9223372036854775807 - 1)';
/** 2^52, 2^53, 2^54: floats of a binade have one of 2^52 mantissas. */
const [P52, P53, P54] = ['4503599627370496', '9007199254740992', '18014398509481984'];

/**
 * The bits of a float64 by arithmetic, for servers that do not show them: |x| is scaled by a power of
 * two, which loses nothing, until it is an integer of 53 bits. The logarithm may be wrong by one, so
 * it is aimed one too low and what is too high is halved. No power on the way is subnormal: servers
 * take these for underflow.
 */
export function floatBitsByArithmetic(x: string, { double, isNaN, bind }: FloatWords): string {
  const two = `cast(2 as ${double})`;
  const exponentOf = (v: string) =>
    `greatest(cast(floor(ln(abs(${v})) / 0.6931471805599453e0) as int) - 53, -1074)`;
  const scaledBy = (v: string, exponent: string) => {
    const half = `cast(floor(${exponent} * 0.5e0) as int)`;
    return `(abs(${v}) * power(${two}, -${half}) * power(${two}, ${half} - ${exponent}))`;
  };
  const bitsOf = (integer: string, exponent: string) => {
    const bits = (divisor: number, more: number) =>
      `cast(${integer} / ${String(divisor)}e0 as bigint) + cast(${exponent} + ${String(1074 + more)} as bigint) * ${P52}`;
    return `case when ${integer} >= ${P54}e0 then ${bits(4, 2)}
      when ${integer} >= ${P53}e0 then ${bits(2, 1)} else ${bits(1, 0)} end`;
  };
  // Within, only bound names stand: a column may have the same one.
  const positive = bind(x, 'v', (v) =>
    bind(exponentOf(v), 'e', (e) => bind(scaledBy(v, e), 'm', (m) => bitsOf(m, e))),
  );
  return `case when ${isNaN(x)} then ${NAN_BITS} when ${x} = 0 then 0
    when ${x} > 1.7976931348623157e308 then ${INFINITY_BITS}
    when ${x} < -1.7976931348623157e308 then ${LEAST} + ${INFINITY_BITS}
    else ${positive} + case when ${x} < 0 then ${LEAST} else 0 end end`;
}
