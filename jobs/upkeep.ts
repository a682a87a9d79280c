import type { Compaction, Upkeep, Vacuumed } from '../core/upkeep.ts';
import type { Computation, EngineContext } from './job.ts';
import type { SinkPlan } from './sinks.ts';
import { withSink } from './with-sink.ts';

/** What upkeep has done to a target; `done` is absent where the target needs none. */
export interface Kept<Done extends Compaction | Vacuumed> {
  readonly sink: string;
  readonly kind: string;
  readonly target: string;
  readonly done?: Done;
}

/** Does a piece of upkeep where the sink's target needs any. */
export async function keepUp<Done extends Compaction | Vacuumed>(
  plan: SinkPlan,
  computation: Computation,
  job: string,
  work: (upkeep: Upkeep) => Promise<Done>,
  context: EngineContext,
  signal: AbortSignal,
): Promise<Kept<Done>> {
  return await withSink(plan, computation, job, context, signal, async ({ sink }) => {
    const place = { sink: plan.name, kind: plan.kind, target: sink.target };
    return sink.upkeep === undefined ? place : { ...place, done: await work(sink.upkeep) };
  });
}
