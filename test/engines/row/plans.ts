import { systemClock } from '../../../core/clock.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openRowPlans, type RowOptions } from '../../../engines/row/plan-session.ts';
import type { PlanSession } from '../../../plan/session.ts';

export const forever = new AbortController().signal;

/** The row engine over sources that are DuckDB's queries, by name. */
export async function openPlans(
  sources: Readonly<Record<string, string>>,
  options: RowOptions = {},
): Promise<PlanSession> {
  const engine = await openBulkEngine({ threads: 2, memoryMb: 200 }, systemClock, forever);
  const plans = openRowPlans(engine, options);
  for (const [name, query] of Object.entries(sources)) await plans.bind(name, query, forever);
  return plans;
}
