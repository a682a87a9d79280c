import { describe, expect, it } from '@jest/globals';
import { count, sum } from '../../plan/aggregate.ts';
import { explain } from '../../plan/explain.ts';
import { minus, plus, times } from '../../plan/expressions/arithmetic.ts';
import { cast } from '../../plan/expressions/cast.ts';
import { equal, greater, isIn, isNull } from '../../plan/expressions/comparison.ts';
import { when } from '../../plan/expressions/conditional.ts';
import { addDays } from '../../plan/expressions/date.ts';
import { dateOf, decimalNumber, integer, text } from '../../plan/expressions/literal.ts';
import { concat, trim, upper } from '../../plan/expressions/text.ts';
import { lineageOf } from '../../plan/lineage.ts';
import { ascending, descending, read } from '../../plan/plan.ts';
import { planText } from '../../plan/plan-text.ts';
import { assertRunsOn } from '../../plan/support.ts';
import { decimal, int32, int64, string } from '../../plan/types.ts';

const promotions = read('promotions', {
  product_id: int64,
  week: int32,
  display: string,
  price: decimal(7, 2),
});

const shaped = promotions
  .filter((row) => greater(row.week, 0))
  .derive((row) => ({
    code: upper(trim(row.display)),
    start_date: addDays(dateOf('2016-12-26'), times(minus(row.week, 1), 7)),
    score: when(equal(row.display, '0'), decimalNumber('0.00')).otherwise(decimalNumber('1.00')),
  }))
  .dedupe({ key: ['product_id', 'week'], keep: [descending('score'), ascending('code')] });

describe('a plan', () => {
  it('knows types and nullability of every column before anything runs', () => {
    const result = shaped.select((row) => ({
      label: concat(row.code, '|', cast(row.week, string)),
      total: plus(row.price, row.price),
      empty: isNull(row.price),
    }));
    expect(result.node.fields).toEqual([
      { name: 'label', type: string, nullable: true },
      { name: 'total', type: decimal(8, 2), nullable: true },
      { name: 'empty', type: { kind: 'bool' }, nullable: false },
    ]);
  });

  it('explains itself as a tree, the last step first', () => {
    expect(explain(shaped.node)).toBe(
      [
        'dedupe by product_id, week keeping score descending, code',
        '└─ select 4 columns, code = upper(trim(display)), start_date = addDays(2016-12-26, times(minus(week, 1), 7)), score = caseWhen(equal(display, "0"), 0.00, 1.00)',
        '   └─ filter greater(week, 0)',
        '      └─ read promotions (product_id int64, week int32, display string, price decimal(7,2))',
      ].join('\n'),
    );
  });

  it('tells which source columns a column is made of', () => {
    const totals = shaped.aggregate(['code'], (row) => ({ paid: sum(row.price), rows: count() }));
    const lineage = lineageOf(totals.node);
    expect(lineage.get('code')).toEqual([{ source: 'promotions', column: 'display' }]);
    expect(lineage.get('paid')).toEqual([{ source: 'promotions', column: 'price' }]);
    expect(lineage.get('rows')).toEqual([]);
  });

  it('has a text that changes with its meaning and with nothing else', () => {
    const build = (limit: number) =>
      planText(promotions.filter((row) => greater(row.week, limit)).node);
    expect(build(1)).toBe(build(1));
    expect(build(1)).not.toBe(build(2));
  });
});

describe('a wrong plan', () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'two kinds in one comparison',
      // @ts-expect-error int32 against text
      () => promotions.filter((row) => equal(row.week, text('1'))),
      /cannot compare int32 with string/,
    ],
    [
      'an unknown column',
      // @ts-expect-error there is no such column
      () => promotions.dedupe({ key: ['wek'], keep: [] }),
      /there is no column "wek"/,
    ],
    [
      'a product that no engine has digits for',
      () => times(cast(integer(1), decimal(38, 0)), cast(integer(1), decimal(38, 0))),
      /needs 76 digits/,
    ],
    ['a list to compare with that holds nothing', () => isIn(text('a'), []), /must have literals/],
    [
      'names that differ in case only',
      () => promotions.derive((row) => ({ WEEK: row.week })),
      /"WEEK" is there twice/,
    ],
    [
      'a join of two types',
      () => promotions.semiJoin(read('weeks', { week: int64 }), ['week']),
      /week is int32, week is int64/,
    ],
  ];
  it.each(cases)('is refused where it is written: %s', (_, build, message) => {
    expect(build).toThrow(message);
  });

  it('is refused by an engine that cannot run it, which names those that can', () => {
    const mapped = promotions.mapRow('first@1', { week: int32 }, (row) => ({
      week: row['week'] ?? 0,
    }));
    expect(() => {
      assertRunsOn(mapped.node, 'bigdata');
    }).toThrow(/"first@1" is TypeScript/);
    expect(() => {
      assertRunsOn(mapped.node, 'row');
    }).not.toThrow();
  });
});
