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
import { type Case, unary } from './cases.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Casts of values, null where they have no result. */
function casts(
  from: TypeOf<Kind>,
  to: TypeOf<Kind>,
  pairs: readonly (readonly [PlanCell, PlanCell])[],
): readonly Case[] {
  return unary(from, (a) => cast(a, to, { onError: 'null' }), pairs);
}

/** Casts that must not fail where they have a result. */
function strictCasts(
  from: TypeOf<Kind>,
  to: TypeOf<Kind>,
  pairs: readonly (readonly [PlanCell, PlanCell])[],
): readonly Case[] {
  return unary(from, (a) => cast(a, to), pairs);
}

export const castCases: readonly Case[] = [
  ...casts(string, bool, [
    ['TRUE', true],
    ['false', false],
    ['t', null],
    [' true', null],
    ['1', null],
  ]),
  ...casts(string, int32, [
    ['+0012', 12],
    ['-2147483648', -2147483648],
    ['2147483648', null],
    ['1.0', null],
    ['1e3', null],
    [' 1', null],
    ['1\n', null],
    ['', null],
    ['٣', null],
  ]),
  ...casts(string, int64, [
    ['-9223372036854775808', INT64_MIN],
    ['9223372036854775808', null],
    ['1_000', null],
    ['0x10', null],
  ]),
  ...casts(string, decimal(5, 2), [
    ['1.005', 101n],
    ['-1.005', -101n],
    ['.5', 50n],
    ['5.', 500n],
    ['999.994', 99999n],
    ['999.995', null],
    ['1e2', null],
    ['5e-4', null],
    ['NaN', null],
    [`0.${'0'.repeat(60)}1`, 0n],
  ]),
  ...casts(string, decimal(38, 0), [['9'.repeat(38), 10n ** 38n - 1n]]),
  ...casts(string, float64, [
    ['1e-5', 0.00001],
    ['-Infinity', -Infinity],
    ['NaN', NaN],
    ['-NaN', null],
    ['-0', -0],
    ['1d', null],
    ['0x1p3', null],
    ['inf', null],
    ['1_0', null],
    ['4.9e-324', 5e-324],
  ]),
  ...casts(string, binary, [['é', Uint8Array.of(0xc3, 0xa9)]]),
  ...casts(string, date, [
    ['2017-01-31', 17197],
    ['1500-02-28', -171606],
    ['1500-02-29', null],
    ['2017-02-30', null],
    ['1582-10-10', -141432],
    ['0001-01-01', -719162],
    ['9999-12-31', 2932896],
    ['0000-12-31', null],
    ['2017-1-31', null],
    ['2017-01-31 ', null],
    ['today', null],
    ['2017', null],
  ]),
  ...casts(string, localTimestamp, [
    ['1970-01-01 00:00:00.000001', 1n],
    ['1969-12-31T23:59:59.5', -500_000n],
    ['1970-01-01 24:00:00', null],
    ['1970-01-01 00:00', null],
    ['1970-01-01 00:00:00Z', null],
    ['1970-01-01 00:00:00.1234567', null],
    ['0000-01-01 00:00:00', null],
  ]),
  ...casts(string, timestamp, [
    ['1970-01-01T00:00:01Z', 1_000_000n],
    ['1970-01-01 00:00:00+01:30', -5_400_000_000n],
    ['1970-01-01 00:00:00', null],
    ['1970-01-01 00:00:00+2', null],
    ['1970-01-01 00:00:00+15:00', null],
    ['0001-01-01 00:00:00+00:01', null],
    ['0001-01-01 00:01:00+00:01', -62135596800000000n],
    ['9999-12-31 23:59:59.999999-00:01', null],
    ['9999-12-31 23:59:59.999999Z', 253402300799999999n],
  ]),
  ...casts(int32, int64, [[-2147483648, -2147483648n]]),
  ...casts(int64, int32, [
    [2147483647n, 2147483647],
    [2147483648n, null],
  ]),
  ...casts(int64, decimal(5, 2), [
    [999n, 99900n],
    [1000n, null],
  ]),
  ...casts(int64, float64, [[9007199254740993n, 9007199254740992]]),
  ...casts(int64, string, [[INT64_MIN, '-9223372036854775808']]),
  ...casts(decimal(38, 1), int32, [
    [-21474836489n, -2147483648],
    [21474836480n, null],
    [-19n, -1],
  ]),
  ...casts(decimal(38, 1), int64, [
    [INT64_MAX * 10n + 9n, INT64_MAX],
    [(INT64_MAX + 1n) * 10n, null],
  ]),
  ...casts(decimal(10, 3), decimal(4, 2), [
    [1005n, 101n],
    [-1005n, -101n],
    [99995n, null],
    [99994n, 9999n],
  ]),
  ...casts(decimal(38, 3), float64, [[9007199254740993001n, 9007199254740994]]),
  ...casts(decimal(15, 2), float64, [[15n, 0.15]]),
  ...casts(decimal(3, 3), string, [
    [500n, '0.500'],
    [-5n, '-0.005'],
    [0n, '0.000'],
  ]),
  ...casts(decimal(38, 38), string, [[1n, `0.${'0'.repeat(37)}1`]]),
  ...casts(float64, int32, [
    [2147483647.5, 2147483647],
    [2147483648, null],
    [-2147483648.9, -2147483648],
    [-2.5, -2],
    [NaN, null],
    [null, null],
  ]),
  ...casts(float64, int64, [
    [9223372036854775807, null],
    [-9223372036854775808, null],
    [9223372036854774784, 9223372036854774784n],
    [-0.9, 0n],
    [Infinity, null],
  ]),
  ...casts(float64, decimal(10, 2), [
    [1.005, 101n],
    [-1.005, -101n],
    [5e-324, 0n],
    [0.005, 1n],
    [0.0049, 0n],
    [1e8, null],
    [NaN, null],
    [-Infinity, null],
  ]),
  ...casts(float64, decimal(38, 2), [
    [1e23, 10n ** 25n],
    [70482509556371580, 7048250955637158000n],
    [-1129432492122347500, -112943249212234750000n],
    [123456.789, 12345679n],
    [1.5, 150n],
    [1e300, null],
    [NaN, null],
    [Infinity, null],
    [-0, 0n],
    [null, null],
  ]),
  ...casts(bool, string, [[true, 'true']]),
  ...casts(date, string, [
    [-719162, '0001-01-01'],
    [2932896, '9999-12-31'],
  ]),
  ...casts(date, timestamp, [[-1, -86_400_000_000n]]),
  ...casts(date, localTimestamp, [[1, 86_400_000_000n]]),
  ...casts(timestamp, date, [[-1n, -1]]),
  ...casts(timestamp, string, [
    [-62135596800000000n, '0001-01-01 00:00:00'],
    [1_500_000n, '1970-01-01 00:00:01.5'],
    [-1n, '1969-12-31 23:59:59.999999'],
  ]),
  ...casts(timestamp, localTimestamp, [[-1n, -1n]]),
  ...casts(localTimestamp, timestamp, [[253402300799999999n, 253402300799999999n]]),
  ...casts(localTimestamp, date, [[-86_400_000_001n, -2]]),
  ...casts(localTimestamp, string, [[1_000_000n, '1970-01-01 00:00:01']]),
  ...strictCasts(string, int32, [
    ['7', 7],
    [null, null],
  ]),
  ...strictCasts(string, bool, [
    ['False', false],
    [null, null],
  ]),
  ...strictCasts(float64, decimal(38, 0), [
    [2.5, 3n],
    [null, null],
  ]),
  ...strictCasts(int64, int32, [
    [-5n, -5],
    [null, null],
  ]),
];
