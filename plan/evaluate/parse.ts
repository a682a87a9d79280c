import { DAY_MICROS, dayOf, daysIn, isMoment } from './calendar.ts';

/* Text is read strictly: one spelling a type, no spaces. All give undefined for anything else. */

export function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

const FLOAT = /^(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|NaN|-?Infinity)$/;

export function parseFloat64(text: string): number | undefined {
  return FLOAT.test(text) ? Number(text) : undefined;
}

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;

/** Days since 1970-01-01 of a `YYYY-MM-DD` that exists, from 0001-01-01. */
export function parseDate(text: string): number | undefined {
  const found = DATE.exec(text);
  if (found === null) return undefined;
  return existingDay(Number(found[1]), Number(found[2]), Number(found[3]));
}

const MOMENT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))?$/;

/** Microseconds since 1970. @param zoned - whether the text must name an offset, or must not. */
export function parseMoment(text: string, zoned: boolean): bigint | undefined {
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const [, year, month, date, hour, minute, second, fraction = '', utc, sign] = found;
  const day = existingDay(Number(year), Number(month), Number(date));
  if (day === undefined || ((utc ?? sign) !== undefined) !== zoned) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const [offsetHours, offsetMinutes] = [Number(found[10] ?? 0), Number(found[11] ?? 0)];
  if (offsetHours > 14 || offsetMinutes > 59) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const offset = (offsetHours * 3600 + offsetMinutes * 60) * (sign === '-' ? -1 : 1);
  const micros =
    BigInt(day) * DAY_MICROS +
    BigInt(seconds - offset) * 1_000_000n +
    BigInt(fraction.padEnd(6, '0'));
  return isMoment(micros) ? micros : undefined;
}

function existingDay(year: number, month: number, day: number): number | undefined {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
    return undefined;
  }
  return dayOf(year, month, day);
}
