import type { SortKey } from '../relation.ts';
import type { PlanCell, PlanType, PlanValue } from '../types.ts';
import { powerOfTen } from './decimal.ts';

export type Compare = (a: PlanValue, b: PlanValue) => number;

/** How values of two types, of one kind, compare; below zero when the first is less. */
export function comparatorOf(a: PlanType, b: PlanType = a): Compare {
  if (a.kind === 'decimal' && b.kind === 'decimal' && a.scale !== b.scale) {
    const scale = Math.max(a.scale, b.scale);
    const [left, right] = [powerOfTen(scale - a.scale), powerOfTen(scale - b.scale)];
    return (x, y) => compareExact((x as bigint) * left, (y as bigint) * right);
  }
  switch (a.kind) {
    case 'string':
      return compareText as Compare;
    case 'float64':
      return compareFloat as Compare;
    case 'binary':
      return (x, y) => Buffer.compare(x as Uint8Array, y as Uint8Array);
    default:
      return compareExact as Compare;
  }
}

/** As {@link comparatorOf} but only zero or not; cheaper for text. */
export function equalityOf(a: PlanType, b: PlanType): (x: PlanValue, y: PlanValue) => boolean {
  const compare = comparatorOf(a, b);
  const plain = a.kind !== 'decimal' && a.kind !== 'binary' && a.kind !== 'float64';
  return plain ? (x, y) => x === y : (x, y) => compare(x, y) === 0;
}

function compareExact<T extends number | bigint | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** NaN equals itself and is above every number. */
function compareFloat(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/**
 * By UTF-8 bytes. UTF-16 units have the same order, except that the surrogates of what is beyond the
 * basic plane come before U+E000 to U+FFFF.
 */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** How rows compare, as lists of cells. @param fields - the cells' names and types. */
export function rowOrder(
  keys: readonly SortKey[],
  fields: readonly { readonly name: string; readonly type: PlanType }[],
): (a: readonly PlanCell[], b: readonly PlanCell[]) => number {
  const parts = keys.map(({ column, descending, nulls }) => {
    const at = fields.findIndex((field) => field.name === column);
    const type = fields[at]?.type;
    if (type === undefined) throw new RangeError(`no column "${column}" to sort by`);
    return {
      at,
      compare: comparatorOf(type),
      sign: descending ? -1 : 1,
      nullSign: nulls === 'first' ? -1 : 1,
    };
  });
  return (a, b) => {
    for (const { at, compare, sign, nullSign } of parts) {
      const x = a[at] ?? null;
      const y = b[at] ?? null;
      if (x === null || y === null) {
        if (x !== y) return x === null ? nullSign : -nullSign;
        continue;
      }
      const order = compare(x, y);
      if (order !== 0) return order * sign;
    }
    return 0;
  };
}
