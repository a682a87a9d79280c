/* The proleptic Gregorian calendar on days since 1970-01-01, for the years 1 to 9999. */

/** 0001-01-01. */
const FIRST_DAY = -719_162;
/** 9999-12-31. */
const LAST_DAY = 2_932_896;

export const DAY_MICROS = 86_400_000_000n;
const FIRST_MICROS = BigInt(FIRST_DAY) * DAY_MICROS;
const LAST_MICROS = BigInt(LAST_DAY + 1) * DAY_MICROS - 1n;

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

export function isDay(day: number): boolean {
  return day >= FIRST_DAY && day <= LAST_DAY;
}

export function isMoment(micros: bigint): boolean {
  return micros >= FIRST_MICROS && micros <= LAST_MICROS;
}

/** @see https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
export function civilOf(epochDay: number): Civil {
  const shifted = epochDay + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear =
    ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** @see https://howardhinnant.github.io/date_algorithms.html#days_from_civil */
export function dayOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const ofEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear;
  return era * 146_097 + ofEra - 719_468;
}

export function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Monday is 1, Sunday 7. */
export function weekdayOf(epochDay: number): number {
  // 1970-01-01 was a Thursday.
  return ((((epochDay + 3) % 7) + 7) % 7) + 1;
}

/** Rounds toward minus infinity, where division of bigints rounds toward zero. */
export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
