import { decides, type LoadEntry } from '../../core/ledger.ts';
import { printable } from '../../core/printable.ts';
import { type PartitionCheck, problemOf, type Verification } from '../../jobs/verify.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, paint } from '../wording.ts';
import { targetLine } from './targets.ts';

interface Screen {
  readonly width: number;
  readonly color: boolean;
}

/** Digits of a load id that people are shown. */
const SHORT_ID = 12;

/** Only the partitions that loads of the run have decided, be it that others decide them now. */
export function ofRun(whole: Verification, runId: string): Verification {
  const own = whole.loads.filter((load) => load.runId === runId);
  const partitions = whole.partitions.filter(({ value }) =>
    own.some((load) => decides(load, value)),
  );
  return { ...whole, partitions };
}

/** A headline for the target, and a table of the partitions that are wrong. */
export function verificationLines(
  verification: Verification,
  partitionBy: string,
  { width, color }: Screen,
  runId: string | undefined,
): readonly string[] {
  const { loads, partitions } = verification;
  const wrong = partitions.filter((each) => problemOf(each) !== undefined);
  const rows = partitions.reduce((sum, each) => sum + each.found.rows, 0);
  const verdict =
    wrong.length === 0
      ? paint('green', 'as the ledger says', color)
      : paint('red', `wrong in ${count(wrong.length)} of them`, color);
  const replaced =
    runId === undefined ? 0 : partitions.filter((each) => !hasRun(each, runId)).length;
  const later =
    replaced === 0 ? [] : [`  loaded again since by other runs: ${count(replaced)} of them`];
  const size = [
    `${count(loads.length)} ${loads.length === 1 ? 'load' : 'loads'}`,
    `${count(partitions.length)} of column ${partitionBy}`,
    `${count(rows)} rows`,
  ].join(', ');
  return [
    targetLine(verification, color),
    `  ${size}: ${verdict}`,
    ...later,
    ...(wrong.length === 0
      ? []
      : tableLines(columnsFor(partitionBy), wrong.map(cells), width - 2).map(
          (line) => `  ${line}`,
        )),
  ];
}

function columnsFor(partitionBy: string): readonly TableColumn[] {
  return [
    { title: partitionBy.toUpperCase() },
    { title: 'ROWS LOADED', align: 'right' },
    { title: 'ROWS THERE', align: 'right' },
    { title: 'WHAT IS WRONG' },
    { title: 'LOAD', optional: true },
    { title: 'RUN', shrinkTo: 12 },
  ];
}

function cells(check: PartitionCheck): readonly string[] {
  const { value, loads, expected, found } = check;
  return [
    printable(value),
    count(expected.rows),
    count(found.rows),
    problemOf(check) ?? '',
    loads.length === 0 ? 'none' : loads.map(({ loadId }) => loadId.slice(0, SHORT_ID)).join(', '),
    printable(loads.map((load: LoadEntry) => load.runId).join(', ')),
  ];
}

function hasRun({ loads }: PartitionCheck, runId: string): boolean {
  return loads.some((load) => load.runId === runId);
}

/** For programs; hashes as decimal text, since they have more digits than a JSON number. */
export function verificationJson({ sink, kind, target, loads, partitions }: Verification) {
  return {
    ...{ sink, kind, target, loads: loads.length },
    partitions: partitions.map((check) => ({
      value: check.value,
      problem: problemOf(check) ?? null,
      expected: contentJson(check.expected),
      found: contentJson(check.found),
      loads: check.loads.map(({ loadId, runId, attempt }) => ({
        load_id: loadId,
        run_id: runId,
        attempt,
      })),
    })),
  };
}

function contentJson({ rows, hash }: PartitionCheck['found']) {
  return { rows, hash: hash.toString() };
}
