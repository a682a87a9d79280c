import { JobError } from '../../core/errors.ts';
import type { Relation } from '../../plan/plan.ts';
import { inputsOf, type RelationNode } from '../../plan/relation.ts';
import type { PlanSession } from '../../plan/session.ts';
import type { BulkSession } from '../bulk/session.ts';
import { MAX_HELD_BYTES } from './plan-session.ts';
import { runPlan } from './run-plan.ts';
import { noPause } from './stream.ts';

/**
 * A bulk engine whose `VALUE_INVALID` names the row. DuckDB says what of which value has no result,
 * not where; after such a failure the plan is run again row by row, up to that row.
 *
 * @param session - what `plans` run on.
 */
export function nameRows(plans: PlanSession, session: BulkSession): PlanSession {
  async function named<T>(relation: Relation, work: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw await firstFailure(session, relation, error, signal);
    }
  }
  return {
    engine: plans.engine,
    sql: plans.sql,
    bind: (name, query, signal) => plans.bind(name, query, signal),
    collect: (relation, signal) => named(relation, plans.collect(relation, signal), signal),
    writeFile: (relation, path, signal) =>
      named(relation, plans.writeFile(relation, path, signal), signal),
    writePartitions: (result, directory, watch, signal) =>
      named(result.relation, plans.writePartitions(result, directory, watch, signal), signal),
    [Symbol.asyncDispose]: () => plans[Symbol.asyncDispose](),
  };
}

/** The row engine's error; the one that there was, where that engine finds none or cannot look. */
async function firstFailure(
  session: BulkSession,
  relation: Relation,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof JobError) || error.code !== 'VALUE_INVALID') return error;
  // Functions of TypeScript name their rows themselves, and may have effects.
  if (callsFunctions(relation.node)) return error;
  try {
    const options = { watch: {}, maxHeldBytes: MAX_HELD_BYTES };
    const nobody = { emit: () => undefined, pause: noPause };
    await runPlan(session, relation, options, nobody, signal);
    return error;
  } catch (found) {
    return found instanceof JobError && found.code === 'VALUE_INVALID' ? found : error;
  }
}

function callsFunctions(node: RelationNode): boolean {
  return node.op === 'mapRow' || inputsOf(node).some(callsFunctions);
}
