import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { openBigdataPlans } from '../../../engines/bigdata/plan-session.ts';
import type { BigdataSession } from '../../../engines/bigdata/session.ts';
import { describeExpression, type Expression } from '../../../plan/expression.ts';
import { columnOf, read } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { printLiteral } from '../../../plan/spark/literals.ts';
import { describeOnSpark, failureOf, forever } from '../../engines/bigdata/on-spark.ts';
import type { Case } from './cases.ts';
import { castCases } from './cast-cases.ts';
import { failingCases } from './failing-cases.ts';
import { arithmeticCases, comparisonCases, logicCases } from './number-cases.ts';
import { hashCases, textCases } from './text-cases.ts';
import { dateCases, nestedCases, timeCases } from './time-cases.ts';

const THEMES: Readonly<Record<string, readonly Case[]>> = {
  comparison: comparisonCases,
  logic: logicCases,
  arithmetic: arithmeticCases,
  casts: castCases,
  text: textCases,
  hashes: hashCases,
  dates: dateCases,
  times: timeCases,
  lists: nestedCases,
};

describeOnSpark('the printed functions', (spark) => {
  let session: BigdataSession;
  let plans: PlanSession;
  let written = 0;

  beforeAll(async () => {
    session = await spark.open();
    plans = openBigdataPlans(session);
  });
  afterAll(async () => {
    await plans[Symbol.asyncDispose]();
  });

  /** The cases' values as columns of a file, so that Spark computes them as it computes rows. */
  async function columnsOf(cases: readonly Case[]) {
    const columns = cases.flatMap(({ values, types }, at) =>
      types.map((type, index) => ({
        name: columnName(at, index),
        type,
        value: values[index] ?? null,
      })),
    );
    const literals = columns.map(
      ({ name, type, value }) => `${printLiteral(value, type)} as ${name}`,
    );
    const path = join(session.scratchDir, `values-${String(++written)}`);
    await session.write(
      `select ${literals.join(', ')}`,
      { format: 'parquet', mode: 'error', path },
      forever,
    );
    await plans.bind('edge', `select * from parquet.\`${path}\``, forever);
    const source = read('edge', Object.fromEntries(columns.map(({ name, type }) => [name, type])));
    return { columns, source };
  }

  it.each(Object.keys(THEMES))('have the meaning of the plan: %s', async (theme) => {
    const cases = THEMES[theme] ?? [];
    const { columns, source } = await columnsOf(cases);
    const [given] = await plans.collect(source, forever);
    expect(given).toEqual(Object.fromEntries(columns.map(({ name, value }) => [name, value])));

    const expressions = cases.map(expressionOf);
    const result = source.select(() =>
      Object.fromEntries(expressions.map((each, at) => [`r${String(at)}`, each])),
    );
    const [found] = await plans.collect(result, forever);
    const shown = (value: unknown, at: number) =>
      [expressions.map(describeExpression)[at], cases[at]?.values, value] as const;
    expect(cases.map((_, at) => shown(found?.[`r${String(at)}`], at))).toEqual(
      cases.map(({ is }, at) => shown(is, at)),
    );
  });

  it('end the run with VALUE_INVALID where a value has no result', async () => {
    const { source } = await columnsOf(failingCases);
    const outcomes: unknown[] = [];
    for (const [at, each] of failingCases.entries()) {
      const failing = source.select(() => ({ result: expressionOf(each, at) }));
      const error = await failureOf(plans.collect(failing, forever));
      outcomes.push(error instanceof JobError ? `${error.code} ${error.message}` : error);
    }
    expect(outcomes).toEqual(
      failingCases.map(({ message }) => expect.stringMatching(message) as unknown),
    );
  });
});

function columnName(at: number, index: number): string {
  return `v${String(at)}_${String(index)}`;
}

function expressionOf({ types, make }: Case, at: number): Expression {
  const fields = types.map((type, index) => ({
    name: columnName(at, index),
    type,
    nullable: true,
  }));
  return make(...fields.map((field) => columnOf(field)));
}
