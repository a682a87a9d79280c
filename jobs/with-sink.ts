import type { Sink } from '../core/strategy.ts';
import type { PlanSession } from '../plan/session.ts';
import type { Computation, EngineContext } from './job.ts';
import type { SinkPlan } from './sinks.ts';

/** Opens a target outside of a run, on an engine in this process; both are closed afterwards. */
export async function withSink<T>(
  plan: SinkPlan,
  { transform: { contract }, session: options }: Computation,
  job: string,
  context: EngineContext,
  signal: AbortSignal,
  work: (sink: Sink, session: PlanSession) => Promise<T>,
): Promise<T> {
  await using session = await context.openEngine('bulk', options, signal);
  const request = { job, runId: 'look', attempt: 1, mode: plan.mode, contract };
  await using sink = await plan.open(session.sql, request, context, signal);
  return await work(sink, session);
}
