import { expect, it } from '@jest/globals';
import type { Call, Expression } from '../../../../plan/expression.ts';
import { printExpression as printDuckDb } from '../../../../plan/duckdb/expressions.ts';
import { printExpression as printSpark } from '../../../../plan/spark/expressions.ts';
import { when } from '../../../../plan/expressions/conditional.ts';
import { nullOf } from '../../../../plan/expressions/literal.ts';
import { columnOf, type Relation, sql } from '../../../../plan/plan.ts';
import type { PlanSession } from '../../../../plan/session.ts';
import type { FunctionName } from '../../../../plan/functions.ts';
import { int32, type PlanCell, type PlanType } from '../../../../plan/types.ts';
import { day } from '../case.ts';
import { expressionOver, readTable, rowCounts, type TableName } from '../edge-tables.ts';
import type { Engine } from '../engines.ts';
import { evaluate } from '../evaluate.ts';
import { CASES, type NamedCase } from '../named-cases.ts';
import { differences } from '../report.ts';
import type { World } from '../world.ts';
import { FAULTS } from './all.ts';
import { faultySql } from './fault.ts';

/** A function with the case in which its fault is planted: the first that is a call of it. */
interface Planted {
  readonly name: FunctionName;
  readonly each: NamedCase;
  readonly call: Call;
}

const PLANTED: readonly Planted[] = (Object.keys(FAULTS) as FunctionName[]).map((name) => {
  const own = CASES.filter(({ builder }) => builder.endsWith(`.${name}`));
  for (const each of [...own, ...CASES]) {
    const call = expressionOver(each, false);
    if (call.op === 'call' && call.name === name) return { name, each, call };
  }
  throw new Error(`no case is a call of ${name}`);
});

const ROWS = rowCounts(CASES);

/** Whoever plants a fault in a printer or the evaluator is told so by the comparison above. */
export function itNoticesFaults(world: () => World): void {
  it(`notices a fault in each of ${String(PLANTED.length)} functions of every engine`, async () => {
    const unnoticed: string[] = [];
    for (const engine of world().engines) {
      const noticed = new Set<FunctionName>();
      for (const table of ['single', 'pairs', 'examples'] as const) {
        const here = PLANTED.filter(
          ({ each }) => table === 'examples' || (table === 'single') === (each.args.length === 1),
        );
        const cases = here.map(({ each }) => each);
        const right = await evaluate(engine.plans, table, world().tables, cases, world().signal);
        const wrong = await evaluateFaulty(engine, table, here, world());
        for (const { name, each } of here) {
          const found = [right, wrong].map((values) => [engine, values] as const);
          const said = differences(world(), table, [each], ROWS[table], found);
          if (said.length > 0) noticed.add(name);
        }
      }
      unnoticed.push(
        ...PLANTED.filter(({ name }) => !noticed.has(name)).map(
          ({ name }) => `${engine.name}: ${name}`,
        ),
      );
    }
    expect(unnoticed).toEqual([]);
  });
}

async function evaluateFaulty(
  { plans }: Engine,
  table: TableName,
  planted: readonly Planted[],
  { tables, signal }: World,
): Promise<ReadonlyMap<NamedCase, readonly PlanCell[]>> {
  const cases = planted.map(({ each }) => each);
  const asked = faulty(plans.engine, readTable(table, tables, cases), planted);
  const columns: PlanCell[][] = planted.map(() => []);
  for (const row of await plans.collect(asked, signal)) {
    for (const [at, values] of columns.entries()) {
      values[Number(row['id'])] = row[`c${String(at)}`] ?? null;
    }
  }
  return new Map(cases.map((each, at) => [each, columns[at] ?? []]));
}

function faulty(
  engine: PlanSession['engine'],
  source: Relation,
  planted: readonly Planted[],
): Relation {
  const types = Object.fromEntries(planted.map(({ call }, at) => [`c${String(at)}`, call.type]));
  if (engine === 'row') return faultyRows(source, planted, types);
  const dialect = engine === 'bulk' ? 'duckdb' : 'spark';
  const print = engine === 'bulk' ? printDuckDb : printSpark;
  const columns = planted.map(({ name, each, call }, at) => {
    const args = call.args.map((arg) => `(${print(arg)})`);
    const text = faultySql(FAULTS[name], dialect, print(call), args);
    const where = each.where?.(...argumentsOf(each, source));
    return `${where ? `case when ${print(where)} then ${text} end` : text} as c${String(at)}`;
  });
  const query = `select id, ${columns.join(', ')} from $1`;
  return sql({ [dialect]: query }, { id: int32, ...types }, source);
}

/** The columns that a case takes, found again in the source. */
function argumentsOf({ args }: NamedCase, source: Relation): readonly Expression[] {
  return args.map((type, argument) => {
    const suffix = ['_a', '_b', '_c'][argument] ?? '';
    const field = source.node.fields.find(
      (each) => each.name.endsWith(suffix) && JSON.stringify(each.type) === JSON.stringify(type),
    );
    if (field === undefined) throw new Error(`there is no column for argument ${String(argument)}`);
    return columnOf(field);
  });
}

/** The arguments computed as they should be, and the call made by a function of one row. */
function faultyRows(
  source: Relation,
  planted: readonly Planted[],
  types: Parameters<Relation['mapRow']>[1],
): Relation {
  const given = planted.flatMap(({ each, call }, at) => {
    const where = each.where?.(...argumentsOf(each, source));
    return call.args.map((arg, index): [string, Expression] => [
      `c${String(at)}_${String(index)}`,
      where === undefined ? arg : when(where, arg).otherwise(nullOf(arg.type)),
    ]);
  });
  const id = columnOf({ name: 'id', type: int32, nullable: true });
  return source
    .select(() => Object.fromEntries([['id', id], ...given]))
    .mapRow('faulty', { id: int32, ...types }, (row) =>
      Object.fromEntries([
        ['id', row['id'] ?? null],
        ...planted.map(({ name, call }, at): [string, PlanCell] => {
          const args = call.args.map((_, index) => row[`c${String(at)}_${String(index)}`] ?? null);
          return [`c${String(at)}`, fitting(FAULTS[name].row(...args), call.type)];
        }),
      ]),
    );
}

/** A wrong value that is still one of its type: a function per row is refused any other. */
function fitting(value: PlanCell, type: PlanType): PlanCell {
  const within = (low: number, high: number, number: number) =>
    Math.min(Math.max(number, low), high);
  switch (type.kind) {
    case 'string':
      return typeof value === 'string' ? value.toWellFormed() : value;
    case 'int32':
      return typeof value === 'number' ? Math.trunc(value) | 0 : value;
    case 'int64':
      return typeof value === 'bigint' ? BigInt.asIntN(64, value) : value;
    case 'date':
      return within(day('0001-01-01'), day('9999-12-31'), Number(value));
    case 'timestamp':
      return BigInt.asIntN(56, value as bigint);
    default:
      return value;
  }
}
