import type { Vector } from '@duckdb/node-bindings';
import type { PlanCell } from '../../plan/types.ts';
import type { Bindings } from './bindings.ts';
import type { Workspace } from './workspace.ts';

const BYTES = 16;
const WORDS = 4;
/** Longest content that lies inside (texts.ts has the layout). */
const INSIDE = 12;
/** A UTF-16 unit is at most three bytes of UTF-8. */
const UNIT_BYTES = 3;

/**
 * Writes texts or blobs into a vector. Those that do not lie inside are handed over in one piece, as
 * the content of one row, which DuckDB copies; the others then point into that copy. A call for each
 * text costs more than the rest of a row.
 */
export function writeTexts(
  bindings: Bindings,
  vector: Vector,
  values: readonly PlanCell[],
  size: number,
  workspace: Workspace,
): void {
  const texts = values as readonly (string | Uint8Array | null)[];
  let room = 0;
  for (let row = 0; row < size; row++) room += (texts[row]?.length ?? 0) * UNIT_BYTES;
  const content = workspace.content(room);
  const bytes = workspace.zeros(size * BYTES);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, size * WORDS);
  const starts: number[] = [];
  let end = 0;
  for (let row = 0; row < size; row++) {
    const text = texts[row] ?? null;
    if (text === null) continue;
    const length = write(content, end, text);
    words[row * WORDS] = length;
    const at = row * BYTES + 4;
    for (let each = 0; each < Math.min(length, INSIDE); each++) {
      bytes[at + each] = content[end + each] ?? 0;
    }
    if (length > INSIDE) {
      starts.push(row, end);
      end += length;
    }
  }
  if (end > 0) pointInto(bindings, vector, content.subarray(0, end), bytes, starts);
  bindings.copy_data_to_vector(vector, 0, bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @param starts - rows and where their content starts, one after the other. */
function pointInto(
  bindings: Bindings,
  vector: Vector,
  content: Uint8Array,
  bytes: Uint8Array<ArrayBuffer>,
  starts: readonly number[],
): void {
  bindings.vector_assign_string_element_len(vector, 0, content);
  const assigned = bindings.vector_get_data(vector, BYTES);
  const base = new DataView(assigned.buffer, assigned.byteOffset, BYTES).getBigUint64(8, true);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let each = 0; each < starts.length; each += 2) {
    const [row = 0, start = 0] = [starts[each], starts[each + 1]];
    view.setBigUint64(row * BYTES + 8, base + BigInt(start), true);
  }
}

/** @returns the bytes written. */
function write(content: Buffer, at: number, text: string | Uint8Array): number {
  if (typeof text !== 'string') {
    content.set(text, at);
    return text.length;
  }
  // Most texts are short and ASCII: a loop is quicker than a call into the runtime.
  if (text.length > 64) return content.write(text, at, 'utf8');
  for (let each = 0; each < text.length; each++) {
    const unit = text.charCodeAt(each);
    if (unit > 0x7f) return content.write(text, at, 'utf8');
    content[at + each] = unit;
  }
  return text.length;
}
