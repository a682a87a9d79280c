import type { RelationNode } from '../relation.ts';
import type { PlanRow } from '../session.ts';
import type { Field } from '../types.ts';
import { cellText, equalText } from './cells.ts';

/** The first way in which two results differ; `left` and `right` are texts for people. */
export type Difference =
  | { readonly kind: 'count'; readonly left: number; readonly right: number }
  /** A row that only one side has. */
  | { readonly kind: 'row'; readonly side: 'left' | 'right'; readonly row: PlanRow }
  /** Rows of the same key, or the nearest there are, that differ in a column. */
  | {
      readonly kind: 'value';
      readonly key: string;
      readonly column: string;
      readonly left: string;
      readonly right: string;
      readonly rows: readonly [PlanRow, PlanRow];
    }
  /** The same rows, not in the order of the plan's last sort. */
  | { readonly kind: 'order'; readonly at: number; readonly left: string; readonly right: string };

/**
 * Compares two results of one plan as multisets of rows, and in their order where the plan sorts
 * last. Floats are compared to the last bit; the two zeros are equal.
 *
 * @param key - columns that tell rows apart, to pair those that differ; may be empty.
 * @returns undefined when they are the same.
 */
export function compareRows(
  node: RelationNode,
  left: readonly PlanRow[],
  right: readonly PlanRow[],
  key: readonly string[] = [],
): Difference | undefined {
  const [extraLeft, extraRight] = surplus(node.fields, left, right);
  if (extraLeft.length > 0 || extraRight.length > 0) {
    return pairUp(node.fields, extraLeft, extraRight, key);
  }
  return node.op === 'sort' ? orderDifference(node, left, right) : undefined;
}

/** What is left of both sides when the rows that both have are taken away. */
function surplus(
  fields: readonly Field[],
  left: readonly PlanRow[],
  right: readonly PlanRow[],
): readonly [readonly PlanRow[], readonly PlanRow[]] {
  const counts = new Map<string, number>();
  const keyOf = (row: PlanRow) => rowText(fields, row);
  for (const row of right) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  const onlyLeft: PlanRow[] = [];
  for (const row of left) {
    const there = counts.get(keyOf(row)) ?? 0;
    if (there === 0) onlyLeft.push(row);
    else counts.set(keyOf(row), there - 1);
  }
  const onlyRight: PlanRow[] = [];
  for (const row of right) {
    const there = counts.get(keyOf(row)) ?? 0;
    if (there === 0) continue;
    onlyRight.push(row);
    counts.set(keyOf(row), there - 1);
  }
  return [onlyLeft, onlyRight];
}

function pairUp(
  fields: readonly Field[],
  left: readonly PlanRow[],
  right: readonly PlanRow[],
  key: readonly string[],
): Difference | undefined {
  const keyFields = fields.filter((field) => key.includes(field.name));
  const inOrder = (rows: readonly PlanRow[]) =>
    rows
      .map((row) => ({ row, key: rowText(keyFields, row), all: rowText(fields, row) }))
      .sort((a, b) => compareTexts(a.key, b.key) || compareTexts(a.all, b.all));
  const [a, b] = [inOrder(left), inOrder(right)];
  const [first, second] = [a[0], b[0]];
  if (first === undefined && second === undefined) return undefined;
  if (second === undefined || (first !== undefined && first.key < second.key)) {
    return { kind: 'row', side: 'left', row: first?.row ?? {} };
  }
  if (first === undefined || second.key < first.key) {
    return { kind: 'row', side: 'right', row: second.row };
  }
  const partner = keyFields.length > 0 ? second : (nearestOf(fields, first.row, b) ?? second);
  const column = differingColumns(fields, first.row, partner.row)[0];
  if (column === undefined) return { kind: 'count', left: left.length, right: right.length };
  return {
    kind: 'value',
    key: keyFields.map((field) => showField(field, first.row)).join(', '),
    column: column.name,
    left: cellText(first.row[column.name] ?? null, column.type),
    right: cellText(partner.row[column.name] ?? null, column.type),
    rows: [first.row, partner.row],
  };
}

/** Without a key, the row with the fewest differing columns is the partner. */
function nearestOf<T extends { readonly row: PlanRow }>(
  fields: readonly Field[],
  row: PlanRow,
  candidates: readonly T[],
): T | undefined {
  let best: T | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const count = differingColumns(fields, row, candidate.row).length;
    if (count < fewest) [best, fewest] = [candidate, count];
  }
  return best;
}

function differingColumns(fields: readonly Field[], a: PlanRow, b: PlanRow): readonly Field[] {
  return fields.filter(
    ({ name, type }) => equalText(a[name] ?? null, type) !== equalText(b[name] ?? null, type),
  );
}

function orderDifference(
  node: RelationNode & { readonly op: 'sort' },
  left: readonly PlanRow[],
  right: readonly PlanRow[],
): Difference | undefined {
  const fields = node.by.flatMap(({ column }) =>
    node.fields.filter((field) => field.name === column),
  );
  for (const [at, row] of left.entries()) {
    const other = right[at] ?? {};
    const [a, b] = [rowText(fields, row), rowText(fields, other)];
    if (a !== b) return { kind: 'order', at, left: a, right: b };
  }
  return undefined;
}

/** A row as a text that equal rows share. */
export function rowText(fields: readonly Field[], row: PlanRow): string {
  return fields.map(({ name, type }) => equalText(row[name] ?? null, type)).join('\u001f');
}

/** A row as people read it. */
export function showRow(fields: readonly Field[], row: PlanRow): string {
  return fields.map((field) => showField(field, row)).join(', ');
}

function showField({ name, type }: Field, row: PlanRow): string {
  return `${name} ${cellText(row[name] ?? null, type)}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
