import { expect, it } from '@jest/globals';
import { describeExpression, type Expression } from '../../../plan/expression.ts';
import { equal } from '../../../plan/expressions/comparison.ts';
import { literal, nullOf } from '../../../plan/expressions/literal.ts';
import { cellText } from '../../../plan/parity/cells.ts';
import { columnOf, type Relation } from '../../../plan/plan.ts';
import { int32, type Kind, type PlanCell, type TypeOf } from '../../../plan/types.ts';
import { cellAt } from './case.ts';
import { expressionOver, readTable, rowCounts } from './edge-tables.ts';
import { evaluate, evaluateColumns, type Values, withId } from './evaluate.ts';
import { CASES, type NamedCase } from './named-cases.ts';
import { codeOf } from './outcome.ts';
import { argumentsText, differences, firstOf, printed } from './report.ts';
import type { World } from './world.ts';

const CONSTANT = CASES.filter(({ args }) => args.length === 0);
const OVER_COLUMNS = CASES.filter(({ args }) => args.length > 0);
const ONE_COLUMN = CASES.filter(({ args }) => args.length === 1);
const MORE_COLUMNS = CASES.filter(({ args }) => args.length > 1);

const EXAMPLES = CASES.flatMap((each) =>
  each.examples.map((example, number) => ({
    ...{ each, example, number, row: each.firstRow + number },
    want: example.at(-1) ?? null,
  })),
);

const ROWS = rowCounts(CASES);
const VALUES =
  CONSTANT.length +
  OVER_COLUMNS.length * ROWS.examples +
  ONE_COLUMN.length * ROWS.single +
  MORE_COLUMNS.length * ROWS.pairs;

/** Examples of a case that are tried on their own, where one query for each is slow. */
const FEW = 2;

