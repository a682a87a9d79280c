import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  localTimestamp,
  type PlanCell,
  type PlanType,
  string,
  timestamp,
} from '../../../../plan/types.ts';
import { bytes, day, dec, micros } from '../case.ts';

/** What a value becomes; null where it cannot, which with `onError: 'fail'` ends the run. */
export interface CastExamples {
  readonly from: PlanType;
  readonly to: PlanType;
  readonly pairs: readonly (readonly [PlanCell, PlanCell])[];
}

const INF = Number.POSITIVE_INFINITY;

/** One spelling a type: everything that engines read each in its own way is no value. */
export const CASTS_FROM_TEXT: readonly CastExamples[] = [
  {
    from: string,
    to: bool,
    pairs: [
      ['true', true],
      ['TRUE', true],
      ['False', false],
      ['t', null],
      ['1', null],
      [' true', null],
      ['', null],
    ],
  },
  {
    from: string,
    to: int32,
    pairs: [
      ...([
        ['007', 7],
        ['+7', 7],
        ['-2147483648', -2_147_483_648],
        ['-0', 0],
      ] as const),
      ...[
        '',
        ' 12',
        '12 ',
        '12abc',
        '1e3',
        '1.5',
        '1.0',
        '1_000',
        '0x10',
        '٣',
        '2147483648',
        '-',
      ].map((each) => [each, null] as const),
    ],
  },
  {
    from: string,
    to: int64,
    pairs: [
      ['-9223372036854775808', -(2n ** 63n)],
      ['9223372036854775808', null],
      ['12\n', null],
      ['5.', null],
    ],
  },
  {
    from: string,
    to: decimal(5, 2),
    pairs: [
      ['2.345', dec('2.35')],
      ['-0.005', dec('-0.01')],
      ['0.0049999999999999999999999999999999999999999999', 0n],
      ['.5', dec('0.50')],
      ['5.', dec('5.00')],
      ['999.995', null],
      ['1e2', null],
      ['5e-4', null],
      ['1,5', null],
      ['.', null],
      ['', null],
      ['NaN', null],
      ['+7', dec('7.00')],
    ],
  },
  {
    from: string,
    to: decimal(38, 0),
    pairs: [
      ['99999999999999999999999999999999999999', 10n ** 38n - 1n],
      ['99999999999999999999999999999999999999.5', null],
      ['0.5', 1n],
      ['-2.5', -3n],
    ],
  },
  {
    from: string,
    to: decimal(38, 38),
    pairs: [
      ['0.1', 10n ** 37n],
      ['1', null],
    ],
  },
  {
    from: string,
    to: float64,
    pairs: [
      ...([
        ['1e3', 1000],
        ['1E5', 100_000],
        ['-0', -0],
        ['.5', 0.5],
        ['5.', 5],
        ['5e-4', 0.0005],
      ] as const),
      ...([
        ['0.30000000000000004', 0.30000000000000004],
        ['NaN', Number.NaN],
        ['Infinity', INF],
        ['-Infinity', -INF],
      ] as const),
      ...['', 'nan', 'inf', '1d', '1f', '0x10', '1_000', ' 12', '-', '.', 'e5'].map(
        (each) => [each, null] as const,
      ),
    ],
  },
  {
    from: string,
    to: binary,
    pairs: [
      ['é', bytes('c3a9')],
      ['', bytes('')],
      ['😀', bytes('f09f9880')],
    ],
  },
  {
    from: string,
    to: date,
    pairs: [
      ['2016-02-29', day('2016-02-29')],
      ['1582-10-10', day('1582-10-10')],
      ['0001-01-01', day('0001-01-01')],
      ['9999-12-31', day('9999-12-31')],
      ...[
        '2017-02-29',
        '1500-02-29',
        '2017-2-8',
        '2017/02/08',
        '20170208',
        '2017-02',
        '0000-12-31',
      ].map((each) => [each, null] as const),
      ...[
        '10000-01-01',
        '2017-13-01',
        '2017-02-28 ',
        'today',
        'epoch',
        '',
        '2017-01-02 03:04:05',
      ].map((each) => [each, null] as const),
    ],
  },
  {
    from: string,
    to: localTimestamp,
    pairs: [
      ['2017-01-02 03:04:05', micros('2017-01-02T03:04:05')],
      ['2017-01-02T03:04:05.678901', micros('2017-01-02T03:04:05.678901')],
      ['2017-01-02 03:04:05.6', micros('2017-01-02T03:04:05.6')],
      ...['2017-01-02', '2017-01-02 24:00:00', '2017-01-02 23:59:60', '2017-01-02 03:04'].map(
        (each) => [each, null] as const,
      ),
      ...['2017-01-02T03:04:05Z', '2017-01-02 3:04:05', '2017-02-30 00:00:00', ''].map(
        (each) => [each, null] as const,
      ),
    ],
  },
  {
    from: string,
    to: timestamp,
    pairs: [
      ['2017-01-02T03:04:05.678901Z', micros('2017-01-02T03:04:05.678901')],
      ['2017-01-02T03:04:05+02:00', micros('2017-01-02T01:04:05')],
      ['2017-01-02T03:04:05-14:00', micros('2017-01-02T17:04:05')],
      ['9999-12-31T23:59:59.999999Z', micros('9999-12-31T23:59:59.999999')],
      ...[
        '2017-01-02 03:04:05',
        '2017-01-02',
        '2017-01-02T03:04:05+02',
        '2017-01-02T03:04:05+15:00',
      ].map((each) => [each, null] as const),
      ...['2017-02-30T00:00:00Z', '9999-12-31T23:59:59-01:00', '2017-01-02t03:04:05z'].map(
        (each) => [each, null] as const,
      ),
    ],
  },
];
