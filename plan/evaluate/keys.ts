import { types } from 'node:util';
import type { PlanCell } from '../types.ts';
import type { Column } from './vector.ts';

/**
 * Keys of rows. Equal as the plan's groups are: nulls are one value, NaN is, and -0 is 0. A key of one
 * plain column is its value, as a Map tells them apart; others are texts.
 */
export type Key = number | bigint | string | boolean | null;

/** @param at - the key's columns among those of the batch. */
export function keyOf(columns: readonly Column[], at: readonly number[], row: number): Key {
  const [first = 0] = at;
  if (at.length === 1) return plainKey(columns[first]?.[row] ?? null);
  let text = '';
  for (const each of at) text += cellText(columns[each]?.[row] ?? null);
  return text;
}

function plainKey(cell: PlanCell): Key {
  // Maps find numbers quicker than bigints; which of the two it is depends on the value alone.
  if (typeof cell === 'bigint') {
    const near = Number(cell);
    return Number.isSafeInteger(near) ? near : cell;
  }
  return typeof cell === 'object' && cell !== null ? cellText(cell) : cell;
}

/** Of any value: no text is the start of another one's, so that they can stand one after the other. */
export function cellText(cell: PlanCell): string {
  switch (typeof cell) {
    case 'string':
      return `${String(cell.length)}:${cell}`;
    case 'object':
      if (cell === null) return '-;';
      if (types.isUint8Array(cell)) return `x${Buffer.from(cell).toString('hex')};`;
      return `[${cell.map(cellText).join('')}]`;
    default:
      // -0 has the text of 0.
      return `${String(cell)};`;
  }
}
