import { type PlanCell, planTypeName, type PlanType } from '../../../plan/types.ts';
import { bytes, day, micros } from './case.ts';

/*
 * Values at which engines, languages and libraries are known to part ways. The first PAIRED of each
 * type meet each other in the table of pairs.
 */

export const PAIRED = 40;

const INT32 = [
  ...[0, 1, -1, 2, -2, 7, -7, 10, 53, 255, 256, 1000, -1000],
  ...[46_340, 46_341, -46_341, 2 ** 24 + 1, 2_147_483_646, 2_147_483_647],
  ...[-2_147_483_647, -2_147_483_648, null],
];

const INT64 = [
  ...[0n, 1n, -1n, 2n, -3n, 7n, 60n, -86_400n, 1_000_000n, 2_147_483_647n, 2_147_483_648n],
  ...[-2_147_483_648n, -2_147_483_649n, 3_037_000_499n, 3_037_000_500n],
  ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 10n ** 18n, 2n ** 60n - 1n],
  ...[1_483_326_245_678_901n, -62_135_596_800_000_000n, -62_135_596_800_000_001n],
  ...[253_402_300_799_999_999n, 253_402_300_800_000_000n, 2n ** 63n - 513n],
  ...[2n ** 63n - 2n, 2n ** 63n - 1n, -(2n ** 63n) + 1n, -(2n ** 63n), null],
];

