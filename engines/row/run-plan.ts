import type { Batch } from '../../plan/evaluate/vector.ts';
import type { Relation } from '../../plan/plan.ts';
import type { ResultWatch } from '../../plan/session.ts';
import { assertRunsOn } from '../../plan/support.ts';
import type { BulkSession } from '../bulk/session.ts';
import { compileNode } from './compile.ts';
import { columnIndex, type Pass, type PlanRun } from './stream.ts';

/** Where a plan's rows go. */
export interface Consumer extends Pick<Pass, 'pause'> {
  /** Columns in the order of the plan's fields. */
  emit(batch: Batch): void;
}

export interface RunOptions {
  readonly watch: Pick<ResultWatch, 'onRowError'>;
  /** What one step may hold, in bytes, by estimate. */
  readonly maxHeldBytes: number;
}

/**
 * Runs a plan row by row; DuckDB reads its sources.
 *
 * @returns what the run's steps counted.
 */
export async function runPlan(
  session: BulkSession,
  { node }: Relation,
  { watch, maxHeldBytes }: RunOptions,
  to: Consumer,
  signal: AbortSignal,
): Promise<PlanRun> {
  assertRunsOn(node, 'row');
  const run: PlanRun = {
    session,
    onRowError: watch.onRowError,
    maxHeldBytes,
    dropped: new Map(),
    told: new Set(),
  };
  const stream = compileNode(node, new Set(node.fields.map(({ name }) => name)), run);
  const order = node.fields.map(({ name }) => columnIndex(stream.fields, name));
  await stream.run({ silent: false, pause: () => to.pause(), signal }, (batch) => {
    to.emit({ ...batch, columns: order.map((at) => batch.columns[at] ?? []) });
  });
  return run;
}
