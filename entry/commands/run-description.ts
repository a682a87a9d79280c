import type { RunEvent } from '../../core/events.ts';
import { printable } from '../../core/printable.ts';
import type { RunRecord, StepRecord } from '../../core/run-store.ts';
import type { ProgressRecord } from '../../core/telemetry.ts';
import { describeWindow } from '../../core/window.ts';
import type { CommandContext } from '../command.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, instant, paint, paintState, seconds, secondsBetween } from '../wording.ts';
import { type ResultView, viewResult } from './run-view.ts';

type Look = Pick<CommandContext, 'color' | 'width'>;

const INDENT = '  ';
const MAX_DATA = 160;

export interface RunHistory {
  readonly steps: readonly StepRecord[];
  readonly progress: readonly ProgressRecord[];
  readonly events: readonly RunEvent[];
}

/** All that is known of a run, for people, in lines. */
export function describeRun(
  run: RunRecord,
  { steps, progress, events }: RunHistory,
  look: Look,
): readonly string[] {
  const result = viewResult(run);
  return [
    `${paint('bold', printable(run.runId), look.color)}  ${paintState(run.state, look.color)}`,
    '',
    ...facts(run, result, look),
    ...section('Steps', stepLines(steps, look), look),
    ...section('How far it came', progressLines(steps, progress, look), look),
    ...section('Rows', accountingLines(result, look), look),
    ...section('Sinks', sinkLines(result, look), look),
    ...section('Rules', ruleLines(result, look), look),
    ...section(
      'Warnings',
      result.warnings.map((warning) => printable(warning)),
      look,
    ),
    ...section('Events', eventLines(events, look), look),
  ];
}

function facts(run: RunRecord, { error, report }: ResultView, look: Look): readonly string[] {
  const took = secondsBetween(run.startedAt, run.endedAt);
  const ended = run.endedAt === undefined ? '-' : `${instant(run.endedAt)} UTC, after ${took} s`;
  const pairs: readonly (readonly [name: string, value: string | undefined | null])[] = [
    ['job', run.job],
    ['window', describeWindow(run.window)],
    ['attempt', String(run.attempt)],
    ['platform', run.servicePlatform],
    ['engine', run.engine],
    ['created', `${instant(run.createdAt)} UTC by ${run.createdBy}`],
    ['started', run.startedAt === undefined ? undefined : `${instant(run.startedAt)} UTC`],
    ['ended', ended],
    ['report', report],
    ['error', error === undefined || error === null ? undefined : error.code],
  ];
  const name = (text: string): string => INDENT + paint('dim', text.padEnd(10), look.color);
  const lines = pairs.flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [name(key) + printable(value)],
  );
  if (error === undefined || error === null) return lines;
  // A message may have lines of its own: one per issue of a config.
  const message = error.message.split('\n').map((line) => name('') + printable(line));
  const hint =
    error.hint === undefined || error.hint === null ? [] : [name('hint') + printable(error.hint)];
  return [...lines, ...message, ...hint];
}

function section(title: string, lines: readonly string[], look: Look): readonly string[] {
  if (lines.length === 0) return [];
  return ['', paint('bold', title, look.color), ...lines.map((line) => INDENT + line)];
}

function stepLines(steps: readonly StepRecord[], look: Look): readonly string[] {
  return table(
    [
      { title: 'step', shrinkTo: 12 },
      { title: 'attempt', align: 'right' },
      { title: 'state' },
      { title: 'seconds', align: 'right' },
      { title: 'started (UTC)' },
    ],
    steps.map((step) => [
      printable(step.name),
      String(step.attempt),
      paintState(step.state, look.color),
      secondsBetween(step.startedAt, step.endedAt),
      instant(step.startedAt),
    ]),
    look,
  );
}

/** Of steps that have not completed, as it was last heard. */
function progressLines(
  steps: readonly StepRecord[],
  progress: readonly ProgressRecord[],
  look: Look,
): readonly string[] {
  const completed = new Set(
    steps
      .filter(({ state }) => state === 'COMPLETED')
      .map(({ attempt, name }) => `${String(attempt)} ${name}`),
  );
  return table(
    [
      { title: 'step', shrinkTo: 12 },
      { title: 'attempt', align: 'right' },
      { title: 'part', shrinkTo: 12 },
      { title: 'rows', align: 'right' },
      { title: 'of', align: 'right' },
      { title: 'at (UTC)' },
    ],
    progress
      .filter(({ attempt, step }) => !completed.has(`${String(attempt)} ${step}`))
      .map(({ attempt, step, part, done, total, at }) => [
        ...[printable(step), String(attempt), printable(part)],
        ...[count(done), count(total), instant(at)],
      ]),
    look,
  );
}

