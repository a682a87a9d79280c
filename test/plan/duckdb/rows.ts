import { read, type Relation } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { float64, int32 } from '../../../plan/types.ts';
import { assertTypes, forever } from './evaluate.ts';

/** Rows as arrays, in order if the plan sorts last, else by their text. */
export async function rowsOf(
  session: PlanSession,
  relation: Relation,
  isSorted = false,
): Promise<readonly unknown[]> {
  await assertTypes(session, relation);
  const rows = (await session.collect(relation, forever)).map((row) => Object.values(row));
  return isSorted ? rows : rows.sort((a, b) => (rowText(a) < rowText(b) ? -1 : 1));
}

export function rowText(row: readonly unknown[]): string {
  return row.map((cell) => (Object.is(cell, -0) ? '-0' : String(cell))).join('|');
}

export async function bind(
  session: PlanSession,
  name: string,
  values: string,
  columns: string,
): Promise<void> {
  await session.bind(name, `select * from (values ${values}) as t(${columns})`, forever);
}

/** Both zeros, two NaN and two nulls. */
export const edge = read('edge', { i: int32, x: float64 });
export const bindEdge = async (session: PlanSession) => {
  await bind(
    session,
    'edge',
    `(1, cast('-0.0' as double)), (2, 0e0), (3, cast('nan' as double)), (4, cast('nan' as double)), (5, null), (6, null), (7, 1e0)`,
    'i, x',
  );
};
