import { printable } from '../../core/printable.ts';
import type { EngineDifference, EngineParity, ParityReport } from '../../jobs/parity.ts';
import type { Culprit } from '../../plan/parity/trace.ts';
import { showRow } from '../../plan/parity/rows.ts';
import { tableLines } from '../table.ts';
import { count, paint, seconds } from '../wording.ts';

interface Screen {
  readonly width: number;
  readonly color: boolean;
}

/** The comparison as a small table, and the first difference with what made it. */
export function parityLines(report: ParityReport, screen: Screen): readonly string[] {
  const { engines, leftOut, source, sampleRows, sourceRows, culprit } = report;
  const [first] = engines;
  const rows = engines.map((each) => [
    each.engine,
    count(each.rows),
    seconds(each.seconds),
    verdict(each, each === first, screen.color),
  ]);
  const other = engines.find(({ difference }) => difference !== undefined);
  return [
    `sample  ${count(sampleRows)} of ${count(sourceRows)} rows of ${printable(source)}`,
    '',
    ...tableLines(
      [
        { title: 'engine' },
        { title: 'rows', align: 'right' },
        { title: 'seconds', align: 'right' },
        { title: 'equal' },
      ],
      rows,
      screen.width,
    ),
    ...leftOut.map(({ engine, reason }) => `${engine} is left out: ${reason}`),
    ...(first === undefined || other?.difference === undefined
      ? []
      : [
          '',
          `${first.engine} and ${other.engine} differ: ${told(report, other.difference)}`,
          ...(culprit === undefined ? [] : culpritLines(culprit, [first, other])),
        ]),
  ].map((line) => line.trimEnd());
}

function verdict({ difference }: EngineParity, isFirst: boolean, color: boolean): string {
  if (difference !== undefined) return paint('red', 'no', color);
  return isFirst ? 'compared with' : paint('green', 'yes', color);
}

function told({ fields }: ParityReport, difference: EngineDifference): string {
  switch (difference.kind) {
    case 'error':
      return printable(`${difference.left} and ${difference.right}`);
    case 'figure':
      return `${difference.name} ${count(difference.left)} and ${count(difference.right)}`;
    case 'count':
      return `${count(difference.left)} and ${count(difference.right)} rows`;
    case 'row':
      return printable(
        `only the ${difference.side === 'left' ? 'first' : 'second'} has the row ${showRow(fields, difference.row)}`,
      );
    case 'value':
      return printable(
        `${difference.column} is ${difference.left} and ${difference.right} where ${difference.key}`,
      );
    case 'order':
      return printable(`row ${count(difference.at)} is ${difference.left} and ${difference.right}`);
  }
}

function culpritLines(
  { step, expression, input, inputFields, values }: Culprit,
  engines: readonly [EngineParity, EngineParity],
): readonly string[] {
  const width = Math.max(12, ...engines.map(({ engine }) => engine.length + 2));
  const line = (title: string, text: string) => `  ${title.padEnd(width)}${printable(text)}`;
  return [
    line('step', step),
    ...(expression === undefined ? [] : [line('expression', expression)]),
    ...(input === undefined ? [] : [line('of the row', showRow(inputFields, input))]),
    ...engines.map(({ engine }, at) => line(engine, values[at] ?? '')),
  ];
}
