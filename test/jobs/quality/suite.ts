import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlanSession } from '../../../plan/session.ts';
import { type Files, openFiles, type Row, runRules } from './orders.ts';

/** The row of product 3 with display A scores higher than its other one. */
const ROWS: readonly Row[] = [
  { product: 1, display: '0', price: '1.50', label: 'a-1', soldOn: '2017-06-05' },
  { product: 2, display: '0', price: '9.99', label: 'a-2', soldOn: '2017-06-06' },
  { product: 3, display: 'A', price: null, label: 'b-3', soldOn: '2017-06-07' },
  { product: 3, display: '0', price: '5.00', label: 'a-3', soldOn: '2017-06-07' },
  { product: 4, display: '0', price: '2.00', label: null, soldOn: null },
  { product: 5, display: '1', price: '-1.00', label: 'zz', soldOn: '2017-06-09' },
];

/** A rule, its usual name, and the rows that break it, by their place. */
const ROW_RULES: readonly (readonly [
  string,
  Readonly<Record<string, unknown>>,
  readonly number[],
])[] = [
  ['price_not_null', { rule: 'not_null', column: 'price' }, [2]],
  [
    'label_accepted',
    { rule: 'accepted', column: 'label', values: ['a-1', 'a-2', 'a-3', 'b-3'] },
    [5],
  ],
  ['price_range', { rule: 'range', column: 'price', min: 0, max: 9.99, inclusive: false }, [1, 5]],
  ['week_range_2', { rule: 'range', column: 'week', min: 24, max: 24, name: 'week_range_2' }, []],
  ['sold_on_range', { rule: 'range', column: 'sold_on', min: '2017-06-06' }, [0]],
  ['label_matches', { rule: 'matches', column: 'label', pattern: '^[ab]-[0-9]$' }, [5]],
  ['source_label_references', { rule: 'references', columns: ['source.label'], in: 'LABELS' }, [5]],
  [
    'expression_1',
    {
      rule: 'expression',
      expression: "price * 2 + week >= 28 or price is null or label not in ('a-1', 'zz')",
    },
    [0, 5],
  ],
  [
    'output_display_location_accepted',
    {
      ...{ rule: 'accepted', column: 'output.display_location' },
      values: ['not on display', 'in-shelf'],
    },
    [5],
  ],
];

/** What is loaded of some rows: the best of each product. */
function best(rows: readonly Row[]) {
  const products = [...new Set(rows.map(({ product }) => product))].sort((a, b) => a - b);
  return products.map((product) => {
    const displays = rows.filter((row) => row.product === product).map(({ display }) => display);
    return { product, display: displays.find((display) => display !== '0') ?? '0' };
  });
}

/**
 * Every rule with every action over the same rows: each engine has to find the same.
 *
 * @param oneByOne - also each rule alone, where runs cost nothing.
 */
