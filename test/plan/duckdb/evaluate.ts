import { systemClock } from '../../../core/clock.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { printLiteral } from '../../../plan/duckdb/literals.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { duckDbType } from '../../../plan/duckdb/types.ts';
import type { Expression } from '../../../plan/expression.ts';
import { literal } from '../../../plan/expressions/literal.ts';
import { read, type Relation, relation } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { int32, type Kind, type PlanCell, type TypeOf } from '../../../plan/types.ts';

export const forever = new AbortController().signal;

export async function openPlans(): Promise<PlanSession> {
  return openBulkPlans(await openBulkEngine({ threads: 1 }, systemClock, forever));
}

/** The type that DuckDB itself gives each column of a plan, which must be the plan's own. */
export async function assertTypes(session: PlanSession, { node }: Relation): Promise<void> {
  const columns = node.fields.map(({ name }) => `typeof("${name}") as "${name}"`).join(', ');
  const query = printDuckDb(node);
  const wanted = node.fields
    .map(({ type }, index) => `typeof(cast(null as ${duckDbType(type)})) as t${String(index)}`)
    .join(', ');
  const [found] = await session.sql.rows(
    `select ${columns} from (values (1)) left join (${query}) on true limit 1`,
    forever,
  );
  const [expected] = await session.sql.rows(`select ${wanted}`, forever);
  const [a, b] = [Object.values(found ?? {}), Object.values(expected ?? {})];
  if (JSON.stringify(a) !== JSON.stringify(b)) {
    throw new Error(`types are ${JSON.stringify(a)} and not ${JSON.stringify(b)}: ${query}`);
  }
}

/**
 * What a function gives for each input: once over a column, once over literals, where DuckDB
 * computes the result while it plans. Both must be the same.
 */
export async function valuesOf<K extends Kind>(
  session: PlanSession,
  type: TypeOf<K>,
  inputs: readonly PlanCell[],
  apply: (x: Expression<K>) => Expression,
): Promise<readonly PlanCell[]> {
  const rows = inputs.map((input, index) => `(${String(index)}, ${printLiteral(input, type)})`);
  await session.bind('edge', `select * from (values ${rows.join(', ')}) as t(i, x)`, forever);
  const overColumn = read('edge', { i: int32, x: type }).select((row) => ({
    i: row.i,
    y: apply(row.x as Expression<K>),
  }));
  await assertTypes(session, overColumn);
  const collected = await session.collect(overColumn, forever);
  const byInput = new Map(collected.map((row) => [row['i'], row['y'] ?? null]));
  const values = inputs.map((_, index) => byInput.get(index) ?? null);

  await session.bind('one', 'select 1 as i', forever);
  const folded = relation(read('one', { i: int32 }).node).select(() =>
    Object.fromEntries(
      inputs.map((input, index) => [`c${String(index)}`, apply(literal(input, type))]),
    ),
  );
  const [row] = await session.collect(folded, forever);
  const again = inputs.map((_, index) => row?.[`c${String(index)}`] ?? null);
  if (!isSame(values, again)) {
    throw new Error(`over literals it is ${show(again)}, over a column ${show(values)}`);
  }
  return values;
}

function isSame(a: readonly PlanCell[], b: readonly PlanCell[]): boolean {
  return show(a) === show(b);
}

function show(values: readonly PlanCell[]): string {
  return JSON.stringify(values, (_, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'number'
      ? `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`
      : value,
  );
}
