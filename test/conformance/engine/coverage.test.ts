import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as aggregates from '../../../plan/aggregate.ts';
import type { Expression } from '../../../plan/expression.ts';
import * as plans from '../../../plan/plan.ts';
import { inputsOf, type RelationNode, RELATION_OPS } from '../../../plan/relation.ts';
import { int32 } from '../../../plan/types.ts';
import { AGGREGATE_CASES } from './cases/aggregate.ts';
import { EXPRESSION_CASES } from './cases/all.ts';
import { CAST_PAIRS, CAST_PAIRS_WITH_EXAMPLES } from './cases/cast.ts';
import { RELATION_CASES } from './cases/relation.ts';
import { expressionOver } from './edge-tables.ts';
import { FAULTS } from './faults/all.ts';
import { CASES } from './named-cases.ts';

const EXPRESSIONS = join(import.meta.dirname, '../../../plan/expressions');

/** Exports that make no expression, figure or step of their own. */
const NO_OPERATORS = ['assertOneType', 'describeAggregate', 'columnOf', 'relation'];
/** Functions of plan/plan.ts that other suites than that of the methods are about. */
const ELSEWHERE = ['ascending', 'descending', 'read', 'readFields'];

/** Names of a module's functions that are operators. */
function operatorsOf(module: object): readonly string[] {
  return Object.entries(module)
    .filter(([name, value]) => typeof value === 'function' && !NO_OPERATORS.includes(name))
    .map(([name]) => name)
    .sort();
}

/** Names of cases that there are. */
function namesOf(cases: Readonly<Record<string, readonly unknown[]>>): readonly string[] {
  return Object.keys(cases)
    .filter((name) => (cases[name] ?? []).length > 0)
    .sort();
}

function callsIn(expression: Expression): readonly string[] {
  return expression.op === 'call' ? [expression.name, ...expression.args.flatMap(callsIn)] : [];
}

function opsIn(node: RelationNode): readonly string[] {
  return [node.op, ...inputsOf(node).flatMap(opsIn)];
}

describe('the cases of the engines', () => {
  const files = readdirSync(EXPRESSIONS).map((name) => name.replace('.ts', ''));

  it.each(files)('has cases for every export of plan/expressions/%s', async (file) => {
    const module = (await import(join(EXPRESSIONS, `${file}.ts`))) as object;
    expect(namesOf(EXPRESSION_CASES[file] ?? {})).toEqual(operatorsOf(module));
  });

  it('has a case for every figure and every method of a relation', () => {
    expect(namesOf(AGGREGATE_CASES)).toEqual(operatorsOf(aggregates));
    expect(namesOf(AGGREGATE_CASES)).toEqual([...aggregates.AGGREGATES].sort());
    const methods = operatorsOf(plans.read('source', { id: int32 }));
    const functions = operatorsOf(plans).filter((name) => !ELSEWHERE.includes(name));
    // `shared` is about the tree of steps.
    expect(namesOf(RELATION_CASES)).toEqual([...methods, ...functions, 'shared'].sort());
  });

  it('has a case for every step, every function and every pair of kinds that can be cast', () => {
    const steps = new Set(
      Object.values(RELATION_CASES).flatMap((cases) =>
        cases.flatMap(({ plan }) => opsIn(plan.node)),
      ),
    );
    expect(RELATION_OPS.filter((op) => !steps.has(op))).toEqual([]);
    const functions = new Set(CASES.flatMap((each) => callsIn(expressionOver(each, false))));
    expect(Object.keys(FAULTS).filter((name) => !functions.has(name))).toEqual([]);
    expect(CAST_PAIRS.filter((pair) => !CAST_PAIRS_WITH_EXAMPLES.has(pair))).toEqual([]);
  });

  it('calls the function that a builder is named after, with an example of its value', () => {
    const builders = Map.groupBy(CASES, ({ builder }) => builder);
    const wrong = [...builders].flatMap(([builder, cases]) => {
      const name = builder.slice(builder.indexOf('.') + 1);
      const calls = cases.flatMap((each) => callsIn(expressionOver(each, false)));
      const hasExample = cases.some(({ examples }) => examples.length > 0);
      return hasExample && (!(name in FAULTS) || calls.includes(name)) ? [] : [builder];
    });
    expect(wrong).toEqual([]);
  });

  it('has as many arguments in every example as the case has columns', () => {
    const wrong = CASES.filter(({ args, examples }) =>
      examples.some((example) => example.length !== args.length + 1),
    );
    expect(wrong.map(({ title }) => title)).toEqual([]);
  });
});
