import { describeExpression } from '../../../plan/expression.ts';
import { printExpression as printDuckDb } from '../../../plan/duckdb/expressions.ts';
import { printExpression as printSpark } from '../../../plan/spark/expressions.ts';
import { cellText } from '../../../plan/parity/cells.ts';
import { type Difference, showRow } from '../../../plan/parity/rows.ts';
import type { Field } from '../../../plan/types.ts';
import { cellAt, type Example } from './case.ts';
import { columnNames, expressionOver, type TableName, valueInRow } from './edge-tables.ts';
import type { Engine } from './engines.ts';
import type { Values } from './evaluate.ts';
import type { NamedCase } from './named-cases.ts';
import type { World } from './world.ts';

/** What engines made of the same cases, one engine after the other. */
export type Found = readonly (readonly [Engine, Values])[];

/** A line for each case that engines do not agree on: values side by side, row, SQL. */
export function differences(
  { tables }: World,
  table: TableName,
  cases: readonly NamedCase[],
  rows: number,
  found: Found,
): readonly string[] {
  return cases.flatMap((each) => {
    const { type } = expressionOver(each);
    for (let row = 0; row < rows; row++) {
      const texts = found.map(([, values]) => cellText(values.get(each)?.[row] ?? null, type));
      if (texts.every((text) => text === texts[0])) continue;
      const input = columnNames(each).map((name, argument) =>
        cellText(valueInRow(tables[table], name, row), each.args[argument] ?? type),
      );
      const values = found.map(([{ name }], at) => `${name} ${texts[at] ?? ''}`).join(', ');
      return [`${each.title} of (${input.join(', ')}): ${values}${printed(each)}`];
    }
    return [];
  });
}

/** The arguments of an example. */
export function argumentsText({ args }: NamedCase, example: Example): string {
  return args.map((type, at) => cellText(cellAt(example, at), type)).join(', ');
}

/** How the printers write a case. */
export function printed(each: NamedCase): string {
  const expression = expressionOver(each);
  return [
    '',
    `  plan:   ${describeExpression(expression)}`,
    `  DuckDB: ${printDuckDb(expression)}`,
    `  Spark:  ${printSpark(expression)}`,
  ].join('\n');
}

const MAX_SHOWN = 20;

/** The first lines; a printer that is wrong everywhere would fill the terminal. */
export function firstOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_SHOWN) return lines;
  return [...lines.slice(0, MAX_SHOWN), `and ${String(lines.length - MAX_SHOWN)} more`];
}

export function differenceText(fields: readonly Field[], difference: Difference): string {
  switch (difference.kind) {
    case 'row':
      return `only the ${difference.side} side has the row ${showRow(fields, difference.row)}`;
    case 'value':
      return `${difference.column} is ${difference.left} and ${difference.right} in ${showRow(fields, difference.rows[0])}`;
    case 'count':
      return `${String(difference.left)} and ${String(difference.right)} rows`;
    case 'order':
      return `row ${String(difference.at)} in order is ${difference.left} and ${difference.right}`;
  }
}
