import type { OutputContract } from '../../core/schema.ts';
import { printable } from '../../core/printable.ts';
import { type TableColumn, tableLines } from '../table.ts';

type Row = Readonly<Record<string, string>>;

const LONGEST_KEY = 9;
const LONGEST_VALUE = 24;
const GAP = 2;

/**
 * A few rows as an aligned table, with as many columns as the width has room for: the key first,
 * cut short, then the columns that say something to a person.
 */
export function sampleLines(
  rows: readonly Row[],
  contract: OutputContract,
  width: number,
): readonly string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const chosen: { name: string; cells: readonly string[]; align: TableColumn['align'] }[] = [];
  let used = 0;
  for (const { name, numeric } of tellingColumns(contract)) {
    if (!(name in first)) continue;
    const longest = contract.key.includes(name) ? LONGEST_KEY : LONGEST_VALUE;
    const cells = rows.map((row) => cut(printable(row[name] ?? ''), longest));
    const needed = Math.max(name.length, ...cells.map((cell) => cell.length));
    if (used + needed > width) continue;
    used += needed + GAP;
    chosen.push({ name, cells, align: numeric ? 'right' : undefined });
  }
  return tableLines(
    chosen.map(({ name, align }) => ({ title: name, ...(align === undefined ? {} : { align }) })),
    rows.map((_, index) => chosen.map(({ cells }) => cells[index] ?? '')),
    width,
  );
}

/** Without codes that another column spells out, flags, validity and stamps. */
function tellingColumns(
  contract: OutputContract,
): readonly { readonly name: string; readonly numeric: boolean }[] {
  const dates: readonly string[] = Object.values(contract.validity);
  return contract.columns
    .filter(({ name, type }) => {
      if (contract.key.includes(name)) return true;
      if (type.kind === 'bool' || type.kind === 'timestamp' || type.kind === 'binary') return false;
      return !dates.includes(name) && !(type.kind === 'string' && type.maxLength === 1);
    })
    .map(({ name, type }) => ({
      name,
      numeric: ['int32', 'int64', 'float64', 'decimal'].includes(type.kind),
    }));
}

function cut(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  return `${characters.slice(0, length - 1).join('')}…`;
}
