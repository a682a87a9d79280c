/* Decimals as unscaled bigints. */

/** Powers of ten: those of decimals are made over and over. */
const POWERS = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));

export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

/** Digits beyond the new scale are rounded half away from zero. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (to === from) return unscaled;
  if (to > from) return unscaled * powerOfTen(to - from);
  const unit = powerOfTen(from - to);
  const quotient = unscaled / unit;
  const rest = unscaled % unit;
  if ((rest < 0n ? -rest : rest) * 2n < unit) return quotient;
  return unscaled < 0n ? quotient - 1n : quotient + 1n;
}

export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision);
  return unscaled < limit && unscaled > -limit;
}

const DECIMAL = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))$/;

/** The number that a text like `-12.345` says, at a scale; no exponent. */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const found = DECIMAL.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction, bare] = found;
  const digits = fraction ?? bare ?? '';
  const value = rescale(BigInt(`0${whole}${digits}`), digits.length, scale);
  return sign === '-' ? -value : value;
}

const SHORTEST = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([+-][0-9]+))?$/;

/**
 * A float by the shortest decimal text that reads back as it, so that 1.005 rounds as it is written.
 *
 * @returns undefined for NaN and the infinities.
 */
export function decimalOfFloat(value: number, scale: number): bigint | undefined {
  const found = SHORTEST.exec(String(value));
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const ownScale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  const unscaled =
    ownScale < 0 ? digits * powerOfTen(scale - ownScale) : rescale(digits, ownScale, scale);
  return sign === '-' ? -unscaled : unscaled;
}