/** Where every row went. Every sink has to have loaded what the others have. */
function accountingLines({ counts, sinks }: ResultView, look: Look): readonly string[] {
  if (counts === undefined || counts === null) return [];
  const { read, filtered, quarantined, dropped, deduplicated } = counts;
  const share = (rows: number): string => {
    if (read === 0) return '';
    const percent = (rows / read) * 100;
    return rows > 0 && percent < 0.01 ? '< 0.01 %' : `${percent.toFixed(2)} %`;
  };
  const rows = [
    ['read', count(read), ''],
    ['filtered', count(filtered), share(filtered)],
    ['quarantined', count(quarantined), share(quarantined)],
    ['dropped', count(dropped), share(dropped)],
    ['deduplicated', count(deduplicated), share(deduplicated)],
    ...[...new Set(loads(sinks))].map((loaded) => ['loaded', count(loaded), share(loaded)]),
  ];
  const lines = table(
    [{ title: '' }, { title: 'rows', align: 'right' }, { title: 'of read', align: 'right' }],
    rows,
    look,
  );
  const off = loads(sinks).some(
    (loaded) => loaded + filtered + quarantined + dropped + deduplicated !== read,
  );
  if (!off || loads(sinks).length === 0) return lines;
  return [...lines, paint('red', 'the rows do not add up to those read', look.color)];
}

function loads(sinks: ResultView['sinks']): readonly number[] {
  return sinks
    .filter((sink) => sink.status === 'loaded' || sink.status === 'reused')
    .map((sink) => sink.loaded);
}

function sinkLines({ sinks }: ResultView, look: Look): readonly string[] {
  return table(
    [
      { title: 'sink', shrinkTo: 10 },
      { title: 'kind' },
      { title: 'status' },
      { title: 'mode' },
      { title: 'rows loaded', align: 'right' },
      { title: 'seconds', align: 'right' },
      { title: 'target', shrinkTo: 20 },
    ],
    sinks.map((sink) => [
      printable(sink.sink),
      printable(sink.kind),
      printable(sink.status),
      printable(sink.mode),
      count(sink.loaded),
      seconds(sink.seconds),
      printable(sink.target),
    ]),
    look,
  );
}

function ruleLines({ rules }: ResultView, look: Look): readonly string[] {
  return table(
    [
      { title: 'rule', shrinkTo: 20 },
      { title: 'action' },
      { title: 'verdict' },
      { title: 'checked', align: 'right' },
      { title: 'broke it', align: 'right' },
    ],
    rules.map(({ rule, action, verdict, checked, rows }) => [
      ...[printable(rule), printable(action), printable(verdict)],
      checked === undefined || checked === null ? '-' : count(checked),
      rows === 0 && verdict !== 'passed' ? '-' : count(rows),
    ]),
    look,
  );
}

function eventLines(events: readonly RunEvent[], look: Look): readonly string[] {
  return table(
    [
      { title: 'time (UTC)' },
      { title: 'attempt', align: 'right' },
      { title: 'event' },
      { title: 'what', shrinkTo: 20 },
    ],
    events.map((event) => [
      instant(event.at),
      String(event.attempt),
      printable(event.type),
      describeData(event.data),
    ]),
    look,
  );
}

/** `PENDING → RUNNING`, `sink unity, rows 397841`; of an error only its code. */
function describeData(data: RunEvent['data']): string {
  const { from, to, ...rest } = data;
  const isMove = typeof from === 'string' && typeof to === 'string';
  const pairs = Object.entries(isMove ? rest : data).map(([key, value]) => {
    const { code }: { code?: unknown } = typeof value === 'object' && value !== null ? value : {};
    const shown = typeof code === 'string' ? code : value;
    return `${key} ${typeof shown === 'string' ? shown : JSON.stringify(shown)}`;
  });
  const text = (isMove ? [`${from} → ${to}`, ...pairs] : pairs).join(', ');
  return printable(text.length > MAX_DATA ? `${text.slice(0, MAX_DATA)}…` : text);
}

function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { color, width }: Look,
): readonly string[] {
  if (rows.length === 0) return [];
  const [titles = '', ...lines] = tableLines(columns, rows, width - INDENT.length);
  return [paint('dim', titles, color), ...lines];
}
