import { civilOf } from '../../plan/evaluate/calendar.ts';

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;

/** Days since 1970-01-01 as `2017-06-05`, proleptic Gregorian; `0044-03-15 (BC)` before year 1. */
export function dateText(days: number): string {
  const { text, era } = civil(days);
  return text + era;
}

/**
 * Microseconds since 1970-01-01 00:00:00 as `2017-06-05 01:02:03.4567`: without a fraction, or with
 * one without trailing zeros, which is how Spark and DuckDB cast timestamps to text.
 */
export function timestampText(micros: bigint): string {
  const inDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const { text, era } = civil(Number((micros - inDay) / MICROS_PER_DAY));
  const second = Number(inDay / MICROS_PER_SECOND);
  const fraction = pad(Number(inDay % MICROS_PER_SECOND), 6).replace(/0+$/, '');
  const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
    .map((part) => pad(part, 2))
    .join(':');
  return `${text} ${time}${fraction === '' ? '' : `.${fraction}`}${era}`;
}

function civil(days: number): { readonly text: string; readonly era: string } {
  const { year, month, day } = civilOf(days);
  const shown = year > 0 ? year : 1 - year;
  return {
    text: `${pad(shown, 4)}-${pad(month, 2)}-${pad(day, 2)}`,
    era: year > 0 ? '' : ' (BC)',
  };
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
