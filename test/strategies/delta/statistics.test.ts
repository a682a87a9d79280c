import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ColumnType } from '../../../core/schema.ts';
import {
  boundsOf,
  statsText,
  stringBound,
  timestampBound,
} from '../../../strategies/writers/delta/statistics.ts';

function bounds(kind: ColumnType['kind'], min: string, max: string): string | undefined {
  const type = (kind === 'decimal' ? { kind, precision: 38, scale: 2 } : { kind }) as ColumnType;
  const found = boundsOf({ name: 'c', type, nullable: true }, min, max);
  return found && `${found.min} ${found.max}`;
}

describe('bounds', () => {
  it.each([
    [
      'int64',
      '-9223372036854775808',
      '9223372036854775807',
      '-9223372036854775808 9223372036854775807',
    ],
    ['decimal', '-0.10', '99999999999999999999.99', '-0.10 99999999999999999999.99'],
    ['float64', '-1.5', '1e+300', '-1.5 1e+300'],
    ['float64', '1.0', 'nan', undefined],
    ['float64', '-inf', '1.0', undefined],
    ['float64', '0.0', 'inf', undefined],
    ['date', '2017-01-01', '9999-12-31', '"2017-01-01" "9999-12-31"'],
    ['date', '2017-01-01', '10000-01-01', undefined],
    ['date', '0044-03-15 (BC)', '2017-01-01', undefined],
    ['bool', 'false', 'true', undefined],
    ['binary', 'a', 'b', undefined],
    ['string', 'a"b', 'ü', '"a\\"b" "ü"'],
  ] as const)('of %s %s to %s are %s', (kind, min, max, expected) => {
    expect(bounds(kind, min, max)).toBe(expected);
  });

  it.each([
    ['2017-06-05 10:00:00.123456+00', '2017-06-05T10:00:00.123Z', '2017-06-05T10:00:00.124Z'],
    ['2017-06-05 10:00:00.123+00', '2017-06-05T10:00:00.123Z', '2017-06-05T10:00:00.123Z'],
    ['2017-12-31 23:59:59.999999+00', '2017-12-31T23:59:59.999Z', '2018-01-01T00:00:00.000Z'],
    ['1969-12-31 23:59:59.999999+00', '1969-12-31T23:59:59.999Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999Z', undefined],
    ['2017-06-05 10:00:00+02', undefined, undefined],
    ['infinity', undefined, undefined],
  ])('of the instant %s are %s and %s', (text, low, high) => {
    expect(timestampBound(text, 'min')).toBe(low);
    expect(timestampBound(text, 'max')).toBe(high);
  });
});

describe('a long string', () => {
  it('is cut at 32 characters, not in the middle of one', () => {
    expect(stringBound('😀'.repeat(40), 'min')).toBe('😀'.repeat(32));
    expect(stringBound('😀'.repeat(32), 'max')).toBe('😀'.repeat(32));
  });

  it('has an upper bound that skips what cannot be raised', () => {
    const top = '\u{10ffff}';
    expect(stringBound(`${'a'.repeat(31)}bz`, 'max')).toBe(`${'a'.repeat(31)}c`);
    expect(stringBound(`a${top.repeat(40)}`, 'max')).toBe('b');
    expect(stringBound(`\ud7ff${top.repeat(40)}`, 'max')).toBe('\ue000');
    expect(stringBound(top.repeat(40), 'max')).toBeUndefined();
  });

  it('lies between its bounds by the order of its bytes', () => {
    const text = fc.string({ unit: 'binary', minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(text, (value) => {
        const bytes = Buffer.from(value);
        const min = stringBound(value, 'min') ?? '';
        const max = stringBound(value, 'max');
        expect(Buffer.compare(Buffer.from(min), bytes)).toBeLessThanOrEqual(0);
        if (max !== undefined) {
          expect(Buffer.compare(Buffer.from(max), bytes)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

it('prints statistics without the partition column and without a lone bound', () => {
  const text = statsText(
    {
      partition: '24',
      path: '/x',
      rows: 3,
      bytes: 9,
      columns: {
        id: { nullCount: 0, min: '9007199254740993', max: '9007199254740995' },
        week: { nullCount: 0, min: '24', max: '24' },
        ratio: { nullCount: 1 },
      },
    },
    3,
    [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'week', type: { kind: 'int32' }, nullable: false },
      { name: 'ratio', type: { kind: 'float64' }, nullable: true },
    ],
    { week: '24' },
  );
  expect(text).toBe(
    '{"numRecords":3,"minValues":{"id":9007199254740993},"maxValues":{"id":9007199254740995},"nullCount":{"id":0,"ratio":1}}',
  );
});
