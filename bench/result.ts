import type { Load } from './load.ts';
import type { Machine } from './machine.ts';
import type { Verdict } from './sinks.ts';
import type { Truth } from './truth.ts';
import type { Yardstick, YardstickTimes } from './yardstick.ts';

/** Everything one benchmark has found out. */
export interface BenchResult {
  /** {@link WHOLE_YEAR}, or which weeks. */
  readonly scope: string;
  readonly load: Load;
  readonly yardstick: Yardstick;
  readonly truth: Truth;
  readonly verdict: Verdict;
  readonly machine: Machine;
}

export const WHOLE_YEAR = 'the whole year';

/** What the whole year must come to; a change here is a change of the data or a lost row. */
const YEAR = { read: 20_940_529, loaded: 20_927_744, deduplicated: 12_785 } as const;

/** Seconds of the Postgres sink: staging, key, ANALYZE and commit. */
export function postgresSeconds({ line }: Load): number {
  return line.sinks.find((sink) => sink.kind === 'postgres')?.seconds ?? Number.NaN;
}

export function bestOf({ runs }: Yardstick): YardstickTimes {
  return runs.reduce((best, each) => (each.total < best.total ? each : best));
}

/** Everything that is not as it must be; empty when the run proves what it claims. */
export function problemsOf(result: BenchResult, isYear: boolean): readonly string[] {
  const { load, truth, verdict, yardstick } = result;
  const problems = [...verdict.differences];
  const check = (what: string, is: number, shouldBe: number) => {
    if (is !== shouldBe) problems.push(`${what} is ${is}, expected ${shouldBe}`);
  };
  const { counts } = load.line;
  if (counts === null) return [...problems, 'the result line has no counts'];
  check('read', counts.read, truth.read);
  check('filtered', counts.filtered, truth.filtered);
  check('quarantined', counts.quarantined, truth.quarantined);
  check('deduplicated', counts.deduplicated, truth.deduplicated);
  for (const sink of load.line.sinks) {
    check(`loaded by ${sink.sink}`, sink.loaded, truth.loaded);
    const explained = sink.loaded + counts.quarantined + counts.filtered + counts.deduplicated;
    check(`accounted by ${sink.sink}`, explained, counts.read);
  }
  check('rows of the yardstick', yardstick.rows, truth.loaded);
  if (isYear) {
    check('rows in the source', truth.read, YEAR.read);
    check('rows expected', truth.loaded, YEAR.loaded);
    check('duplicates expected', truth.deduplicated, YEAR.deduplicated);
  }
  return problems;
}

/** Lines of figures, as name and value. */
export function figuresOf(result: BenchResult): readonly (readonly [string, string])[] {
  const { load, yardstick, verdict } = result;
  const best = bestOf(yardstick);
  const own = postgresSeconds(load);
  const { measured } = load;
  return [
    ['seconds, whole process', seconds(measured.seconds)],
    ...load.steps.map((step) => [`seconds, step ${step.name}`, seconds(step.seconds)] as const),
    ...load.line.sinks.map(
      (sink) => [`seconds, sink ${sink.kind} (side by side)`, seconds(sink.seconds)] as const,
    ),
    ['CPU seconds, process', seconds(measured.cpuSeconds)],
    ['CPU seconds, server', seconds(load.serverCpu)],
    [`peak MB, process (${measured.peakSource})`, measured.peakMb.toFixed(0)],
    [`seconds, ${yardstick.tool}, best of ${yardstick.runs.length}`, seconds(best.total)],
    ['  of these COPY, key, ANALYZE', [best.copy, best.key, best.analyze].map(seconds).join(', ')],
    ['  CPU seconds, server', seconds(best.serverCpu)],
    [`ratio, dray's Postgres part / ${yardstick.tool}`, (own / best.total).toFixed(2)],
    ...Object.entries(verdict.rows).map(([sink, n]) => [`rows in ${sink}`, count(n)] as const),
  ];
}

export function accountingOf({ load }: BenchResult): string {
  const { counts, sinks } = load.line;
  if (counts === null) return 'no counts';
  const { read, deduplicated, filtered, quarantined } = counts;
  const parts = [sinks[0]?.loaded ?? 0, deduplicated, filtered, quarantined].map(count);
  return `${count(read)} read = ${parts[0]} loaded + ${parts[1]} deduplicated + ${parts[2]} filtered + ${parts[3]} quarantined`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'unknown' : value.toFixed(1);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
