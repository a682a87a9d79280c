import { stripVTControlCharacters } from 'node:util';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut to this many characters when a line is too long. */
  readonly shrinkTo?: number;
  /** May be left out when cutting is not enough; the last one goes first. */
  readonly optional?: true;
}

const GAP = '  ';

/**
 * Lines of an aligned table with a title line. Cells must be printable; they may hold colours,
 * which take no room.
 *
 * @param width - columns a line may have; to fit, cells are cut and columns left out as they allow.
 */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => lengthOf(line[index] ?? ''))),
  );
  const dropped = shrink(widths, columns, width) ? -1 : columns.findLastIndex(isOptional);
  if (dropped >= 0) {
    const keep = <T>(cells: readonly T[]): readonly T[] =>
      cells.filter((_, index) => index !== dropped);
    return tableLines(keep(columns), rows.map(keep), width);
  }
  return lines.map((line) =>
    columns
      .map((column, index) => cell(line[index] ?? '', widths[index] ?? 0, column))
      .join(GAP)
      .trimEnd(),
  );
}

function isOptional(column: TableColumn): boolean {
  return column.optional ?? false;
}

/** Narrows the widest cells that allow it; false when that is not enough. */
function shrink(widths: number[], columns: readonly TableColumn[], width: number): boolean {
  let excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1) - width;
  while (excess > 0) {
    let widest: number | undefined;
    for (const [index, column] of columns.entries()) {
      const one = widths[index] ?? 0;
      if (column.shrinkTo === undefined || one <= column.shrinkTo) continue;
      if (widest === undefined || one > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === undefined) return false;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return true;
}

function cell(text: string, width: number, column: TableColumn): string {
  const length = lengthOf(text);
  if (length > width) return `${stripVTControlCharacters(text).slice(0, width - 1)}…`;
  const space = ' '.repeat(width - length);
  return column.align === 'right' ? space + text : text + space;
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
