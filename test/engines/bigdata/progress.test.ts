import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { progressShare } from '../../../engines/bigdata/progress.ts';

function stage(stageId: number, numCompletedTasks: number, numTasks: number) {
  return {
    stageId: BigInt(stageId),
    numTasks: BigInt(numTasks),
    numCompletedTasks: BigInt(numCompletedTasks),
  };
}

describe('the done share of a query', () => {
  it('grows with the tasks and leaves room for a stage that is not there yet', () => {
    const share = progressShare();
    expect(share([stage(1, 0, 4)])).toBeUndefined();
    expect(share([stage(1, 2, 4)])).toBe(0.25);
    expect(share([stage(1, 4, 4)])).toBe(0.5);
    expect(share([stage(2, 2, 4)])).toBeUndefined();
    expect(share([stage(2, 3, 4)])).toBe(7 / 12);
  });

  it('says nothing when a report comes twice', () => {
    const share = progressShare();
    share([stage(1, 2, 4)]);
    expect(share([stage(1, 2, 4)])).toBeUndefined();
  });

  it('does not go back when a large stage appears', () => {
    const share = progressShare();
    expect(share([stage(1, 4, 4)])).toBe(0.5);
    expect(share([stage(1, 4, 4), stage(2, 0, 1000)])).toBeUndefined();
    expect(share([stage(2, 900, 1000)])).toBeGreaterThan(0.5);
  });

  it('survives reports without stages or tasks', () => {
    const share = progressShare();
    expect(share([])).toBeUndefined();
    expect(share([stage(1, 0, 0)])).toBeUndefined();
  });

  it('only ever grows and stays below 1, whatever is reported', () => {
    const report = fc.array(
      fc
        .tuple(fc.nat(5), fc.nat(50), fc.nat(40))
        .map(([id, done, tasks]) => stage(id, done, tasks)),
    );
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const share = progressShare();
        const shares = reports.map(share).filter((value) => value !== undefined);
        expect(shares).toEqual([...new Set(shares)].sort((a, b) => a - b));
        expect(Math.max(0, ...shares)).toBeLessThan(1);
      }),
    );
  });
});
