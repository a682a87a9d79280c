import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../../core/clock.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { type Files, openFiles, type Row, runRules } from './orders.ts';

const forever = new AbortController().signal;

/** Displays from the best to the worst of a key. */
const DISPLAYS = ['1', '2', 'A', '0'];

const row = fc.record({
  product: fc.integer({ min: 1, max: 4 }),
  display: fc.constantFrom(...DISPLAYS),
  price: fc.constantFrom('-1.00', '0.00', '2.50', '7.00', null),
  label: fc.constantFrom('a', 'b', 'zz', null),
  soldOn: fc.constant('2017-06-05'),
});

const RULES: readonly (readonly [Readonly<Record<string, unknown>>, (row: Row) => boolean])[] = [
  [{ rule: 'not_null', column: 'price' }, ({ price }) => price === null],
  [
    { rule: 'range', column: 'price', min: 0, max: 5 },
    ({ price }) => price === '-1.00' || price === '7.00',
  ],
  [{ rule: 'accepted', column: 'label', values: ['a', 'b'] }, ({ label }) => label === 'zz'],
  [
    { rule: 'expression', name: 'both', expression: "price > 1 or label = 'a'" },
    // Unknown is not broken.
    ({ price, label }) =>
      (price === '-1.00' || price === '0.00') && (label === 'b' || label === 'zz'),
  ],
  [
    { rule: 'accepted', column: 'display_code', values: ['0', '2', 'A'] },
    ({ display }) => display === '1',
  ],
];

const action = fc.constantFrom('quarantine', 'drop', 'warn', 'fail');

describe('rules and duplicates', () => {
  let files: Files;
  let sessions: readonly PlanSession[];

  beforeAll(async () => {
    files = await openFiles();
    sessions = [
      openBulkPlans(await openBulkEngine({ threads: 1 }, systemClock, forever)),
      openRowPlans(await openBulkEngine({ threads: 1 }, systemClock, forever)),
    ];
  });
  afterAll(async () => {
    for (const session of sessions) await session[Symbol.asyncDispose]();
    await files[Symbol.asyncDispose]();
  });

  it('give every row one fate, and no row that was set aside wins, whatever the rules and rows', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.array(action, { minLength: RULES.length, maxLength: RULES.length }),
        async (rows, actions) => {
          runs += 1;
          const path = await files.source(`rows-${String(runs)}`, rows);
          const breaks = (each: Row, ...some: readonly string[]) =>
            RULES.some(([, broken], index) => some.includes(actions[index] ?? '') && broken(each));
          const quarantined = rows.filter((each) => breaks(each, 'quarantine'));
          const dropped = rows.filter(
            (each) => !breaks(each, 'quarantine') && breaks(each, 'drop'),
          );
          const rest = rows.filter((each) => !breaks(each, 'quarantine', 'drop'));
          const best = [...new Set(rest.map(({ product }) => product))].sort().map((product) => ({
            product,
            display: DISPLAYS.find((display) =>
              rest.some((each) => each.product === product && each.display === display),
            ),
          }));
          const rules = RULES.map(([rule], index) => ({ ...rule, action: actions[index] }));
          for (const session of sessions) {
            const found = await runRules(session, files, path, rules);
            expect(found.measured).toMatchObject({
              ...{ read: rows.length, quarantined: quarantined.length, dropped: dropped.length },
            });
            expect(found.quarantined).toHaveLength(quarantined.length);
            expect(found.loaded).toEqual(best);
            expect(found.deduplicated).toBe(rest.length - best.length);
            expect(found.own.map(({ rows: number }) => number)).toEqual(
              RULES.map(([, broken], index) => {
                const isTaking = ['quarantine', 'drop'].includes(actions[index] ?? '');
                return (isTaking ? rows : rest).filter(broken).length;
              }),
            );
          }
        },
      ),
      { numRuns: 25, seed: 20261121 },
    );
  });
});