export function rulesSuite(
  engine: string,
  open: () => Promise<PlanSession>,
  { oneByOne }: { readonly oneByOne: boolean },
): void {
  describe(`the rules of a config on ${engine}`, () => {
    let files: Files;
    let session: PlanSession;
    let path: string;
    let labels: string;

    beforeAll(async () => {
      files = await openFiles();
      session = await open();
      path = await files.source('orders', ROWS);
      labels = await files.labels(['a-1', 'a-2', 'a-3', 'b-3', 'b-3', null]);
    });
    afterAll(async () => {
      await session[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    });

    const run = async (rules: unknown) =>
      await runRules(
        session,
        files,
        path,
        JSON.parse(JSON.stringify(rules).replaceAll('LABELS', labels)) as unknown,
      );

    const alone = () => {
      describe.each(ROW_RULES)('%s', (name, rule, broken) => {
        const breaking = ROWS.filter((_, index) => broken.includes(index));
        const others = ROWS.filter((_, index) => !broken.includes(index));
        const rows = broken.length;
        const passed = rows === 0 ? 'passed' : undefined;

        it('sets aside with quarantine, with its reason, before a duplicate can win', async () => {
          const { measured, quarantined, loaded, own } = await run([
            { ...rule, action: 'quarantine' },
          ]);
          expect(measured).toMatchObject({ read: 6, quarantined: rows, dropped: 0 });
          expect(quarantined).toEqual(
            breaking.map(({ product }) => ({ product_id: String(product), rules: name })),
          );
          expect(loaded).toEqual(best(others));
          expect(own).toMatchObject([
            { rule: name, rows, checked: 6, verdict: passed ?? 'broken' },
          ]);
        });

        it('leaves out with drop, and counts', async () => {
          const { measured, quarantined, loaded, own, deduplicated } = await run([
            { ...rule, action: 'drop' },
          ]);
          expect(measured).toMatchObject({ quarantined: 0, dropped: rows });
          expect([quarantined, loaded]).toEqual([[], best(others)]);
          expect(measured.read).toBe(loaded.length + rows + deduplicated);
          expect(own).toMatchObject([{ rule: name, rows, verdict: passed ?? 'broken' }]);
        });

        it.each([
          ['fail', 'failed'],
          ['warn', 'broken'],
        ])('takes no row away with %s, and names some', async (action, verdict) => {
          const { measured, loaded, own } = await run([{ ...rule, action }]);
          expect(measured).toMatchObject({ quarantined: 0, dropped: 0 });
          expect(loaded).toEqual(best(ROWS));
          expect(own).toMatchObject([{ rule: name, action, rows, verdict: passed ?? verdict }]);
          for (const { product } of breaking) {
            expect(own[0]?.detail).toContain(`product_id ${String(product)}, store_id 1, week 24`);
          }
        });
      });
    };
    if (oneByOne) alone();

    describe('all at once', () => {
      const rulesWith = (action: string) =>
        ROW_RULES.map(([name, rule]) => ({ ...rule, name, action }));
      const isBroken = (index: number) => ROW_RULES.some(([, , broken]) => broken.includes(index));
      const sound = ROWS.filter((_, index) => !isBroken(index));

      it('quarantine each row once, with all that it broke', async () => {
        const { measured, quarantined, loaded, own } = await run(rulesWith('quarantine'));
        const taken = ROWS.flatMap((row, index) => {
          const names = ROW_RULES.filter(([, , broken]) => broken.includes(index));
          if (names.length === 0) return [];
          return [
            { product_id: String(row.product), rules: names.map(([name]) => name).join(',') },
          ];
        });
        expect(quarantined).toEqual(taken);
        expect(measured).toMatchObject({ read: 6, quarantined: taken.length, dropped: 0 });
        expect(loaded).toEqual(best(sound));
        expect(own.map(({ rows }) => rows)).toEqual(ROW_RULES.map(([, , broken]) => broken.length));
      });

      it('drop each row once', async () => {
        const { measured, quarantined, loaded, own } = await run(rulesWith('drop'));
        expect(measured).toMatchObject({ quarantined: 0, dropped: ROWS.length - sound.length });
        expect([quarantined, loaded]).toEqual([[], best(sound)]);
        expect(own.map(({ rows }) => rows)).toEqual(ROW_RULES.map(([, , broken]) => broken.length));
      });

      it.each([
        ['fail', 'failed'],
        ['warn', 'broken'],
      ])('take no row away with %s', async (action, verdict) => {
        const { measured, loaded, own } = await run(rulesWith(action));
        expect(measured).toMatchObject({ quarantined: 0, dropped: 0 });
        expect(loaded).toEqual(best(ROWS));
        expect(own.map((outcome) => [outcome.rule, outcome.rows, outcome.verdict])).toEqual(
          ROW_RULES.map(([name, , { length }]) => [
            name,
            length,
            length === 0 ? 'passed' : verdict,
          ]),
        );
      });
    });

    it('counts what a rule lets through by rows and by share', async () => {
      const range = { rule: 'range', column: 'price', min: 0, max: 9 };
      const verdicts = async (threshold: unknown) =>
        (
          await run([
            { ...range, name: 'a', action: 'fail', threshold },
            { ...range, name: 'b', action: 'warn', threshold },
          ])
        ).own.map(({ verdict }) => verdict);
      expect(await verdicts({ rows: 2 })).toEqual(['tolerated', 'tolerated']);
      expect(await verdicts({ rows: 1 })).toEqual(['failed', 'broken']);
      expect(await verdicts({ ratio: 0.34 })).toEqual(['tolerated', 'tolerated']);
      expect(await verdicts({ rows: 2, ratio: 0.3 })).toEqual(['failed', 'broken']);
      const { own, measured } = await run([{ ...range, action: 'drop', threshold: { rows: 1 } }]);
      expect([own[0]?.verdict, measured.dropped]).toEqual(['failed', 2]);
    });

    it('looks with fail and warn only at rows that nothing sets aside', async () => {
      const { own, measured, quarantined } = await run([
        { rule: 'range', column: 'price', min: 0, action: 'quarantine' },
        { rule: 'not_null', column: 'price', action: 'drop' },
        { rule: 'accepted', column: 'label', values: ['a-1', 'zz'], action: 'drop' },
        { rule: 'matches', column: 'label', pattern: '^a', action: 'fail' },
      ]);
      expect(measured).toMatchObject({ quarantined: 1, dropped: 3 });
      // A row that breaks a rule of each is quarantined; every rule that takes rows away is named.
      expect(quarantined).toEqual([{ product_id: '5', rules: 'price_range' }]);
      expect(own.map(({ rows, checked }) => [rows, checked])).toEqual([
        [1, 6],
        [1, 6],
        [3, 6],
        [0, 2],
      ]);
    });

    it('looks at the whole result with unique and row_count, at the newest value with freshness', async () => {
      const rules = (action: string) => [
        { rule: 'unique', columns: ['display_code'], action },
        { rule: 'unique', columns: ['product_id', 'store_id'], action },
        { rule: 'row_count', min: 6, action },
        { rule: 'row_count', name: 'few', max: 5, action },
        { rule: 'freshness', column: 'sold_on', max_age: '2d', action },
        { rule: 'freshness', name: 'fresh', column: 'sold_on', max_age: '72h', action },
      ];
      const found = async (action: string) =>
        (await run(rules(action))).own.map(({ rule, verdict, detail }) => [rule, verdict, detail]);
      const expected = (verdict: string) => [
        [
          'sold_on_freshness',
          verdict,
          'the newest sold_on 2017-06-09 is 3d old, at most 2d is expected',
        ],
        ['fresh', 'passed', undefined],
        ['display_code_unique', verdict, 'such as display_code "0" 3 times'],
        ['product_id_store_id_unique', 'passed', undefined],
        ['row_count', verdict, '5 rows to load, at least 6 are expected'],
        ['few', 'passed', undefined],
      ];
      expect(await found('fail')).toEqual(expected('failed'));
      expect(await found('warn')).toEqual(expected('broken'));
    });
  });
}
