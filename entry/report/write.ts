import type { Storage } from '../../core/storage.ts';
import type { EndedRun } from '../../jobs/runner.ts';
import { renderReport } from './render.ts';

const WRITE_MS = 60_000;

/** Writes the report of a run, replacing the one of an earlier attempt, and returns its path. */
export async function writeReport(storage: Storage, ended: EndedRun): Promise<string> {
  const key = `${encodeURIComponent(ended.run.runId)}.html`;
  // The run has ended, maybe because its signal was aborted.
  await storage.write(key, renderReport(ended), AbortSignal.timeout(WRITE_MS));
  return storage.enginePath(key);
}
