import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EndedRun } from '../../jobs/runner.ts';
import { renderReport } from './render.ts';

/** Writes the report of a run, replacing the one of an earlier attempt, and returns its path. */
export async function writeReport(folder: string, ended: EndedRun): Promise<string> {
  const { runId, attempt } = ended.run;
  const path = resolve(folder, `${encodeURIComponent(runId)}.html`);
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${encodeURIComponent(runId)}.${String(attempt)}.draft`);
  await writeFile(draft, renderReport(ended));
  await rename(draft, path);
  return path;
}
