import type { EngineName } from '../../../../core/engine.ts';
import type { Relation } from '../../../../plan/plan.ts';
import type { PlanCell } from '../../../../plan/types.ts';
import type { FAILS } from '../case.ts';
import { people } from './people.ts';
import { greater } from '../../../../plan/expressions/comparison.ts';

/** A plan, and the rows that it has to have, as a multiset or, sorted, in this order. */
export interface RelationCase {
  readonly title: string;
  readonly plan: Relation;
  readonly rows: readonly (readonly PlanCell[])[] | typeof FAILS;
  /** The engines that run it; the others refuse it. Absent: all. */
  readonly engines?: readonly EngineName[];
}

export type RelationCases = Readonly<Record<string, readonly RelationCase[]>>;

export const ids = people.select(({ person }) => ({ person }));
export const nobody = people.filter(({ person }) => greater(person, 1000));
