import { type Finding, note, ok, redOf } from '../../core/finding.ts';
import { openConfig } from '../config-envelope.ts';
import type { Surroundings } from '../context.ts';
import { SILENT } from '../terminal/silent.ts';
import { runFromConfig } from '../run.ts';

export interface CheckedJob {
  readonly job: string;
  /** File, or the JSON itself. */
  readonly config: string;
  readonly store?: string;
}

/** Source, sinks and secrets of a job, as its `--dry_run` checks them. */
export async function jobFindings(
  { job, config: given, store }: CheckedJob,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const config = await openConfig(given, surroundings);
    const request = {
      jobName: job,
      config,
      dryRun: true,
      ...(store === undefined ? {} : { store }),
    };
    const result = await runFromConfig(request, surroundings, { watcher: SILENT }, signal);
    const { outcome, error } = result;
    signal.throwIfAborted();
    if (error !== undefined) return [redOf(job, error)];
    return [
      ok(job, `engine ${outcome?.engine ?? ''}: ${outcome?.engineReason ?? ''}`),
      ok('source', outcome?.source ?? ''),
      ...(outcome?.sinks ?? []).map(({ sink, target }) => ok(`sink ${sink}`, target)),
      ...(outcome?.warnings ?? []).map((text) => note('warning', text)),
    ];
  } catch (error) {
    signal.throwIfAborted();
    return [redOf(job, error)];
  }
}
