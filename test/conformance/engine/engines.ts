import { systemClock } from '../../../core/clock.ts';
import { quote } from '../../../core/engine.ts';
import { openBigdataEngine } from '../../../engines/bigdata/session.ts';
import { openBigdataPlans } from '../../../engines/bigdata/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { fillMapRow } from '../../../engines/row/fill-map-row.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { sparkVersions, useSpark } from '../../spark/server.ts';

/** An engine that answers, with what a report calls it. */
export interface Engine {
  /** `row`, `bulk`, `Spark 4.2.1`. */
  readonly name: string;
  readonly plans: PlanSession;
  /** Makes a Parquet file the source of that name. */
  bindFile(source: string, path: string, signal: AbortSignal): Promise<void>;
}

/** Opens row, bulk and every Spark that is there; disposed with the stack. */
export async function openEngines(
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<readonly Engine[]> {
  const row = stack.use(openRowPlans(await openBulkEngine({}, systemClock, signal)));
  const bulk = stack.use(openBulkPlans(await openBulkEngine({}, systemClock, signal), fillMapRow));
  const sparks: Engine[] = [];
  for (const version of sparkVersions) {
    const server = stack.use(await useSpark(version));
    const session = await openBigdataEngine({ remote: server.remote }, systemClock, signal);
    sparks.push(engine(`Spark ${version}`, stack.use(openBigdataPlans(session))));
  }
  return [engine('row', row), engine('bulk', bulk), ...sparks];
}

function engine(name: string, plans: PlanSession): Engine {
  const query = (path: string): string =>
    plans.engine === 'bigdata'
      ? `select * from parquet.\`${path}\``
      : `select * from read_parquet(${quote(path)})`;
  return {
    name,
    plans,
    async bindFile(source, path, signal) {
      await plans.bind(source, query(path), signal);
    },
  };
}
