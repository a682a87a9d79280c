import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dateText, timestampText } from '../../../engines/bigdata/datetime-text.ts';

describe('dates and timestamps as text', () => {
  it.each([
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    [-171_650, '1500-01-15'],
    [11_016, '2000-02-29'],
    [-719_162, '0001-01-01'],
    [-719_163, '0001-12-31 (BC)'],
    [2_932_896, '9999-12-31'],
    [2_932_897, '10000-01-01'],
  ])('day %d is %s', (days, text) => {
    expect(dateText(days)).toBe(text);
  });

  it.each([
    [0n, '1970-01-01 00:00:00'],
    [-1n, '1969-12-31 23:59:59.999999'],
    [1n, '1970-01-01 00:00:00.000001'],
    [500_000n, '1970-01-01 00:00:00.5'],
    [1_496_617_323_456_780n, '2017-06-04 23:02:03.45678'],
    [-62_135_596_800_000_000n, '0001-01-01 00:00:00'],
    [-62_135_596_800_000_001n, '0001-12-31 23:59:59.999999 (BC)'],
    [253_402_300_799_999_999n, '9999-12-31 23:59:59.999999'],
  ])('microsecond %d is %s', (micros, text) => {
    expect(timestampText(micros)).toBe(text);
  });

  it("agrees with JavaScript's own calendar wherever that goes", () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        expect(dateText(days)).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10));
      }),
    );
  });
});
