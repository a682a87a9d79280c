import { describe, expect, it } from '@jest/globals';
import { assertAccounted, assertQuarantineShare } from '../../jobs/accounting.ts';

const counts = { read: 100, quarantined: 1, filtered: 20, dropped: 0, deduplicated: 4 };

describe('the accounting law', () => {
  it('holds when every row went somewhere', () => {
    expect(() => {
      assertAccounted('unity', counts, 75, 'after the commit');
    }).not.toThrow();
  });

  it.each([
    [74, '1 row is lost'],
    [76, '1 row too many'],
  ])('is broken by %d loaded rows: %s', (loaded, message) => {
    expect(() => {
      assertAccounted('unity', counts, loaded, 'after the commit');
    }).toThrow(message);
  });
});

describe('the quarantined share', () => {
  it('is of the rows in the window, and may reach the limit', () => {
    expect(() => {
      assertQuarantineShare(counts, 1 / 80, 'place');
    }).not.toThrow();
    expect(() => {
      assertQuarantineShare(counts, 1 / 80 - 1e-9, 'place');
    }).toThrow('1 of 80 rows broke a rule');
  });

  it('is 0 when the window is empty', () => {
    expect(() => {
      assertQuarantineShare({ read: 9, quarantined: 0, filtered: 9 }, 0, 'place');
    }).not.toThrow();
  });
});
