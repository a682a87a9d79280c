import type { JobOutcome } from '../../jobs/job.ts';
import { printable } from '../../core/printable.ts';
import type { ResultLine } from '../../jobs/result-line.ts';
import type { RunResult } from '../../jobs/runner.ts';
import { findingLines } from '../doctor/view.ts';
import { count } from '../wording.ts';
import { errorLines } from './error-lines.ts';
import { duration, type Paint, painter, type Tone } from './format.ts';
import { ruleLines } from './rule-lines.ts';
import { sampleLines } from './sample-rows.ts';
import { adds, sinkLines } from './sink-lines.ts';

/** How to print, and what the result itself does not say. */
export interface SummaryOptions {
  /** Of the whole run. */
  readonly seconds: number;
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Show where in the code an error came from. */
  readonly verbose?: boolean;
  /** Masks secrets, which a stack may hold. */
  readonly redact?: (text: string) => string;
}

const INDENT = '  ';
const NARROWEST = 40;
const WIDEST = 160;

/** What a person reads after a run: what happened, where every row went, and where to look. */
export function printSummary(result: RunResult, options: SummaryOptions): string {
  const paint = painter(options.color);
  const width = Math.min(WIDEST, Math.max(NARROWEST, options.width)) - INDENT.length;
  const { outcome, error, line } = result;
  const blocks = [
    outcome === undefined || outcome.findings !== undefined
      ? []
      : accountLines(outcome, line, paint, width),
    findingLines(outcome?.findings ?? [], { width, color: options.color, signs: true }),
    ruleLines(result.rules, paint, width),
    (outcome?.warnings ?? []).map((text) => `${paint('careful', '! warning:')} ${printable(text)}`),
    outcome === undefined ? [] : sampleBlocks(outcome, paint, width),
    error === undefined
      ? []
      : errorLines(error, paint, { verbose: false, redact: (text) => text, ...options }),
    placeLines(outcome, line, paint),
  ].filter((block) => block.length > 0);
  return [
    headline(result, options.seconds, paint),
    ...aboutLines(result, paint).map((text) => INDENT + text),
    ...blocks.flatMap((block) => ['', ...block.map((text) => (text === '' ? '' : INDENT + text))]),
    '',
  ].join('\n');
}

function headline(result: RunResult, seconds: number, paint: Paint): string {
  const { line, outcome } = result;
  const [tone, word] = verdict(line, outcome);
  const mark = tone === 'good' ? '✓' : tone === 'bad' ? '✗' : '■';
  // Arguments that cannot be read name no run.
  if (line.job === '') return paint(tone, `${mark} ${word}`);
  const window =
    line.window === null ? 'all rows' : `${line.window.start_date} to ${line.window.end_date}`;
  return [
    paint(tone, `${mark} ${word}`),
    paint('strong', printable(line.job)),
    window,
    duration(seconds),
  ].join('  ');
}

function verdict(line: ResultLine, outcome: JobOutcome | undefined): readonly [Tone, string] {
  switch (line.status) {
    case 'cancelled':
      return ['careful', 'cancelled'];
    case 'failed':
      return ['bad', 'failed'];
    case 'checked':
      return ['good', 'checked, nothing written'];
    case 'completed':
      return isReused(outcome) ? ['good', 'reused, nothing loaded twice'] : ['good', 'completed'];
  }
}

/** Every target held the load already. */
export function isReused(outcome: JobOutcome | undefined): boolean {
  const sinks = outcome?.sinks ?? [];
  return sinks.length > 0 && sinks.every((sink) => sink.status === 'reused');
}

function aboutLines({ line, outcome }: RunResult, paint: Paint): readonly string[] {
  const run = `run      ${printable(line.run_id)}`;
  const attempt = line.attempt > 1 ? `, attempt ${String(line.attempt)}` : '';
  if (line.run_id === '') return [];
  if (outcome === undefined) return [paint('quiet', run + attempt)];
  return [
    paint('quiet', run + attempt),
    paint('quiet', `source   ${printable(outcome.source)}`),
    paint('quiet', `engine   ${outcome.engine}: ${printable(outcome.engineReason)}`),
  ];
}

function accountLines(
  outcome: JobOutcome,
  line: ResultLine,
  paint: Paint,
  width: number,
): readonly string[] {
  const { counts, sinks } = outcome;
  if (line.status === 'checked') return sinkLines(sinks, counts, paint, width);
  const loaded = sinks.find((sink) => sink.status !== 'untouched')?.loaded ?? 0;
  const law =
    `${count(counts.read)} read = ${count(loaded)} loaded + ${count(counts.quarantined)} quarantined` +
    ` + ${count(counts.filtered)} filtered` +
    (counts.dropped === 0 ? '' : ` + ${count(counts.dropped)} dropped`) +
    ` + ${count(counts.deduplicated)} deduplicated`;
  const mark = adds(loaded, counts) ? paint('good', '✓') : paint('bad', '✗ does not add up');
  return [`${law} ${mark}`, '', ...sinkLines(sinks, counts, paint, width)];
}

function sampleBlocks(outcome: JobOutcome, paint: Paint, width: number): readonly string[] {
  const shown = outcome.sinks.filter((sink) => sink.sample.length > 0);
  return shown.flatMap(({ sink, sample }, index) => {
    const [head, ...rows] = sampleLines(sample, outcome.contract, width);
    const title = `${sink}: ${String(sample.length)} of its rows`;
    return [
      ...(index === 0 ? [] : ['']),
      paint('strong', title),
      paint('quiet', head ?? ''),
      ...rows,
    ];
  });
}

function placeLines(
  outcome: JobOutcome | undefined,
  line: ResultLine,
  paint: Paint,
): readonly string[] {
  const places = { quarantine: outcome?.quarantine, report: line.report ?? undefined };
  return Object.entries(places).flatMap(([name, place]) =>
    place === undefined ? [] : [`${paint('strong', name.padEnd(10))}  ${printable(place)}`],
  );
}
