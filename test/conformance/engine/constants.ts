import { expect, it } from '@jest/globals';
import { messageOf } from '../../../core/errors.ts';
import { describeExpression, type Expression } from '../../../plan/expression.ts';
import { literal } from '../../../plan/expressions/literal.ts';
import { cellText } from '../../../plan/parity/cells.ts';
import { columnOf } from '../../../plan/plan.ts';
import { int32, type Kind, type PlanCell, type TypeOf } from '../../../plan/types.ts';
import { cellAt, FAILS } from './case.ts';
import { columnNames, readTable } from './edge-tables.ts';
import type { Engine } from './engines.ts';
import { evaluateColumns } from './evaluate.ts';
import { CASES, type NamedCase } from './named-cases.ts';
import { codeOf } from './outcome.ts';
import { firstOf } from './report.ts';
import type { World } from './world.ts';

const SEVERAL = CASES.filter(({ args }) => args.length > 1);

/**
 * One argument a constant of the examples, the others columns that are null in the row: a planner
 * may compute with the constant before it sees the null, and fail for a row that has a value.
 */
export function itEvaluatesConstantsTheSame(world: () => World): void {
  it('gives a constant beside nulls the same value as on every other engine', async () => {
    const [row, ...others] = world().engines;
    const [answered, failing] = await byOutcome(row, SEVERAL.flatMap(besideNulls), world());
    expect(answered.length).toBeGreaterThan(SEVERAL.length);
    const wrong: string[] = [];
    const wanted = await textsOf(row, answered, world());
    for (const engine of others) {
      for (const [at, text] of (await textsOf(engine, answered, world())).entries()) {
        if (text === wanted[at]) continue;
        const said = answered[at] === undefined ? '' : describeExpression(answered[at]);
        wrong.push(`${engine.name}: ${said} is ${text}, not ${wanted[at] ?? ''}`);
      }
      for (const each of failing) {
        const code = await codeOf(evaluateNulls(engine, [each], world()));
        if (code !== 'VALUE_INVALID') {
          wrong.push(`${engine.name}: ${describeExpression(each)}: ${code}, not VALUE_INVALID`);
        }
      }
    }
    expect(firstOf(wrong)).toEqual([]);
  });
}

/** Each argument in turn as the constants of the first example and of those that have no value. */
function besideNulls(each: NamedCase): readonly Expression[] {
  const columns = columnNames(each).map((name, at) =>
    columnOf({ name, type: each.args[at] ?? int32, nullable: true }),
  );
  return each.examples
    .filter((example, number) => number === 0 || example.at(-1) === FAILS)
    .flatMap((example) =>
      each.args.map((type, constant) =>
        each.build(
          ...columns.map((column, at) =>
            at === constant ? literal(cellAt(example, at), type as TypeOf<Kind>) : column,
          ),
        ),
      ),
    );
}

/** The expressions that have a value in the row of nulls, and those that have none. */
async function byOutcome(
  engine: Engine,
  expressions: readonly Expression[],
  world: World,
): Promise<readonly [answered: readonly Expression[], failing: readonly Expression[]]> {
  const answered: Expression[] = [];
  const failing: Expression[] = [];
  for (const each of expressions) {
    const code = await codeOf(evaluateNulls(engine, [each], world));
    (code === 'no error' ? answered : failing).push(each);
  }
  return [answered, failing];
}

/** The values in the row of nulls; where one of many has none, halves tell which. */
async function textsOf(
  engine: Engine,
  expressions: readonly Expression[],
  world: World,
): Promise<readonly string[]> {
  try {
    const values = await evaluateNulls(engine, expressions, world);
    return expressions.map(({ type }, at) => cellText(values[at] ?? null, type));
  } catch (error) {
    if (expressions.length === 1) return [messageOf(error)];
    const middle = Math.ceil(expressions.length / 2);
    const first = await textsOf(engine, expressions.slice(0, middle), world);
    return [...first, ...(await textsOf(engine, expressions.slice(middle), world))];
  }
}

async function evaluateNulls(
  { plans }: Engine,
  expressions: readonly Expression[],
  { tables, signal }: World,
): Promise<readonly PlanCell[]> {
  const columns = await evaluateColumns(
    plans,
    readTable('nulls', tables, SEVERAL),
    expressions,
    signal,
  );
  return columns.map(([value]) => value ?? null);
}
