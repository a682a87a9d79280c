import { join } from 'node:path';
import { quote, type SqlSession } from '../core/engine.ts';
import type { Failpoints } from '../core/failpoint.ts';
import type { RunInfo } from '../core/job.ts';
import type { Storage } from '../core/storage.ts';

export interface Quarantined {
  readonly rows: number;
  readonly place: string;
}

/**
 * Keeps the rows that broke a rule as one Parquet file of the run, replacing what an earlier attempt
 * kept. The count is read back from the file.
 */
export async function keepQuarantine(
  session: SqlSession,
  query: string,
  storage: Storage,
  run: RunInfo,
  failpoints: Failpoints,
  signal: AbortSignal,
): Promise<Quarantined> {
  const local = join(session.scratchDir, 'quarantine.parquet');
  await session.run(
    `copy (select *, ${quote(run.runId)} as run_id, ${String(run.attempt)} as attempt from (${query}))
     to ${quote(local)} (format parquet, compression zstd)`,
    signal,
  );
  const [counted] = await session.rows(
    `select count(*) as rows from read_parquet(${quote(local)})`,
    signal,
  );
  const rows = Number(counted?.['rows']);
  const key = `run_id=${encodeURIComponent(run.runId)}/part-0.parquet`;
  await failpoints.reach('quarantine:keep:before');
  if (rows > 0) await storage.upload(local, key, signal);
  else await storage.remove(key, signal);
  await failpoints.reach('quarantine:keep:after');
  return { rows, place: `${storage.root}/${key}` };
}
