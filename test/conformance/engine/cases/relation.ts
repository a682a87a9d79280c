import { keyCases } from './relation-keys.ts';
import type { RelationCases } from './relation-case.ts';
import { rowCases } from './relation-rows.ts';

/** By the method of `Relation`, or the function of plan/plan.ts. */
export const RELATION_CASES: RelationCases = { ...rowCases, ...keyCases };
