import type { Vector } from '@duckdb/node-bindings';
import type { PlanCell, PlanType } from '../../plan/types.ts';
import type { Bindings } from './bindings.ts';
import { decimalBytes } from './chunks.ts';
import type { Workspace } from './workspace.ts';
import { writeTexts } from './write-texts.ts';

/** Writes the first values into a vector, as chunks.ts reads them out of one. */
export function writeVector(
  bindings: Bindings,
  vector: Vector,
  type: PlanType,
  values: readonly PlanCell[],
  size: number,
  workspace: Workspace,
): void {
  if (size === 0) return;
  writeValues(bindings, vector, type, values, size, workspace);
  let validity: Uint8Array<ArrayBuffer> | undefined;
  for (let row = 0; row < size; row++) {
    if (values[row] !== null) continue;
    validity ??= workspace.zeros(Math.ceil(size / 64) * 8).fill(0xff);
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7));
  }
  if (validity === undefined) return;
  bindings.vector_ensure_validity_writable(vector);
  const { buffer, byteOffset, byteLength } = validity;
  bindings.copy_data_to_vector_validity(vector, 0, buffer, byteOffset, byteLength);
}

function writeValues(
  bindings: Bindings,
  vector: Vector,
  type: PlanType,
  values: readonly PlanCell[],
  size: number,
  workspace: Workspace,
): void {
  switch (type.kind) {
    case 'string':
    case 'binary':
      writeTexts(bindings, vector, values, size, workspace);
      return;
    case 'list': {
      const lists = values.slice(0, size) as (readonly PlanCell[] | null)[];
      const items = lists.flatMap((list) => list ?? []);
      bindings.list_vector_reserve(vector, items.length);
      bindings.list_vector_set_size(vector, items.length);
      const child = bindings.list_vector_get_child(vector);
      writeVector(bindings, child, type.item, items, items.length, workspace);
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
        writeVector(bindings, child, field.type, cells, size, workspace);
      }
      return;
    default: {
      const data = workspace.zeros(size * fixedBytes(type));
      writeFixed(type, values, size, data);
      bindings.copy_data_to_vector(vector, 0, data.buffer, data.byteOffset, data.byteLength);
    }
  }
}

type FixedType = Exclude<PlanType, { kind: 'string' | 'binary' | 'list' | 'struct' }>;

function fixedBytes(type: FixedType): number {
  switch (type.kind) {
    case 'bool':
      return 1;
    case 'int32':
    case 'date':
      return 4;
    case 'decimal':
      return decimalBytes(type.precision);
    default:
      return 8;
  }
}

/** Values of a type of fixed width as DuckDB stores them; zero for nulls. */
function writeFixed(
  type: FixedType,
  values: readonly PlanCell[],
  size: number,
  { buffer, byteOffset }: Uint8Array<ArrayBuffer>,
): void {
  const width = fixedBytes(type);
  const isExact = type.kind !== 'float64';
  if (width === 16) {
    const data = new BigInt64Array(buffer, byteOffset, size * 2);
    for (let row = 0; row < size; row++) {
      const value = (values[row] as bigint | null) ?? 0n;
      data[row * 2] = BigInt.asIntN(64, value);
      data[row * 2 + 1] = value >> 64n;
    }
  } else if (width === 8 && isExact) {
    const data = new BigInt64Array(buffer, byteOffset, size);
    for (let row = 0; row < size; row++) data[row] = (values[row] as bigint | null) ?? 0n;
  } else {
    const data = numbersOf(type, width, buffer, byteOffset, size);
    for (let row = 0; row < size; row++) data[row] = Number(values[row]);
  }
}

function numbersOf(
  type: FixedType,
  width: number,
  buffer: ArrayBuffer,
  at: number,
  size: number,
): Uint8Array | Int16Array | Int32Array | Float64Array {
  if (type.kind === 'float64') return new Float64Array(buffer, at, size);
  if (width === 1) return new Uint8Array(buffer, at, size);
  return width === 2 ? new Int16Array(buffer, at, size) : new Int32Array(buffer, at, size);
}
