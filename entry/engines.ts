import type { Clock } from '../core/clock.ts';
import type { EngineName } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import { openBulkPlans } from '../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../engines/bulk/session.ts';
import { fillMapRow } from '../engines/row/fill-map-row.ts';
import { nameRows } from '../engines/row/name-rows.ts';
import { openRowPlans } from '../engines/row/plan-session.ts';
import type { SessionOptions } from '../jobs/job.ts';
import type { PlanSession } from '../plan/session.ts';

/** What opening an engine takes besides what a job says of it. */
export interface EngineSurroundings {
  readonly clock: Clock;
  /** Folders that may hold DuckDB's extensions. */
  readonly extensionDirs: readonly string[];
  /** `SPARK_REMOTE`: the Spark that the launcher or a person has started. */
  readonly sparkRemote: string | undefined;
}

/** Opens an engine; the caller disposes it. Spark's operations carry the run id as their tag. */
export async function openEngine(
  engine: EngineName,
  options: SessionOptions & { readonly runId: string },
  { clock, extensionDirs, sparkRemote }: EngineSurroundings,
  signal: AbortSignal,
): Promise<PlanSession> {
  const { runId, ...local } = options;
  switch (engine) {
    case 'bulk': {
      const session = await openBulkEngine({ extensionDirs, ...local }, clock, signal);
      return nameRows(openBulkPlans(session, fillMapRow), session);
    }
    case 'row':
      return openRowPlans(await openBulkEngine({ extensionDirs, ...local }, clock, signal));
    case 'bigdata': {
      const remote = options.sparkRemote ?? sparkRemote;
      if (remote === undefined) throw noSpark();
      // The client takes a third of a second to load, which only runs on Spark have to pay.
      const { openBigdataEngine } = await import('../engines/bigdata/session.ts');
      const { openBigdataPlans } = await import('../engines/bigdata/plan-session.ts');
      const { tempDir } = options;
      const spark = await openBigdataEngine(
        { remote, tags: [runId], ...(tempDir === undefined ? {} : { tempDir }) },
        clock,
        signal,
      );
      return openBigdataPlans(spark);
    }
  }
}

function noSpark(): JobError {
  return new JobError(
    'ENGINE_UNSUPPORTED',
    'the engine "bigdata" needs a Spark, and none is named',
    {
      hint: 'set SPARK_REMOTE or "spark_remote" to sc://host:port, start one with: dray spark up, or set "strategy_type" to "bulk"',
    },
  );
}
