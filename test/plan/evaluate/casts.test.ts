import { describe, expect, it } from '@jest/globals';
import { cast } from '../../../plan/expressions/cast.ts';
import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  type Kind,
  localTimestamp,
  type PlanCell,
  string,
  timestamp,
  type TypeOf,
} from '../../../plan/types.ts';
import { failure, map } from './values.ts';

function castOrNull<F extends Kind, T extends Kind>(
  from: TypeOf<F>,
  to: TypeOf<T>,
  values: readonly PlanCell[],
): readonly PlanCell[] {
  return map(from, (a) => cast(a, to, { onError: 'null' }), values);
}

function nulls(count: number): readonly null[] {
  return Array.from({ length: count }, () => null);
}

describe('casts of text in TypeScript', () => {
  it('reads integers of digits and a sign only', () => {
    const texts = ['12', '+12', '-0', '2147483648', '1e3', '1.5', ' 1', '1_0', '0x1', '', null];
    expect(castOrNull(string, int32, texts)).toEqual([12, 12, 0, ...nulls(8)]);
    const wide = ['9223372036854775807', '-9223372036854775808', '9223372036854775808'];
    expect(castOrNull(string, int64, wide)).toEqual([2n ** 63n - 1n, -(2n ** 63n), null]);
  });

  it('reads decimals without exponent, half away from zero', () => {
    const texts = ['1.005', '-1.005', '.5', '5.', '999.994', '999.995', '5e-4', '1 ', '.', '1,5'];
    expect(castOrNull(string, decimal(5, 2), texts)).toEqual([
      101n,
      -101n,
      50n,
      500n,
      99999n,
      ...nulls(5),
    ]);
  });

  it('reads floats, with exponent and the three names', () => {
    const texts = ['1.5e-3', 'NaN', '-Infinity', '.5', '1e400', '-0', 'inf', 'nan', '1d', '+NaN'];
    expect(castOrNull(string, float64, texts)).toEqual([
      0.0015,
      NaN,
      -Infinity,
      0.5,
      Infinity,
      -0,
      ...nulls(4),
    ]);
  });

  it('reads true and false in any case', () => {
    expect(castOrNull(string, bool, ['true', 'FALSE', 't', '1', ' true'])).toEqual([
      true,
      false,
      null,
      null,
      null,
    ]);
  });

  it('reads dates that exist, from the year 1', () => {
    const texts = ['1970-01-01', '0001-01-01', '9999-12-31', '2000-02-29', '1582-10-10'];
    expect(castOrNull(string, date, texts)).toEqual([0, -719162, 2932896, 11016, -141432]);
    const wrong = ['1900-02-29', '2024-1-5', '2024-01-05 ', '2024-13-01', '0000-01-01', 'today'];
    expect(castOrNull(string, date, wrong)).toEqual(nulls(6));
  });

  it('reads times of day to the microsecond', () => {
    const day = 86_400_000_000n;
    const local = ['1970-01-02 00:00:00', '1970-01-01T00:00:01.5', '1969-12-31 23:59:59.999999'];
    expect(castOrNull(string, localTimestamp, local)).toEqual([day, 1_500_000n, -1n]);
    const zoned = [
      '1970-01-01T02:00:00+02:00',
      '1970-01-01 00:00:00Z',
      '1969-12-31 10:00:00-14:00',
    ];
    expect(castOrNull(string, timestamp, zoned)).toEqual([0n, 0n, 0n]);
  });

  it('refuses times without the zone they need, with one they must not have, or that do not exist', () => {
    const local = ['1970-01-01', '1970-01-01 24:00:00', '1970-01-01 00:00:60', '1970-01-01 00:00'];
    const zone = '1970-01-01 00:00:00Z';
    const long = '1970-01-01 00:00:00.1234567';
    expect(castOrNull(string, localTimestamp, [...local, zone, long])).toEqual(nulls(6));
    const zoned = ['1970-01-01 00:00:00', '1970-01-01 00:00:00+15:00', '1970-01-01 00:00:00+02'];
    const before = '0001-01-01 00:00:00+00:01';
    expect(castOrNull(string, timestamp, [...zoned, before])).toEqual(nulls(4));
  });

  it('ends with an error that names the text', () => {
    expect(failure(() => map(string, (a) => cast(a, int32), ['7', '7a']))).toBe(
      'cast(a, to: int32, onError: "fail") of 7a: it is no int32',
    );
  });

  it('gives the bytes of a text', () => {
    const [bytes] = map(string, (a) => cast(a, binary), ['é']);
    expect([...(bytes as Uint8Array)]).toEqual([0xc3, 0xa9]);
  });
});

