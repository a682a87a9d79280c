import type { ConfigValue } from '../../core/config-values.ts';
import { printable } from '../../core/printable.ts';
import type { JobOutcome, RuleOutcome } from '../../jobs/job.ts';
import type { LoadPreview, SinkPreview } from '../../jobs/preview.ts';
import type { ColumnFate } from '../../jobs/schema-contract.ts';
import type { ResultLine } from '../../jobs/result-line.ts';
import { tableLines } from '../table.ts';
import { count, paint } from '../wording.ts';

interface Told {
  readonly job: string;
  readonly line: ResultLine;
  readonly outcome: JobOutcome;
  readonly preview: LoadPreview;
  readonly config: readonly ConfigValue[];
}

interface Screen {
  readonly width: number;
  readonly color: boolean;
}

const INDENT = '  ';

/** What a run would do, in the order in which it would. */
export function planLines(told: Told, { width, color }: Screen): readonly string[] {
  const { job, line, outcome, preview } = told;
  const title = (text: string) => paint('bold', text, color);
  const block = (name: string, lines: readonly string[]) => [
    '',
    title(name),
    ...lines.map((each) => (each === '' ? '' : INDENT + each)),
  ];
  const window = line.window;
  const days = window === null ? 'all rows' : `${window.start_date} to ${window.end_date}`;
  return [
    `${title(printable(job))}  ${days}`,
    ...block('config', configLines(told.config, width - INDENT.length)),
    ...block('engine', [`${outcome.engine}: ${outcome.engineReason}`]),
    ...block('source', sourceLines(preview)),
    ...block('rules', rulesLines(preview, width - INDENT.length)),
    ...block('steps', preview.steps.split('\n').map(printable)),
    ...preview.sinks.flatMap((sink) =>
      block(`${sink.plan.name} (${sink.plan.kind}, ${sink.plan.mode})`, sinkLines(sink)),
    ),
    '',
    'nothing was written',
  ];
}

function configLines(config: readonly ConfigValue[], width: number): readonly string[] {
  return tableLines(
    [{ title: 'KEY' }, { title: 'VALUE', shrinkTo: 20 }, { title: 'FROM' }],
    config.map(({ path, value, origin }) => [printable(path), printable(value), origin]),
    width,
  );
}

function sourceLines({ source, increment, measured }: LoadPreview): readonly string[] {
  const { location, parts, bytes, columns, changes } = source;
  const size = [
    `${count(parts)} ${parts === 1 ? 'part' : 'parts'}`,
    ...(bytes === undefined ? [] : [`${count(bytes)} bytes`]),
    `${count(measured.read)} rows`,
  ].join(', ');
  const named = (used: boolean) =>
    columns
      .filter((column) => column.used === used)
      .map(({ name, type }) => `${name} ${type}`)
      .join(', ');
  const unused = named(false);
  const inWindow = measured.read - measured.filtered - measured.quarantined - measured.dropped;
  return [
    `${printable(location)}: ${size}`,
    ...(increment === undefined ? [] : [`reads: ${printable(increment)}`]),
    `columns: ${printable(named(true))}`,
    ...(unused === '' ? [] : [`not used: ${printable(unused)}`]),
    ...changes.map((change) => printable(changeText(change))),
    `rows: ${count(inWindow)} to load, duplicates among them; ${count(measured.filtered)} outside the window; ${count(measured.quarantined)} to quarantine` +
      (measured.dropped === 0 ? '' : `; ${count(measured.dropped)} to drop`),
  ];
}

/** `new column discount DOUBLE: is added to the targets as float64`. */
function changeText({ column, type, change, says }: ColumnFate): string {
  return `${change} column ${column}${type === undefined ? '' : ` ${type}`}: ${says}`;
}

/** Each rule with what it finds now; rules about the result are looked at when there is one. */
function rulesLines({ rules, measured }: LoadPreview, width: number): readonly string[] {
  return tableLines(
    [
      { title: 'RULE', shrinkTo: 20 },
      { title: 'ASKS FOR', shrinkTo: 24 },
      { title: 'ACTION' },
      { title: 'TOLERATES' },
      { title: 'BROKEN BY', align: 'right' },
    ],
    rules.map(({ rule, says, action, tolerates }) => {
      const found = measured.rules.find((outcome) => outcome.rule === rule);
      return [
        ...[printable(rule), printable(says), action, tolerates === '' ? '-' : tolerates],
        found === undefined ? 'by a run' : foundOf(found),
      ];
    }),
    width,
  );
}

function foundOf({ rows, verdict }: RuleOutcome): string {
  const failing = verdict === 'failed' ? ' ✗' : '';
  return `${rows === 0 && failing !== '' ? 'fails' : count(rows)}${failing}`;
}

function sinkLines(sink: SinkPreview): readonly string[] {
  const { state, target, loadId } = sink;
  const statements = sink.reuse !== undefined || sink.isAhead === true ? undefined : ddlOf(state);
  const create = statements === undefined ? [] : statements.split('\n').map(printable);
  return [printable(target), doing(sink), `load id ${loadId}`, ...create, ...catalogLines(sink)];
}

/** What makes the target, or gives it the columns that came with the source. */
function ddlOf({ exists, create, alter }: SinkPreview['state']): string | undefined {
  return exists ? alter : create;
}

function catalogLines({ catalog }: SinkPreview): readonly string[] {
  if (catalog === undefined) return [];
  const { place, steps, problem } = catalog;
  const what =
    problem ?? (steps.length === 0 ? 'nothing is to be done' : `${count(steps.length)} to do`);
  return [
    `after the load, in ${printable(place)}: ${printable(what)}`,
    ...steps.map((step) => INDENT + printable(step)),
  ];
}

/** In one line, what happens to the rows that are there. */
function doing({ plan, state, rowsThere, reuse, isAhead }: SinkPreview): string {
  if (isAhead === true) return 'does nothing: has what the run would read';
  if (reuse !== undefined) {
    return `does nothing: run "${printable(reuse.runId)}" has loaded the same already`;
  }
  if (!state.exists) return state.create === undefined ? 'makes the folder' : 'makes the table';
  const { files: number } = state;
  const files =
    number === undefined ? '' : ` in ${count(number)} ${number === 1 ? 'file' : 'files'}`;
  const rows = `${count(rowsThere)} rows${files}`;
  switch (plan.mode) {
    case 'append':
      return `adds to the ${rows} of the window`;
    case 'overwrite':
      return `replaces all ${rows}`;
    case 'overwrite_window':
      return `replaces the ${rows} of the window`;
    case 'merge':
      return `replaces rows of its keys among the ${rows} of the window, and adds the others`;
  }
}

/** For programs. */
export function planJson({ job, line, outcome, preview, config }: Told) {
  const { source, measured, rules, steps, sinks } = preview;
  return {
    ...{ schema: 'dray.plan/1', job, window: line.window },
    engine: { name: outcome.engine, reason: outcome.engineReason },
    ...{ config, source, reads: preview.increment ?? null },
    ...{ measured, rules, steps: steps.split('\n') },
    sinks: sinks.map(({ plan, target, state, rowsThere, loadId, reuse, catalog, added }) => ({
      ...{ sink: plan.name, kind: plan.kind, mode: plan.mode, target },
      ...{ exists: state.exists, create: state.exists ? null : (state.create ?? null) },
      alter: state.alter ?? null,
      added_columns: added.map(({ name }) => name),
      ...{ files: state.files ?? null, rows_there: rowsThere, load_id: loadId },
      reused_from: reuse?.runId ?? null,
      catalog: catalog ?? null,
    })),
  };
}
