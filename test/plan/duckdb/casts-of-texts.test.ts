import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlanSession } from '../../../plan/session.ts';
import {
  binary,
  bool,
  date,
  decimal,
  int64,
  localTimestamp,
  type PlanCell,
  planTypeName,
  type PlanType,
  string,
  timestamp,
} from '../../../plan/types.ts';
import { expectCasts, expectNone } from './cast-results.ts';
import { openPlans } from './evaluate.ts';

const MIN64 = -(2n ** 63n);
const NINES = 10n ** 38n - 1n;
const FIRST_DAY = -719162;
const LAST_DAY = 2932896;
const DAY = 86_400_000_000n;
const LAST_MICRO = BigInt(LAST_DAY + 1) * DAY - 1n;

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('casts to text in DuckDB', () => {
  it('write exact numbers with all digits of their scale', async () => {
    await expectCasts(session, decimal(3, 3), string, [
      [500n, '0.500'],
      [-5n, '-0.005'],
      [0n, '0.000'],
    ]);
    await expectCasts(session, decimal(38, 38), string, [
      [5n * 10n ** 37n, `0.5${'0'.repeat(37)}`],
      [-NINES, `-0.${'9'.repeat(38)}`],
    ]);
    await expectCasts(session, decimal(18, 18), string, [[-1n, `-0.${'0'.repeat(17)}1`]]);
    await expectCasts(session, decimal(10, 2), string, [[-150n, '-1.50']]);
    await expectCasts(session, decimal(38, 0), string, [[-NINES, `-${'9'.repeat(38)}`]]);
    await expectCasts(session, int64, string, [[MIN64, '-9223372036854775808']]);
    await expectCasts(session, bool, string, [
      [true, 'true'],
      [false, 'false'],
    ]);
  });

  it('write dates and times of years 1 to 9999', async () => {
    await expectCasts(session, date, string, [
      [FIRST_DAY, '0001-01-01'],
      [LAST_DAY, '9999-12-31'],
      [-1, '1969-12-31'],
    ]);
    await expectCasts(session, localTimestamp, string, [
      [-1n, '1969-12-31 23:59:59.999999'],
      [0n, '1970-01-01 00:00:00'],
      [1_500_000n, '1970-01-01 00:00:01.5'],
    ]);
    await expectCasts(session, timestamp, string, [
      [BigInt(FIRST_DAY) * DAY, '0001-01-01 00:00:00'],
      [LAST_MICRO, '9999-12-31 23:59:59.999999'],
    ]);
  });
});

describe('casts of texts to other kinds in DuckDB', () => {
  it('read two words as booleans', async () => {
    await expectCasts(session, string, bool, [
      ['true', true],
      ['FALSE', false],
      ['True', true],
    ]);
    await expectNone(session, string, bool, ['t', 'yes', '1', '', ' true', 'true ', 'on']);
  });

  it('read whole dates', async () => {
    await expectCasts(session, string, date, [
      ['2017-01-02', 17168],
      ['0001-01-01', FIRST_DAY],
      ['9999-12-31', LAST_DAY],
      ['1582-10-10', -141432],
      ['2016-02-29', 16860],
    ]);
    await expectNone(session, string, date, [
      ...['0000-12-31', '1500-02-29', '2017-02-30', '2017-13-01', '2017-1-2', '17-01-02', '2017'],
      ...[
        '2017/01/02',
        '20170102',
        ' 2017-01-02',
        '2017-01-02 ',
        '2017-01-02T00:00:00',
        'infinity',
      ],
      ...['epoch', 'today', '10000-01-01', '-0001-01-01', ''],
    ]);
  });

  it('read times without a zone as local, and with one as instants', async () => {
    const noon = 17168n * DAY + 43_200_000_000n;
    await expectCasts(session, string, localTimestamp, [
      ['2017-01-02 12:00:00', noon],
      ['2017-01-02T12:00:00.1', noon + 100_000n],
      ['2017-01-02T12:00:00.123456', noon + 123_456n],
      ['0001-01-01 00:00:00', BigInt(FIRST_DAY) * DAY],
    ]);
    await expectNone(session, string, localTimestamp, [
      ...[
        '2017-01-02',
        '2017-01-02 12:00',
        '2017-01-02 24:00:00',
        '2017-01-02 23:59:60',
        '2017-01-02 1:00:00',
      ],
      ...[
        '2017-01-02T12:00:00Z',
        '2017-01-02 12:00:00+02:00',
        '2017-01-02 12:00:00.',
        '2017-02-30 00:00:00',
      ],
      ...['2017-01-02 12:00:00.1234567', '0000-01-01 00:00:00', '2017-01-02  12:00:00'],
    ]);
    await expectCasts(session, string, timestamp, [
      ['2017-01-02T12:00:00Z', noon],
      ['2017-01-02 14:00:00+02:00', noon],
      ['2017-01-02T00:30:00.5-11:30', noon + 500_000n],
      ['9999-12-31T23:59:59.999999Z', LAST_MICRO],
    ]);
    await expectNone(session, string, timestamp, [
      ...[
        '2017-01-02T12:00:00',
        '2017-01-02T12:00:00+2',
        '2017-01-02T12:00:00 +02:00',
        '2017-01-02T12:00:00+15:00',
      ],
      ...[
        '2017-01-02T12:00:00z',
        '0001-01-01T00:00:00+14:00',
        '9999-12-31T23:59:59-14:00',
        '2017-02-30T00:00:00Z',
      ],
    ]);
  });

  it('encode as UTF-8', async () => {
    await expectCasts(session, string, binary, [
      ['é😀', Uint8Array.from([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80])],
      ['', new Uint8Array()],
      ['\\x41\0', Uint8Array.from(Buffer.from('\\x41\0'))],
    ]);
  });
});

describe('casts between dates and times in DuckDB', () => {
  it.each<[PlanType, PlanType, PlanCell, PlanCell]>([
    [date, timestamp, -1, -DAY],
    [date, localTimestamp, FIRST_DAY, BigInt(FIRST_DAY) * DAY],
    [timestamp, date, -1n, -1],
    [localTimestamp, date, -DAY - 1n, -2],
    [timestamp, localTimestamp, 1234567n, 1234567n],
    [localTimestamp, timestamp, LAST_MICRO, LAST_MICRO],
    [timestamp, date, LAST_MICRO, LAST_DAY],
  ])('take zoneless times as UTC: $kind to $kind', async (from, to, input, expected) => {
    expect(planTypeName(from)).not.toBe(planTypeName(to));
    await expectCasts(session, from, to, [[input, expected]]);
  });
});
