import { evolvedBy } from '../core/ledger.ts';
import { type OutputContract, withEvolved } from '../core/schema.ts';
import type { Sink } from '../core/strategy.ts';
import type { PlanSession } from '../plan/session.ts';
import type { Computation, EngineContext } from './job.ts';
import type { SinkPlan } from './sinks.ts';

/** What there is to work with outside of a run. */
export interface OpenedTarget {
  readonly sink: Sink;
  readonly session: PlanSession;
  /** The job's, with the columns that came with the source. */
  readonly contract: OutputContract;
}

/** Opens a target outside of a run, on an engine in this process; both are closed afterwards. */
export async function withSink<T>(
  plan: SinkPlan,
  { transform, session: options }: Computation,
  job: string,
  context: EngineContext,
  signal: AbortSignal,
  work: (opened: OpenedTarget) => Promise<T>,
): Promise<T> {
  await using session = await context.openEngine('bulk', options, signal);
  const request = { job, runId: 'look', attempt: 1, mode: plan.mode };
  const open = (contract: OutputContract) =>
    plan.open(session.sql, { ...request, contract }, context, signal);
  await using own = await open(transform.contract);
  const contract = withEvolved(transform.contract, evolvedBy(await own.loads(signal)));
  if (contract === transform.contract) return await work({ sink: own, session, contract });
  await using sink = await open(contract);
  return await work({ sink, session, contract });
}
