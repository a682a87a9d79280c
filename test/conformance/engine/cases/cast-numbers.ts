import { bool, decimal, float64, int32, int64, string } from '../../../../plan/types.ts';
import { dec } from '../case.ts';
import type { CastExamples } from './cast-text.ts';

const INF = Number.POSITIVE_INFINITY;

/** Fractions are dropped on the way to an integer, rounded half away from zero to a decimal. */
export const CASTS_FROM_NUMBERS: readonly CastExamples[] = [
  {
    from: bool,
    to: string,
    pairs: [
      [true, 'true'],
      [false, 'false'],
    ],
  },
  { from: int32, to: int64, pairs: [[-2_147_483_648, -2_147_483_648n]] },
  { from: int32, to: float64, pairs: [[16_777_217, 16_777_217]] },
  {
    from: int32,
    to: string,
    pairs: [
      [-2_147_483_648, '-2147483648'],
      [0, '0'],
    ],
  },
  {
    from: int32,
    to: decimal(5, 2),
    pairs: [
      [53, dec('53.00')],
      [1000, null],
      [-1000, null],
    ],
  },
  { from: int32, to: decimal(38, 0), pairs: [[-1, -1n]] },
  {
    from: int64,
    to: int32,
    pairs: [
      [2_147_483_647n, 2_147_483_647],
      [2_147_483_648n, null],
      [-2_147_483_649n, null],
    ],
  },
  {
    from: int64,
    to: float64,
    pairs: [
      [2n ** 53n + 1n, 2 ** 53],
      [2n ** 63n - 1n, 2 ** 63],
    ],
  },
  { from: int64, to: string, pairs: [[-(2n ** 63n), '-9223372036854775808']] },
  {
    from: int64,
    to: decimal(18, 4),
    pairs: [
      [7n, 70_000n],
      [10n ** 14n, null],
    ],
  },
  { from: int64, to: decimal(19, 0), pairs: [[-(2n ** 63n), -(2n ** 63n)]] },
  {
    from: decimal(5, 2),
    to: int32,
    pairs: [
      [dec('-1.99'), -1],
      [dec('1.99'), 1],
    ],
  },
  {
    from: decimal(18, 4),
    to: int32,
    pairs: [
      [dec('2147483647.9999'), 2_147_483_647],
      [dec('2147483648.0000'), null],
    ],
  },
  {
    from: decimal(38, 10),
    to: int64,
    pairs: [
      [(2n ** 63n - 1n) * 10n ** 10n + 9_999_999_999n, 2n ** 63n - 1n],
      [2n ** 63n * 10n ** 10n, null],
      [-(2n ** 63n) * 10n ** 10n - 1n, -(2n ** 63n)],
    ],
  },
  { from: decimal(38, 38), to: int64, pairs: [[10n ** 38n - 1n, 0n]] },
  {
    from: decimal(18, 4),
    to: decimal(5, 2),
    pairs: [
      [dec('1.0050'), dec('1.01')],
      [dec('-1.0050'), dec('-1.01')],
      [dec('1.0049'), dec('1.00')],
      [dec('999.9950'), null],
      [dec('1000.0000'), null],
    ],
  },
  {
    from: decimal(5, 2),
    to: decimal(38, 36),
    pairs: [
      [dec('1.50'), 15n * 10n ** 35n],
      [dec('100.00'), null],
    ],
  },
  {
    from: decimal(38, 38),
    to: decimal(5, 2),
    pairs: [
      [5n * 10n ** 35n, dec('0.01')],
      [5n * 10n ** 35n - 1n, 0n],
    ],
  },
  {
    from: decimal(38, 0),
    to: decimal(38, 10),
    pairs: [
      [10n ** 28n, null],
      [10n ** 28n - 1n, (10n ** 28n - 1n) * 10n ** 10n],
    ],
  },
  {
    from: decimal(5, 2),
    to: float64,
    pairs: [
      [dec('0.10'), 0.1],
      [dec('-999.99'), -999.99],
    ],
  },
  {
    from: decimal(38, 10),
    to: float64,
    pairs: [
      [90_071_992_547_409_930_000_000_000n, 9007199254740992],
      [1n, 1e-10],
    ],
  },
  {
    from: decimal(38, 38),
    to: float64,
    pairs: [
      [1n, 1e-38],
      [3n * 10n ** 37n, 0.3],
    ],
  },
  {
    from: decimal(5, 2),
    to: string,
    pairs: [
      [dec('-0.50'), '-0.50'],
      [0n, '0.00'],
    ],
  },
  {
    from: decimal(38, 38),
    to: string,
    pairs: [
      [1n, `0.${'0'.repeat(37)}1`],
      [-(10n ** 38n - 1n), `-0.${'9'.repeat(38)}`],
    ],
  },
  { from: decimal(38, 0), to: string, pairs: [[-1n, '-1']] },
  {
    from: float64,
    to: int32,
    pairs: [
      [2147483647.5, 2_147_483_647],
      [-2147483648.9, -2_147_483_648],
      [2147483648, null],
      [-0.5, 0],
      [2.5, 2],
      [Number.NaN, null],
      [INF, null],
    ],
  },
  {
    from: float64,
    to: int64,
    pairs: [
      [9223372036854774784, 9_223_372_036_854_774_784n],
      [2 ** 63, null],
      [-(2 ** 63), null],
      [-9223372036854774784, -9_223_372_036_854_774_784n],
      [1000000000000000.5, 1_000_000_000_000_000n],
      [-INF, null],
    ],
  },
  {
    from: float64,
    to: decimal(5, 2),
    pairs: [
      [1.005, dec('1.01')],
      [2.675, dec('2.68')],
      [-0.005, dec('-0.01')],
      [999.995, null],
      [5e-324, 0n],
      [Number.NaN, null],
      [INF, null],
    ],
  },
  {
    from: float64,
    to: decimal(38, 0),
    pairs: [
      [1e23, 10n ** 23n],
      [1e38, null],
      [0.5, 1n],
      [-1e37, -(10n ** 37n)],
    ],
  },
  {
    from: float64,
    to: decimal(38, 10),
    pairs: [
      [0.1, 10n ** 9n],
      [1e28, null],
      [1e-7, 1000n],
    ],
  },
  {
    from: float64,
    to: decimal(38, 38),
    pairs: [
      [0.1, 10n ** 37n],
      [1, null],
    ],
  },
];