const FLOAT64 = [
  ...[0, -0, Number.NaN, null, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[1, -1, 0.1, 0.2, 0.5, -0.5, 1.5, 2.5, -2.5, 0.005, 1.005, 2.675, 99.995, 0.999999999],
  ...[1e-7, 5e-324, -5e-324, 2.2250738585072014e-308, 123456.789, -123456.789],
  ...[2147483647, 2147483647.5, -2147483648.9, 2147483648, 1e15 + 0.5, 4503599627370495.5],
  ...[2 ** 53, 2 ** 63, -(2 ** 63), 9223372036854774784, 1e20, 1e23, -1e37, 1e38, 1e39],
  ...[1.7976931348623157e308, -1e-300, 8.41e21],
];

const STRING = [
  ...['', ' ', 'a', 'A', 'b', 'aa', 'abc', 'ABC', ' abc ', 'abc ', 'ab', 'bc', '\t abc\n'],
  ...["it's", "''", '\\', 'back\\slash', '"quoted"', '100%', 'a_b', 'a!b', '!', '%', '_', '$1'],
  ...['a,b,,c', ',', 'a.b.c', '|', 'e\u0301', 'é', '😀', 'a😀b', '～', 'ﬀ', 'straße'],
  ...['İstanbul', 'ΑΣ', 'ab\r\ncd', null],
  // Beyond the pairs: spellings of other types, and texts that are odd on their own.
  ...[
    'a\u0000b',
    '\u00a0nbsp\u3000',
    '\ud7ff\ue000',
    '👨‍👩‍👧',
    'ǆ',
    'ı',
    '٣',
    'x'.repeat(300),
    '`a`',
    '${x}',
  ],
  ...['0', '-1', '+7', '007', '-0', '1.5', '-0.005', '0.005', '2.345', '.5', '5.', '.', '-', '1e3'],
  ...['5e-4', '1_000', '0x10', ' 12', '12 ', '12abc', '1,5', '2147483647', '2147483648'],
  ...['-2147483648', '9223372036854775807', '9223372036854775808', '-9223372036854775808'],
  ...['99999999999999999999999999999999999999', '1e38', '1e39', '1e308', '1e309', '-1e-400'],
  ...['99999999999999999999999999999999999999.5', '0.1', '100000000000000000000000.0', '1E5'],
  ...['true', 'TRUE', 'False', 't', 'yes', '1', ' true', 'NaN', 'nan', 'Infinity', '-Infinity'],
  ...['inf', '+Infinity', '1d', '1f', 'null', '123456789012345678', '0.30000000000000004'],
  ...['2017-02-28', '2017-02-29', '2016-02-29', '2017-2-8', '2017/02/08', '20170208', '2017-02'],
  ...['0001-01-01', '0000-12-31', '1500-02-28', '1500-02-29', '1582-10-10', '9999-12-31'],
  ...['10000-01-01', '-0001-01-01', '2017-13-01', '2017-02-28 ', 'today', 'epoch', 'infinity'],
  ...['2017-01-02 03:04:05', '2017-01-02T03:04:05', '2017-01-02 03:04:05.6', '2017-01-02'],
  ...['2017-01-02T03:04:05.678901', '2017-01-02T03:04:05.6789019', '2017-01-02 24:00:00'],
  ...['2017-01-02 23:59:60', '2017-01-02 03:04', '2017-01-02T03:04:05Z', '2017-01-02 3:04:05'],
  ...['2017-01-02T03:04:05.678901Z', '2017-01-02T03:04:05+02:00', '2017-01-02T03:04:05-14:00'],
  ...['2017-01-02T03:04:05+15:00', '2017-01-02T03:04:05+0200', '2017-01-02T03:04:05+02'],
  ...['2017-01-02T03:04:05+02:60', '0001-01-01T00:00:00+00:01', '0001-01-01T00:00:00Z'],
  ...['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59-01:00', '1969-12-31T23:59:59.9999995Z'],
  ...[
    '2017-01-02t03:04:05z',
    '2017-02-30T00:00:00Z',
    '2017-02-30 00:00:00',
    '2017-01-02  03:04:05',
  ],
];

const DATE = [
  ...['1970-01-01', '1969-12-31', '1970-01-02', '2017-01-01', '2017-01-31', '2017-02-28'],
  ...['2016-02-29', '2000-02-29', '1900-02-28', '1900-03-01', '2016-12-26', '2016-12-31'],
  ...['2018-12-31', '2020-12-31', '2021-01-03', '2021-01-04', '2024-04-30', '2024-07-01'],
  ...['1582-10-04', '1582-10-10', '1582-10-15', '1500-02-28', '1500-03-01', '0001-01-01'],
  ...['0001-12-31', '0004-02-29', '1000-06-15', '1899-12-31', '9998-12-31', '9999-11-30'],
  ...['9999-12-30', '9999-12-31'],
];

const TIME = [
  ...['1970-01-01T00:00:00', '1969-12-31T23:59:59.999999', '1969-12-31T23:59:59'],
  ...['1970-01-01T00:00:00.000001', '2017-01-02T03:04:05.678901', '2017-01-02T03:04:05.6'],
  ...['2017-01-02T03:04:05', '2017-03-26T02:30:00', '2017-11-05T01:30:00.5', '2016-12-31T23:59:59'],
  ...['1900-01-01T00:00:00', '1582-10-10T12:34:56.789', '1500-02-28T23:00:00.000001'],
  ...['0001-01-01T00:00:00', '0001-01-01T00:00:00.000001', '0001-12-31T12:00:00'],
  ...['2038-01-19T03:14:08', '2262-04-11T23:47:16.854776', '9999-12-31T00:00:00'],
  ...['9999-12-31T23:59:59.999999'],
];

/** The edge values of a type, different from each other, with one null. */
export function edgesOf(type: PlanType): readonly PlanCell[] {
  switch (type.kind) {
    case 'bool':
      return [true, false, null];
    case 'int32':
      return INT32;
    case 'int64':
      return INT64;
    case 'float64':
      return FLOAT64;
    case 'decimal':
      return decimals(type.precision, type.scale);
    case 'string':
      return STRING;
    case 'binary':
      return [...['', '00', '61', '6162', 'ff', '00ff10', 'c3a9', 'f09f9880'].map(bytes), null];
    case 'date':
      return [...DATE.map(day), null];
    case 'timestamp':
    case 'localTimestamp':
      return [...TIME.map(micros), null];
    case 'list':
      return lists(edgesOf(type.item));
    case 'struct': {
      const columns = type.fields.map((field) => edgesOf(field.type));
      const rows = Array.from({ length: 12 }, (_, row) =>
        columns.map((values, at) => values[(row * 5 + at) % values.length] ?? null),
      );
      return [...rows, type.fields.map(() => null), null];
    }
  }
}

/** Limits, one unit, and what lies beside and between halves, as far as the digits go. */
function decimals(precision: number, scale: number): readonly PlanCell[] {
  const limit = 10n ** BigInt(precision) - 1n;
  const one = 10n ** BigInt(scale);
  const half = one / 2n;
  const tie = 5n * 10n ** BigInt(Math.max(scale - 2, 0));
  const found = [
    ...[0n, 1n, -1n, 5n, one, -one, half, -half, half - 1n, half + 1n, one + half, -one - half],
    ...[tie, -tie, 3n * one + tie, 2n * one + half, limit / 2n, -(limit / 2n)],
    ...[2_147_483_647n * one + half, 2_147_483_648n * one, -2_147_483_648n * one - half],
    ...[2n ** 53n + 1n, (2n ** 63n - 1n) * one, 2n ** 63n * one, -(2n ** 63n) * one],
    ...[12345n, limit - 1n, limit, -limit],
  ].filter((value) => value <= limit && value >= -limit);
  return [...new Set(found), null];
}

function lists(items: readonly PlanCell[]): readonly PlanCell[] {
  const at = (index: number): PlanCell => items[index % items.length] ?? null;
  return [
    [],
    [null],
    [at(0)],
    [null, at(1), null],
    [at(2), at(3), at(4), at(5)],
    ...Array.from({ length: 10 }, (_, index) => [at(index * 2), at(index * 3 + 1)]),
    null,
  ];
}

/** A type as part of a column's name. */
export function columnSuffix(type: PlanType): string {
  return planTypeName(type)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/_$/, '');
}
