import type { Counts } from './task.ts';

/* How the report writes figures. */

export function seconds(value: number | undefined): string {
  return value === undefined ? 'unknown' : value.toFixed(1);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function megabytes(value: number | undefined): string {
  return value === undefined ? 'unknown' : count(Math.round(value));
}

export function accountingOf(counts: Counts): string {
  const { read, loaded, deduplicated, filtered, quarantined } = counts;
  const parts = [
    `${count(loaded)} loaded`,
    `${count(deduplicated)} deduplicated`,
    `${count(filtered)} filtered`,
    `${count(quarantined)} quarantined`,
  ];
  return `${count(read)} read = ${parts.join(' + ')}`;
}

/** A Markdown table. @param right - numbers of the columns whose cells stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (right.includes(index) ? '--:' : '---'));
  return [head, rule, ...rows].map(line).join('\n');
}
