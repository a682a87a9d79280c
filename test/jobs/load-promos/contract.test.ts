import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dateOfEpochDay, epochDay } from '../../../core/window.ts';
import { WEEK_1_START, weeksOf, wholeWeeks } from '../../../jobs/load-promos/contract.ts';

const origin = epochDay(WEEK_1_START);

describe('weeks of a window', () => {
  it.each([
    ['2017-06-05', '2017-06-12', [24]],
    ['2017-06-07', '2017-06-20', [24, 25, 26]],
    ['2017-06-01', '2017-06-09', [23, 24]],
    ['2017-06-11', '2017-06-12', [24]],
    ['2016-12-26', '2017-01-02', [1]],
    ['2016-01-01', '2016-12-26', []],
    ['2017-12-31', '2018-06-01', [53]],
    ['2018-01-01', '2018-06-01', []],
  ])('%s to %s are %j', (startDate, endDate, weeks) => {
    expect(weeksOf({ startDate, endDate })).toEqual(weeks);
  });

  it('are those whose days overlap the window, for any window', () => {
    const day = fc.integer({ min: -30, max: 420 });
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 60 }), (from, length) => {
        const window = {
          startDate: dateOfEpochDay(origin + from),
          endDate: dateOfEpochDay(origin + from + length),
        };
        const expected = Array.from({ length: 53 }, (_, index) => index + 1).filter(
          (week) => 7 * (week - 1) < from + length && 7 * week > from,
        );
        expect(weeksOf(window)).toEqual(expected);
        // Widened to whole weeks a window still selects the same.
        expect(weeksOf(wholeWeeks(window))).toEqual(expected);
      }),
    );
  });
});