describe('casts of numbers in TypeScript', () => {
  it('drops the fraction of floats, and has no integer beyond its range', () => {
    const values = [2147483647.5, -2147483648.9, 2147483648, -0.5, 2.5, NaN, Infinity];
    expect(castOrNull(float64, int32, values)).toEqual([
      2147483647,
      -2147483648,
      null,
      0,
      2,
      null,
      null,
    ]);
    expect(castOrNull(float64, int64, [2 ** 63, 2 ** 62, 1e20])).toEqual([null, 2n ** 62n, null]);
  });

  it('drops the fraction of decimals', () => {
    expect(castOrNull(decimal(5, 2), int32, [199n, -199n])).toEqual([1, -1]);
    expect(castOrNull(decimal(38, 0), int64, [10n ** 30n])).toEqual([null]);
  });

  it('reads a float by its shortest text', () => {
    const values = [1.005, -1.005, 0.1, 5e-324, 999.995, NaN, -Infinity, 1e300, -0];
    expect(castOrNull(float64, decimal(5, 2), values)).toEqual([
      101n,
      -101n,
      10n,
      0n,
      null,
      null,
      null,
      null,
      0n,
    ]);
    expect(castOrNull(float64, decimal(38, 0), [1e23, 1.5e3])).toEqual([10n ** 23n, 1500n]);
  });

  it('rescales decimals half away from zero, and finds those without room', () => {
    expect(castOrNull(decimal(6, 3), decimal(4, 2), [1235n, -1235n, 99994n, 99995n])).toEqual([
      124n,
      -124n,
      9999n,
      null,
    ]);
    expect(castOrNull(int32, decimal(4, 2), [99, 100])).toEqual([9900n, null]);
  });

  it('makes the nearest double of a decimal, rounding once', () => {
    expect(castOrNull(decimal(38, 18), float64, [100000000000000000n, 1n])).toEqual([0.1, 1e-18]);
  });

  it('writes numbers with all digits of their scale', () => {
    expect(map(decimal(3, 3), (a) => cast(a, string), [500n, -5n, 0n])).toEqual([
      '0.500',
      '-0.005',
      '0.000',
    ]);
    expect(map(int64, (a) => cast(a, string), [-(2n ** 63n)])).toEqual(['-9223372036854775808']);
    expect(map(bool, (a) => cast(a, string), [true, null])).toEqual(['true', null]);
  });
});

describe('casts of dates and times in TypeScript', () => {
  it('writes them with the digits that are needed', () => {
    expect(map(date, (a) => cast(a, string), [-719162, 2932896])).toEqual([
      '0001-01-01',
      '9999-12-31',
    ]);
    expect(map(timestamp, (a) => cast(a, string), [-1n, 1_500_000n, 0n])).toEqual([
      '1969-12-31 23:59:59.999999',
      '1970-01-01 00:00:01.5',
      '1970-01-01 00:00:00',
    ]);
  });

  it('takes the day of a time toward the past', () => {
    expect(map(localTimestamp, (a) => cast(a, date), [-1n, 0n])).toEqual([-1, 0]);
    expect(map(date, (a) => cast(a, timestamp), [-1])).toEqual([-86_400_000_000n]);
    expect(map(timestamp, (a) => cast(a, localTimestamp), [5n])).toEqual([5n]);
  });
});
