import { describe, expect, it } from '@jest/globals';
import { describeExpression } from '../../../plan/expression.ts';
import { columnOf } from '../../../plan/plan.ts';
import {
  bool,
  date,
  decimal,
  float64,
  int64,
  type PlanType,
  string,
  timestamp,
} from '../../../plan/types.ts';
import { compileCondition } from '../../../jobs/quality/expression-compiler.ts';
import { parseExpression } from '../../../jobs/quality/expression-parser.ts';
import type { RuleColumns } from '../../../jobs/quality/rule-columns.ts';

const column = (name: string, type: PlanType) =>
  [name, columnOf({ name, type, nullable: true })] as const;

const COLUMNS: RuleColumns = {
  source: new Map([
    column('price', decimal(8, 2)),
    column('code', string),
    column('odd name', int64),
  ]),
  output: new Map([
    ...[column('id', int64), column('ok', bool), column('day', date), column('at', timestamp)],
    ...[column('ratio', float64), column('code', string)],
  ]),
  shared: new Set(),
  without: new Map([['loaded_at', "it is the run's own"]]),
};

const compiled = (text: string) =>
  describeExpression(compileCondition(parseExpression(text), COLUMNS));

describe('an expression of a rule', () => {
  it.each([
    ['ok or not ok and id = 1', 'or(ok, and(not(ok), equal(id, 1)))'],
    ['(ok or ok) and ok', 'and(or(ok, ok), ok)'],
    ['1 + 2 * 3 = 7', 'equal(plus(1, times(2, 3)), 7)'],
    ['price - 1 - 1 > 0', 'greater(minus(minus(price, 1), 1), 0)'],
    ['-price <= -1.5', 'lessOrEqual(negate(price), negate(1.5))'],
    ["source.code = 'it''s'", `equal(code, "it's")`],
    ['"odd name" is not null', 'not(isNull(odd name))'],
    ['source."odd name" IS NULL', 'isNull(odd name)'],
    ["output.code NOT IN ('a', 'b')", 'not(or(equal(code, "a"), equal(code, "b")))'],
    ['id between 1 and 5', 'and(greaterOrEqual(id, 1), lessOrEqual(id, 5))'],
    ["day < '2017-06-05'", 'less(day, 2017-06-05)'],
    ['ratio > id', 'greater(ratio, cast(id, to: float64, onError: "fail"))'],
    ['id != price', 'notEqual(cast(id, to: decimal(19,0), onError: "fail"), price)'],
  ])('%s', (text, plan) => {
    expect(compiled(text)).toBe(plan);
  });

  it('computes whole numbers as decimals, which do not overflow', () => {
    expect(compiled('id * id > 0')).toContain('times(cast(id, to: decimal(19,0)');
    expect(compiled('id / 2 > 0')).toContain('onZero: "null"');
  });

  it.each([
    ['', 1, 'expected a column, a value or "(", found the end'],
    ['price >', 8, 'expected a column, a value or "(", found the end'],
    ['price > 3 orr ok', 11, 'expected "and", "or" or the end, found "orr"'],
    ['(ok', 4, 'expected ")", found the end'],
    ["code = 'a", 8, 'a quote is not closed'],
    ['price > 3; drop table x', 10, '";" is not expected here'],
    ['ok is 1', 7, 'expected "null", found "1"'],
    ['id = null', 6, 'test for null with "is null"'],
    ['id in ()', 8, 'expected a column'],
    ['id not 1', 8, 'expected "in" or "between"'],
    [`${'('.repeat(200)}ok${')'.repeat(200)}`, 102, 'nested too deeply'],
    ['prise > 3', 1, 'did you mean "price"?'],
    ['source.id = 1', 1, 'there is no column "id" in the source'],
    ['ok and loaded_at is null', 8, "it is the run's own"],
    ["code = 'a'", 1, 'write source.code or output.code'],
    ['price', 1, 'a condition is true or false, this is decimal(8,2)'],
    ['ok and (1 + ok) > 2', 11, 'bool is no number to compute with'],
    ["price > 'a'", 7, 'decimal(8,2) and string do not compare'],
    ["day = '2017-02-30'", 5, '"2017-02-30" is not a date'],
    ['id * id * id > 1', 9, 'needs 57 digits'],
  ])('%s is refused at its character', (text, at, message) => {
    expect(() => compiled(text)).toThrow(message);
    expect(() => compiled(text)).toThrow(`at character ${String(at)}: `);
  });
});
