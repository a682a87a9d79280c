import { cellText } from '../../plan/evaluate/keys.ts';
import type { Batch } from '../../plan/evaluate/vector.ts';
import type { PlanCell } from '../../plan/types.ts';

/**
 * Makes a hash of 32 bits for each selected row; equal keys have equal ones.
 *
 * @param at - the key's columns among those of the batch.
 * @returns a function whose result is valid until its next call.
 */
export function rowHasher(at: readonly number[]): (batch: Batch) => Uint32Array {
  let hashes = new Uint32Array(2048);
  return ({ columns, size, selection }) => {
    if (hashes.length < size) hashes = new Uint32Array(size);
    for (const row of selection) hashes[row] = 0;
    for (const each of at) {
      const column = columns[each] ?? [];
      for (const row of selection) hashes[row] = hashCell(hashes[row] ?? 0, column[row] ?? null);
    }
    for (const row of selection) hashes[row] = finished(hashes[row] ?? 0);
    return hashes;
  };
}

function hashCell(hash: number, cell: PlanCell): number {
  switch (typeof cell) {
    case 'number':
      return hashNumber(hash, cell);
    case 'bigint':
      // What a double cannot hold is lost, and makes some more hashes equal; never fewer.
      return hashNumber(hash, Number(cell));
    case 'string': {
      let mixed = hash;
      for (let each = 0; each < cell.length; each++) mixed = mix(mixed, cell.charCodeAt(each));
      return mix(mixed, cell.length);
    }
    case 'boolean':
      return mix(hash, cell ? 1 : 2);
    default:
      return cell === null ? mix(hash, 3) : hashCell(hash, cellText(cell));
  }
}

/** -0 has the bits of 0 here, since both are shifted to integers. */
function hashNumber(hash: number, value: number): number {
  const low = value | 0;
  if (value === low) return mix(hash, low);
  if (Number.isSafeInteger(value)) return mix(mix(hash, low), Math.floor(value / 2 ** 32));
  return hashCell(hash, String(value));
}

/** One round of MurmurHash3 (https://github.com/aappleby/smhasher). */
function mix(hash: number, value: number): number {
  let part = Math.imul(value, 0xcc9e2d51);
  part = (part << 15) | (part >>> 17);
  const mixed = hash ^ Math.imul(part, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finished(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
