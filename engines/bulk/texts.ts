import type { PlanCell } from '../../plan/types.ts';
import type { Bindings } from './bindings.ts';

/*
 * DuckDB's layout of a text or blob, 16 bytes: the length in 4, then up to 12 bytes of content; of a
 * longer one the first 4 and a pointer to all of it.
 */

const BYTES = 16;
const WORDS = 4;
/** Longest content that lies inside. */
const INSIDE = 12;

/**
 * Between two contents that are read at once. Far below the size of a memory page, so that every page
 * in between has a byte of one of the two; DuckDB puts those of a chunk next to each other.
 */
const GAP = 64;

interface Outside {
  readonly row: number;
  readonly pointer: number;
  readonly length: number;
}

type Decode = (bytes: Buffer) => string | Uint8Array;

/** Texts or blobs of a vector; null where the row is. */
export function readTexts(
  bindings: Bindings,
  data: Uint8Array,
  size: number,
  isNull: (row: number) => boolean,
  decode: Decode,
): PlanCell[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, size * BYTES);
  const words = new Uint32Array(data.buffer, data.byteOffset, size * WORDS);
  const values = new Array<PlanCell>(size).fill(null);
  const outside: Outside[] = [];
  // The words of the last row that was decoded: neighbours are often equal.
  let last = -1;
  for (let row = 0; row < size; row++) {
    // What a null row holds is no pointer.
    if (isNull(row)) continue;
    const at = row * WORDS;
    const length = words[at] ?? 0;
    if (length > INSIDE) {
      const pointer = (words[at + 2] ?? 0) + (words[at + 3] ?? 0) * 2 ** 32;
      outside.push({ row, pointer, length });
    } else if (last >= 0 && sameWords(words, at, last * WORDS)) {
      values[row] = values[last] ?? null;
    } else {
      values[row] = decode(bytes.subarray(row * BYTES + 4, row * BYTES + 4 + length));
      last = row;
    }
  }
  readOutside(bindings, bytes, outside, decode, values);
  return values;
}

function sameWords(words: Uint32Array, a: number, b: number): boolean {
  return (
    words[a] === words[b] &&
    words[a + 1] === words[b + 1] &&
    words[a + 2] === words[b + 2] &&
    words[a + 3] === words[b + 3]
  );
}

/** Contents that follow each other are fetched in one call, which is most of the cost. */
function readOutside(
  bindings: Bindings,
  bytes: Buffer,
  outside: readonly Outside[],
  decode: Decode,
  values: PlanCell[],
): void {
  let from = 0;
  while (from < outside.length) {
    const first = outside[from];
    if (first === undefined) return;
    let end = first.pointer + first.length;
    let to = from + 1;
    for (; to < outside.length; to++) {
      const next = outside[to];
      // A dictionary's texts are there once, and rows point to them over and over.
      const isNear =
        next !== undefined && next.pointer >= first.pointer && next.pointer <= end + GAP;
      if (!isNear) break;
      end = Math.max(end, next.pointer + next.length);
    }
    const pointerAt = bytes.byteOffset + first.row * BYTES + 8;
    const run = bindings.get_data_from_pointer(
      bytes.buffer as ArrayBuffer,
      pointerAt,
      end - first.pointer,
    );
    const content = Buffer.from(run.buffer, run.byteOffset, run.byteLength);
    const known = new Map<number, string | Uint8Array>();
    for (const { row, pointer, length } of outside.slice(from, to)) {
      const start = pointer - first.pointer;
      const key = start * 2 ** 20 + length;
      let value = known.get(key);
      if (value === undefined) {
        value = decode(content.subarray(start, start + length));
        known.set(key, value);
      }
      values[row] = value;
    }
    from = to;
  }
}
