import { describe, expect, it } from '@jest/globals';
import { cron, cronOf, firesTwiceADay, intervalsIn } from '../../dags/schedule.ts';
import { interval, lookBack, windowExpressions, windowOf } from '../../dags/window.ts';

describe('the intervals of a schedule', () => {
  it('are between its fire times, those that begin in the range', () => {
    expect(intervalsIn(cron('0 0 * * 1'), '2017-05-30', '2017-06-13')).toEqual([
      { startDate: '2017-06-05', endDate: '2017-06-12' },
      { startDate: '2017-06-12', endDate: '2017-06-19' },
    ]);
  });

  it('go on beyond what is looked at once', () => {
    const days = intervalsIn(cron('0 2 * * *'), '2020-01-01', '2024-01-01');
    expect(days).toHaveLength(1461);
    expect(days.at(-1)).toEqual({ startDate: '2023-12-31', endDate: '2024-01-01' });
  });

  it('are days of the time zone, also when clocks change', () => {
    for (const [from, to] of [
      ['2024-03-30', '2024-04-02'],
      ['2024-10-26', '2024-10-29'],
    ] as const) {
      const days = intervalsIn(cron('30 2 * * *', 'Europe/Berlin'), from, to);
      expect(days.map(({ startDate }) => startDate)).toHaveLength(3);
      expect(new Set(days.map(({ startDate }) => startDate)).size).toBe(3);
    }
  });

  it('of a year are one', () => {
    const yearly = cronOf('@yearly');
    expect(yearly && intervalsIn(yearly, '2024-01-01', '2025-01-01')).toEqual([
      { startDate: '2024-01-01', endDate: '2025-01-01' },
    ]);
  });
});

it('knows schedules that come twice a day', () => {
  expect(firesTwiceADay(cron('0 */12 * * *'), '2024-01-01')).toBe(true);
  expect(firesTwiceADay(cron('0 2 * * *'), '2024-01-01')).toBe(false);
  expect(firesTwiceADay(cron('0 2,4 1 * *'), '2024-01-01')).toBe(true);
});

it('looks back from the start of the interval, here and in Airflow', () => {
  const week = { startDate: '2024-03-01', endDate: '2024-03-08' };
  expect(windowOf(lookBack(2), week)).toEqual({ startDate: '2024-02-28', endDate: '2024-03-08' });
  expect(windowExpressions(lookBack(2), 'UTC')).toEqual({
    start: 'data_interval_start.subtract(days=2) | ds',
    end: 'data_interval_end | ds',
  });
  expect(windowExpressions(interval, 'Europe/Berlin')?.start).toBe(
    'data_interval_start.in_timezone("Europe/Berlin") | ds',
  );
});
