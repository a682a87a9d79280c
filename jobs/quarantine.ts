import { join } from 'node:path';
import { z } from 'zod';
import type { Failpoints } from '../core/failpoint.ts';
import type { Corrections } from './corrections.ts';
import type { RunInfo } from './job.ts';
import type { Storage } from '../core/storage.ts';
import { integer, text } from '../plan/expressions/literal.ts';
import type { Relation } from '../plan/plan.ts';
import type { PlanSession } from '../plan/session.ts';
import type { Measured } from './transform.ts';

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

/** What `dray quarantine` needs of a run to show its rows and to load them again. */
export const keptEventData = z.object({
  place: z.string(),
  rows: z.int(),
  rules: z.record(z.string(), z.int()),
  /** State of the source, before any corrections. */
  source: z.string(),
  /** Files of quarantines that the run has read in the place of the source's rows. */
  corrected_by: z.array(z.string()),
});

export function keptEvent(
  { rows, place }: Quarantined,
  { rules }: Measured,
  corrections: Corrections | undefined,
  source: string,
): z.output<typeof keptEventData> {
  const broken = rules.filter((rule) => rule.action === 'quarantine' && rule.rows > 0);
  return {
    ...{ place, rows, source },
    rules: Object.fromEntries(broken.map((rule) => [rule.rule, rule.rows])),
    corrected_by: [...(corrections?.places ?? [])],
  };
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
