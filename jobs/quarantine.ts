import { join } from 'node:path';
import type { Failpoints } from '../core/failpoint.ts';
import type { RunInfo } from './job.ts';
import type { Storage } from '../core/storage.ts';
import { integer, text } from '../plan/expressions/literal.ts';
import type { Relation } from '../plan/plan.ts';
import type { PlanSession } from '../plan/session.ts';

export interface Quarantined {
  readonly rows: number;
  readonly place: string;
}

/**
 * Keeps the rows that broke a rule as one Parquet file of the run, replacing what an earlier attempt
 * kept. The count is read back from the file.
 *
 * @param expected - rows that the rules counted; with none, an earlier attempt's file is removed.
 */
export async function keepQuarantine(
  session: PlanSession,
  broken: Relation,
  storage: Storage,
  run: RunInfo,
  expected: number,
  failpoints: Failpoints,
  signal: AbortSignal,
): Promise<Quarantined> {
  const key = quarantineKey(run, 'part-0.parquet');
  await failpoints.reach('quarantine:keep:before');
  let rows = 0;
  if (expected === 0) await storage.remove(key, signal);
  else rows = await write(session, broken, storage, key, run, signal);
  await failpoints.reach('quarantine:keep:after');
  return { rows, place: `${storage.root}/${key}` };
}

/** Where a run keeps a file in the quarantine; the same for every attempt of it. */
export function quarantineKey({ runId }: RunInfo, file: string): string {
  return `run_id=${encodeURIComponent(runId)}/${file}`;
}

async function write(
  session: PlanSession,
  broken: Relation,
  storage: Storage,
  key: string,
  run: RunInfo,
  signal: AbortSignal,
): Promise<number> {
  const local = join(session.sql.scratchDir, 'quarantine.parquet');
  const kept = broken.derive(() => ({ run_id: text(run.runId), attempt: integer(run.attempt) }));
  const rows = await session.writeFile(kept, local, signal);
  await storage.upload(local, key, signal);
  return rows;
}
