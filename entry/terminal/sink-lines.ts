import { stripVTControlCharacters } from 'node:util';
import type { SinkOutcome } from '../../jobs/job.ts';
import type { RowCounts } from '../../core/ledger.ts';
import { printable } from '../../core/printable.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count } from '../wording.ts';
import type { Paint } from './format.ts';

/** The column, and whether a narrow terminal does without it. */
const COLUMNS: readonly (TableColumn & { readonly optional?: true })[] = [
  { title: 'sink' },
  { title: 'status' },
  { title: 'rows', align: 'right' },
  { title: 'seconds', align: 'right' },
  { title: 'rows/s', align: 'right' },
  { title: 'kind', optional: true },
  { title: 'mode', optional: true },
];

/** What happened in each sink; below each one its target, in full. */
export function sinkLines(
  sinks: readonly SinkOutcome[],
  counts: RowCounts,
  paint: Paint,
  width: number,
): readonly string[] {
  const rows = sinks.map((sink) => cellsOf(sink, counts, paint));
  let columns = [...COLUMNS];
  while (columns.at(-1)?.optional === true && widest(columns, rows) > width) {
    columns = columns.slice(0, -1);
  }
  const [head = '', ...lines] = tableLines(columns, rows, width);
  const targets = sinks.map(({ target, replaced }) => {
    const more = replaced === undefined ? '' : `: ${count(replaced)} rows replaced`;
    return paint('quiet', `  ${printable(target)}${more}`);
  });
  return [paint('quiet', head), ...lines.flatMap((line, index) => [line, targets[index] ?? ''])];
}

function widest(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): number {
  return Math.max(
    ...tableLines(columns, rows, Infinity).map((line) => stripVTControlCharacters(line).length),
  );
}

function cellsOf(sink: SinkOutcome, counts: RowCounts, paint: Paint): readonly string[] {
  const { status, loaded, seconds } = sink;
  const written = status === 'loaded';
  const has = written || status === 'reused';
  return [
    paint('strong', printable(sink.sink)),
    statusText(sink, counts, paint),
    has ? count(loaded) : '-',
    written ? seconds.toFixed(1) : '-',
    written && seconds > 0.001 ? count(Math.round(loaded / seconds)) : '-',
    sink.kind,
    sink.mode,
  ];
}

function statusText({ status, loaded }: SinkOutcome, counts: RowCounts, paint: Paint): string {
  switch (status) {
    case 'loaded':
      return adds(loaded, counts) ? paint('good', 'loaded ✓') : paint('bad', 'loaded, off by some');
    case 'reused':
      return paint('good', 'reused ✓');
    case 'untouched':
      return paint('quiet', 'untouched');
    case 'checked':
      return paint('good', 'checked ✓');
  }
}

/** The accounting law, for one sink. */
export function adds(loaded: number, counts: RowCounts): boolean {
  const { read, quarantined, filtered, dropped, deduplicated } = counts;
  return read === loaded + quarantined + filtered + dropped + deduplicated;
}
