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
 *
 * @param expected - rows that the rules counted; with none, an earlier attempt's file is removed.
 */
export async function keepQuarantine(
  session: SqlSession,
  query: string,
  storage: Storage,
  run: RunInfo,
  expected: number,
  failpoints: Failpoints,
  signal: AbortSignal,
): Promise<Quarantined> {
  const key = `run_id=${encodeURIComponent(run.runId)}/part-0.parquet`;
  await failpoints.reach('quarantine:keep:before');
  let rows = 0;
  if (expected === 0) await storage.remove(key, signal);
  else rows = await write(session, query, storage, key, run, signal);
  await failpoints.reach('quarantine:keep:after');
  return { rows, place: `${storage.root}/${key}` };
}

async function write(
  session: SqlSession,
  query: string,
  storage: Storage,
  key: string,
  run: RunInfo,
  signal: AbortSignal,
): Promise<number> {
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
  await storage.upload(local, key, signal);
  return Number(counted?.['rows']);
}
