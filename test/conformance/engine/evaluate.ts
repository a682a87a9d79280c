import type { Expression } from '../../../plan/expression.ts';
import { columnOf, type Relation } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { int32, type PlanCell } from '../../../plan/types.ts';
import { expressionOver, readTable, type TableName, type Tables } from './edge-tables.ts';
import type { NamedCase } from './named-cases.ts';

/** Columns of one query: enough that Spark plans few, few enough that it still compiles them. */
const COLUMNS_PER_QUERY = 100;

/** For each case, its values by row of the table. */
export type Values = ReadonlyMap<NamedCase, readonly PlanCell[]>;

/** Runs cases over a table, many in one query. */
export async function evaluate(
  session: PlanSession,
  table: TableName,
  tables: Tables,
  cases: readonly NamedCase[],
  signal: AbortSignal,
): Promise<Values> {
  const found = new Map<NamedCase, readonly PlanCell[]>();
  for (const batch of batches(cases)) {
    const columns = await evaluateColumns(
      session,
      readTable(table, tables, batch),
      batch.map((each) => expressionOver(each)),
      signal,
    );
    for (const [at, each] of batch.entries()) found.set(each, columns[at] ?? []);
  }
  return found;
}

/** The values of expressions over a source with `id`, by that number. */
export async function evaluateColumns(
  session: PlanSession,
  source: Relation,
  expressions: readonly Expression[],
  signal: AbortSignal,
): Promise<readonly (readonly PlanCell[])[]> {
  const found: PlanCell[][] = [];
  for (const batch of batches(expressions)) {
    const columns: PlanCell[][] = batch.map(() => []);
    for (const row of await session.collect(withId(source, batch), signal)) {
      for (const [at, values] of columns.entries()) {
        values[Number(row['id'])] = row[`c${String(at)}`] ?? null;
      }
    }
    found.push(...columns);
  }
  return found;
}

/** `id` and the expressions as `c0`, `c1`, ... */
export function withId(source: Relation, expressions: readonly Expression[]): Relation {
  return source.select(() =>
    Object.fromEntries([
      ['id', columnOf({ name: 'id', type: int32, nullable: true })],
      ...expressions.map((each, at): [string, Expression] => [`c${String(at)}`, each]),
    ]),
  );
}

function batches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / COLUMNS_PER_QUERY) }, (_, at) =>
    all.slice(at * COLUMNS_PER_QUERY, (at + 1) * COLUMNS_PER_QUERY),
  );
}
