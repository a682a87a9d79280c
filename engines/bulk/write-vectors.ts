import type { Vector } from '@duckdb/node-bindings';
import type { PlanCell, PlanType } from '../../plan/types.ts';
import type { Bindings } from './bindings.ts';
import { decimalBytes } from './chunks.ts';
import { writeTexts } from './write-texts.ts';

/** Writes values into a vector, as chunks.ts reads them out of one. */
export function writeVector(
  bindings: Bindings,
  vector: Vector,
  type: PlanType,
  values: readonly PlanCell[],
  size: number,
): void {
  if (size === 0) return;
  writeValues(bindings, vector, type, values, size);
  const words = new Uint8Array(Math.ceil(size / 64) * 8).fill(0xff);
  let hasNull = false;
  for (let row = 0; row < size; row++) {
    if (values[row] !== null) continue;
    hasNull = true;
    words[row >> 3] = (words[row >> 3] ?? 0) & ~(1 << (row & 7));
  }
  if (!hasNull) return;
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, words.buffer, 0, words.byteLength);
}

function writeValues(
  bindings: Bindings,
  vector: Vector,
  type: PlanType,
  values: readonly PlanCell[],
  size: number,
): void {
  switch (type.kind) {
    case 'string':
    case 'binary':
      writeTexts(bindings, vector, values, size);
      return;
    case 'list': {
      const lists = values.slice(0, size) as (readonly PlanCell[] | null)[];
      const items = lists.flatMap((list) => list ?? []);
      bindings.list_vector_reserve(vector, items.length);
      bindings.list_vector_set_size(vector, items.length);
      const child = bindings.list_vector_get_child(vector);
      writeVector(bindings, child, type.item, items, items.length);
      const entries = new BigUint64Array(size * 2);
      let start = 0;
      for (const [row, list] of lists.entries()) {
        entries[row * 2] = BigInt(start);
        entries[row * 2 + 1] = BigInt(list?.length ?? 0);
        start += list?.length ?? 0;
      }
      bindings.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength);
      return;
    }
    case 'struct':
      for (const [index, field] of type.fields.entries()) {
        const cells = values
          .slice(0, size)
          .map((cell) => (cell as readonly PlanCell[] | null)?.[index] ?? null);
        const child = bindings.struct_vector_get_child(vector, index);
        writeVector(bindings, child, field.type, cells, size);
      }
      return;
    default: {
      const data = fixedData(type, values, size);
      bindings.copy_data_to_vector(vector, 0, data.buffer as ArrayBuffer, 0, data.byteLength);
    }
  }
}

/** Values of a type of fixed width as DuckDB stores them; anything for nulls. */
function fixedData(
  type: Exclude<PlanType, { kind: 'string' | 'binary' | 'list' | 'struct' }>,
  values: readonly PlanCell[],
  size: number,
): NodeJS.TypedArray {
  switch (type.kind) {
    case 'bool': {
      const data = new Uint8Array(size);
      for (let row = 0; row < size; row++) data[row] = values[row] === true ? 1 : 0;
      return data;
    }
    case 'int32':
    case 'date':
      return numbers(new Int32Array(size), values);
    case 'float64':
      return numbers(new Float64Array(size), values);
    case 'int64':
    case 'timestamp':
    case 'localTimestamp':
      return bigints(new BigInt64Array(size), values);
    case 'decimal':
      return decimals(type.precision, values, size);
  }
}

function numbers<T extends Int16Array | Int32Array | Float64Array>(
  data: T,
  values: readonly PlanCell[],
): T {
  for (let row = 0; row < data.length; row++) data[row] = Number(values[row]);
  return data;
}

function bigints(data: BigInt64Array, values: readonly PlanCell[]): BigInt64Array {
  for (let row = 0; row < data.length; row++) data[row] = (values[row] as bigint | null) ?? 0n;
  return data;
}

function decimals(precision: number, values: readonly PlanCell[], size: number): NodeJS.TypedArray {
  switch (decimalBytes(precision)) {
    case 2:
      return numbers(new Int16Array(size), values);
    case 4:
      return numbers(new Int32Array(size), values);
    case 8:
      return bigints(new BigInt64Array(size), values);
    case 16: {
      const data = new BigInt64Array(size * 2);
      for (let row = 0; row < size; row++) {
        const value = (values[row] as bigint | null) ?? 0n;
        data[row * 2] = BigInt.asIntN(64, value);
        data[row * 2 + 1] = value >> 64n;
      }
      return data;
    }
  }
}
