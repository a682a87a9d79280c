import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import type { Vector } from '@duckdb/node-bindings';
import type { PlanCell, PlanType } from '../../plan/types.ts';
import { type Bindings, loadBindings } from './bindings.ts';
import { decimalBytes } from './chunks.ts';
import type { BulkSession } from './session.ts';
import { writeTexts } from './write-texts.ts';

/** Rows that a vector holds. */
const CHUNK_ROWS = 2048;

export interface RowSink {
  /** Adds the rows of some columns that `selection` names. */
  append(columns: readonly (readonly PlanCell[])[], selection: readonly number[]): void;
}

/**
 * Fills a table with what the work appends, column by column and in whole chunks.
 *
 * @param types - of the table's columns, which have the types of plan/duckdb.
 */
export async function appendRows<T>(
  session: BulkSession,
  { catalog, table }: { readonly catalog?: string; readonly table: string },
  types: readonly PlanType[],
  work: (sink: RowSink) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const bindings = await loadBindings();
  const { DuckDBDataChunk } = await import('@duckdb/node-api');
  return await session.onConnection(
    async (connection) => {
      const appender = await connection.createAppender(table, 'main', catalog ?? null);
      const chunk = DuckDBDataChunk.create(types.map((_, index) => appender.columnType(index)));
      const pending = pendingRows(bindings, appender, chunk, types);
      try {
        const done = await work(pending);
        pending.flush();
        return done;
      } finally {
        appender.closeSync();
      }
    },
    `append to ${table}`,
    signal,
  );
}

/** Collects rows of several batches until a chunk is full. */
export function pendingRows(
  bindings: Bindings,
  appender: DuckDBAppender,
  chunk: DuckDBDataChunk,
  types: readonly PlanType[],
) {
  const buffers = types.map((type) => ({ type, values: new Array<PlanCell>(CHUNK_ROWS) }));
  let filled = 0;
  const flush = () => {
    if (filled === 0) return;
    bindings.data_chunk_reset(chunk.chunk);
    bindings.data_chunk_set_size(chunk.chunk, filled);
    for (const [index, { type, values }] of buffers.entries()) {
      const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
      writeVector(bindings, vector, type, values, filled);
    }
    appender.appendDataChunk(chunk);
    filled = 0;
  };
  return {
    flush,
    append(columns: readonly (readonly PlanCell[])[], selection: readonly number[]) {
      for (let from = 0; from < selection.length;) {
        const to = Math.min(selection.length, from + CHUNK_ROWS - filled);
        for (const [index, { values }] of buffers.entries()) {
          const column = columns[index] ?? [];
          let at = filled;
          for (let each = from; each < to; each++) {
            values[at++] = column[selection[each] ?? 0] ?? null;
          }
        }
        filled += to - from;
        from = to;
        if (filled === CHUNK_ROWS) flush();
      }
    },
  };
}

function writeVector(
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