export function itEvaluatesTheSame(world: () => World): void {
  let passed = 0;
  const expectNone = (wrong: readonly string[]): void => {
    expect(firstOf(wrong)).toEqual([]);
    passed += 1;
  };

  it('reads every edge value of a file as it was written', async () => {
    const { tables, engines, signal } = world();
    const source = readTable('single', tables, ONE_COLUMN);
    const wrong: string[] = [];
    for (const { name: engine, plans } of engines) {
      for (const row of await plans.collect(source, signal)) {
        for (const { name } of source.node.fields) {
          const column = tables.single[name];
          if (column === undefined) continue;
          const written = column.values[Number(row['id']) % column.values.length] ?? null;
          const [want, got] = texts([written, row[name] ?? null], column);
          if (want !== got) wrong.push(`${engine}: ${name} is ${got}, was ${want}`);
        }
      }
    }
    expectNone(wrong);
  });

  it('gives expressions the values that their examples name, and the same over all others', async () => {
    const { tables, engines, signal } = world();
    const found: (readonly [(typeof engines)[number], Values])[] = [];
    const wrong: string[] = [];
    for (const engine of engines) {
      const values = await evaluate(engine.plans, 'examples', tables, OVER_COLUMNS, signal);
      found.push([engine, values]);
      for (const { each, example, row, want } of EXAMPLES) {
        if (typeof want === 'symbol' || each.args.length === 0) continue;
        const [is, wanted] = texts([values.get(each)?.[row] ?? null, want], expressionOver(each));
        if (is === wanted) continue;
        const given = `${each.title} of (${argumentsText(each, example)})`;
        wrong.push(`${engine.name}: ${given} is ${is}, not ${wanted}${printed(each)}`);
      }
    }
    wrong.push(...differences(world(), 'examples', OVER_COLUMNS, ROWS.examples, found));
    expectNone(wrong);
  });

  it('gives literals, and expressions of them, their values', async () => {
    const constants = EXAMPLES.filter(({ number }) => number < FEW).flatMap(constantOf);
    const wrong: string[] = [];
    for (const { name, plans } of world().engines) {
      const expressions = constants.map(({ expression }) => expression);
      const source = rowOf([], 0, world());
      const columns = await evaluateColumns(plans, source, expressions, world().signal);
      for (const [at, { expression, want }] of constants.entries()) {
        const [is, wanted] = texts([columns[at]?.[0] ?? null, want], expression);
        if (is === wanted) continue;
        wrong.push(`${name}: ${describeExpression(expression)} is ${is}, not ${wanted}`);
      }
    }
    expectNone(wrong);
  });

  it('gives an expression of nothing but nulls a null of its type', async () => {
    const source = rowOf([], 0, world());
    const expressions = OVER_COLUMNS.map(({ args, build }) =>
      build(...args.map((type) => nullOf(type as TypeOf<Kind>))),
    );
    const found: (readonly [string, readonly string[]])[] = [];
    for (const { name, plans } of world().engines) {
      const columns = await evaluateColumns(plans, source, expressions, world().signal);
      found.push([
        name,
        columns.map(([value], at) => cellText(value ?? null, expressions[at]?.type ?? int32)),
      ]);
    }
    const [[, first] = ['', []], ...others] = found;
    const wrong = others.flatMap(([name, values]) =>
      expressions.flatMap((each, at) =>
        values[at] === first[at]
          ? []
          : [`${name}: ${describeExpression(each)} is ${values[at] ?? ''}, not ${first[at] ?? ''}`],
      ),
    );
    expectNone(wrong);
  });

  it.each([
    ['one column', 'single' as const, ONE_COLUMN],
    ['several columns', 'pairs' as const, MORE_COLUMNS],
  ])('gives expressions of %s the same values on every engine', async (_, table, cases) => {
    const { tables, engines, signal } = world();
    const found = [];
    for (const engine of engines) {
      found.push([engine, await evaluate(engine.plans, table, tables, cases, signal)] as const);
    }
    expectNone(differences(world(), table, cases, ROWS[table], found));
  });

  it('ends the run with VALUE_INVALID where an expression has no value', async () => {
    const { engines, signal } = world();
    const failing = EXAMPLES.filter(({ want }) => typeof want === 'symbol');
    const first = new Map<NamedCase, number>();
    for (const { each, number } of failing) first.set(each, first.get(each) ?? number);
    const wrong: string[] = [];
    for (const { name, plans } of engines) {
      for (const { each, example, number, row } of failing) {
        // What a failing cast refuses, the one that gives null has been compared for.
        if (plans.engine === 'bigdata' && number >= (first.get(each) ?? 0) + FEW) continue;
        const asked = withId(rowOf([each], row, world()), [expressionOver(each, false)]);
        const code = await codeOf(plans.collect(asked, signal));
        if (code === 'VALUE_INVALID') continue;
        wrong.push(`${name}: ${each.title} of (${argumentsText(each, example)}): ${code}`);
      }
    }
    expectNone(wrong);
  });

  it('compares more than a hundred values of each expression', () => {
    const names = world().engines.map(({ name }) => name);
    const each = Math.round(VALUES / CASES.length);
    const compared = [
      `${count(CASES.length)} expressions x ${count(each)} values (on average)`,
      `x ${String(names.length)} engines (${names.join(', ')})`,
    ].join(' ');
    if (passed === TESTS) process.stdout.write(`parity: ${compared}: all equal\n`);
    expect(each).toBeGreaterThan(100);
  });
}

/** Tests above the last one: where one of them fails or is left out, not all are equal. */
const TESTS = 7;

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function texts(
  values: readonly [PlanCell, PlanCell],
  { type }: Pick<Expression, 'type'>,
): readonly [string, string] {
  return [cellText(values[0], type), cellText(values[1], type)];
}

/** One row of the examples. */
function rowOf(cases: readonly NamedCase[], row: number, { tables }: World): Relation {
  const id = columnOf<'int32'>({ name: 'id', type: int32, nullable: true });
  return readTable('examples', tables, cases).filter(() => equal(id, row));
}

function constantOf({ each, example, want }: (typeof EXAMPLES)[number]): readonly {
  readonly expression: Expression;
  readonly want: PlanCell;
}[] {
  if (typeof want === 'symbol') return [];
  const args = each.args.map((type, at) => literal(cellAt(example, at), type as TypeOf<Kind>));
  return [{ expression: each.build(...args), want }];
}
