import type { BenchContext } from './context.ts';
import { oneLoad, runOf } from './contest.ts';
import { count } from './figures.ts';
import type { ContestResult, CurveResult, Run } from './results.ts';
import { sizesOf, sliceOf, type Source } from './slice.ts';

const ENGINES = ['row', 'bulk', 'bigdata'] as const;
const SIZES = [10_000, 100_000, 1_000_000, 5_000_000];

/**
 * The same load by every engine over growing sources. What the contest has measured just before, on
 * the whole of the source, is not measured again.
 */
export async function runCurve(
  source: Source,
  contest: Omit<ContestResult, 'measured'> | undefined,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Omit<CurveResult, 'measured'>> {
  const { session, folders, options, say } = context;
  const points: CurveResult['points'] = [];
  const problems: string[] = [];
  const failed = new Set<string>();
  for (const rows of sizesOf(source, SIZES)) {
    const slice = await sliceOf(session, source, rows, folders.slices, signal);
    for (const engine of ENGINES.filter((name) => !failed.has(name))) {
      const known =
        rows === source.rows
          ? contest?.contestants.find(({ name, runs }) => name === engine && runs.length > 0)
          : undefined;
      const runs: Run[] = [...(known?.runs ?? [])];
      try {
        while (runs.length < options.runs && known === undefined) {
          const { load } = await oneLoad(engine, slice, undefined, context, signal);
          runs.push(runOf(load));
          say(`${engine}, ${count(rows)} rows: ${load.seconds.toFixed(1)} s`);
        }
      } catch (error) {
        signal.throwIfAborted();
        failed.add(engine);
        const reason = error instanceof Error ? error.message : String(error);
        say(`${engine}, ${count(rows)} rows: ${reason}`);
        problems.push(`curve: ${engine}, ${count(rows)} rows: ${reason.split('\n')[0] ?? ''}`);
      }
      if (runs.length > 0) points.push({ engine, rows, runs });
    }
  }
  return { points, problems };
}
