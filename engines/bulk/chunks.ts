import type { DataChunk, Vector } from '@duckdb/node-bindings';
import { identifier } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { duckDbType } from '../../plan/duckdb/types.ts';
import type { PlanCell, PlanType } from '../../plan/types.ts';
import { type Bindings, loadBindings } from './bindings.ts';
import type { BulkSession } from './session.ts';
import { readTexts } from './texts.ts';

/*
 * Rows out of DuckDB, exact and without an object per value: what lies in its vectors is read as
 * typed arrays. Types are those that plan/duckdb gives the plan's types.
 */

/** Columns of some rows, at most 2,048. */
export interface Rows {
  readonly columns: readonly (readonly PlanCell[])[];
  readonly size: number;
}

/**
 * Streams a query's rows on a connection of its own; the next chunk is made while this one is used.
 *
 * @param types - of the query's columns; a column of another type is an error.
 * @param use - gets the rows; what it returns is waited for.
 */
export async function streamRows(
  session: BulkSession,
  sql: string,
  types: readonly PlanType[],
  use: (rows: Rows) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const bindings = await loadBindings();
  await session.onConnection(
    async (connection) => {
      const result = await connection.stream(sql);
      assertTypes(result.columnTypes().map(String), types);
      let next = result.fetchChunk();
      try {
        for (;;) {
          const fetched = await next;
          signal.throwIfAborted();
          if (fetched === null || fetched.rowCount === 0) return;
          next = result.fetchChunk();
          // Its error is met where it is waited for.
          next.catch(ignore);
          await use(readChunk(bindings, fetched.chunk, types));
        }
      } finally {
        // The connection may not be used again before the fetch that is under way has ended.
        await Promise.allSettled([next]);
      }
    },
    sql,
    signal,
  );
}

/** The memory of a column of another type would be read as something that it is not. */
function assertTypes(found: readonly string[], types: readonly PlanType[]): void {
  const expected = types.map(engineType);
  if (found.join() === expected.join()) return;
  throw new JobError('INTERNAL', `columns of ${found.join()} are read as ${expected.join()}`);
}

/** The type as DuckDB calls it. */
function engineType(type: PlanType): string {
  switch (type.kind) {
    case 'timestamp':
      return 'TIMESTAMP WITH TIME ZONE';
    case 'list':
      return `${engineType(type.item)}[]`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${identifier(field.name)} ${engineType(field.type)}`).join(', ')})`;
    default:
      return duckDbType(type).toUpperCase();
  }
}

function readChunk(bindings: Bindings, chunk: DataChunk, types: readonly PlanType[]): Rows {
  const size = bindings.data_chunk_get_size(chunk);
  const columns = types.map((type, index) =>
    readVector(bindings, bindings.data_chunk_get_vector(chunk, index), type, size),
  );
  return { columns, size };
}

function readVector(bindings: Bindings, vector: Vector, type: PlanType, size: number): PlanCell[] {
  const validity = bindings.vector_get_validity(
    vector,
    Math.ceil(size / 64) * 8,
  ) as Uint8Array | null;
  const isNull = (row: number) =>
    validity !== null && ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0;
  const data = (bytes: number) => bindings.vector_get_data(vector, size * bytes);
  if (type.kind === 'string') return readTexts(bindings, data(16), size, isNull, textOf);
  if (type.kind === 'binary') {
    return readTexts(bindings, data(16), size, isNull, (bytes) => Uint8Array.from(bytes));
  }
  const values = valuesOf(bindings, vector, type, size, data);
  if (validity !== null) {
    for (let row = 0; row < size; row++) if (isNull(row)) values[row] = null;
  }
  return values;
}

/** One character is common, and such strings exist already. */
function textOf(bytes: Buffer): string {
  const [first = 0] = bytes;
  return bytes.length === 1 && first < 0x80 ? String.fromCharCode(first) : bytes.toString('utf8');
}

function valuesOf(
  bindings: Bindings,
  vector: Vector,
  type: Exclude<PlanType, { kind: 'string' | 'binary' }>,
  size: number,
  data: (bytes: number) => Uint8Array,
): PlanCell[] {
  switch (type.kind) {
    case 'bool':
      return Array.from(data(1), (byte) => byte !== 0);
    case 'int32':
    case 'date':
      return plain(new Int32Array(...placed(data(4), size)), size);
    case 'int64':
    case 'timestamp':
    case 'localTimestamp':
      return plain(new BigInt64Array(...placed(data(8), size)), size);
    case 'float64':
      return plain(new Float64Array(...placed(data(8), size)), size);
    case 'decimal':
      return decimals(data(decimalBytes(type.precision)), type.precision, size);
    case 'list': {
      const child = bindings.list_vector_get_child(vector);
      const items = readVector(bindings, child, type.item, bindings.list_vector_get_size(vector));
      const entries = new BigUint64Array(...placed(data(16), size * 2));
      return Array.from({ length: size }, (_, row) => {
        const start = Number(entries[row * 2]);
        return items.slice(start, start + Number(entries[row * 2 + 1]));
      });
    }
    case 'struct': {
      const fields = type.fields.map((field, index) =>
        readVector(bindings, bindings.struct_vector_get_child(vector, index), field.type, size),
      );
      return Array.from({ length: size }, (_, row) => fields.map((field) => field[row] ?? null));
    }
  }
}

function placed(data: Uint8Array, length: number): [ArrayBuffer, number, number] {
  return [data.buffer as ArrayBuffer, data.byteOffset, length];
}

/** A plain array, since values can be null and bigints of a typed array are made at every look. */
function plain(data: ArrayLike<number | bigint>, size: number): PlanCell[] {
  const values = new Array<PlanCell>(size);
  for (let row = 0; row < size; row++) values[row] = data[row] ?? null;
  return values;
}

/** Bytes that DuckDB stores a decimal in. */
export function decimalBytes(precision: number): 2 | 4 | 8 | 16 {
  return precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
}

function decimals(data: Uint8Array, precision: number, size: number): PlanCell[] {
  const values = new Array<PlanCell>(size);
  switch (decimalBytes(precision)) {
    case 2: {
      const shorts = new Int16Array(...placed(data, size));
      for (let row = 0; row < size; row++) values[row] = BigInt(shorts[row] ?? 0);
      return values;
    }
    case 4: {
      const ints = new Int32Array(...placed(data, size));
      for (let row = 0; row < size; row++) values[row] = BigInt(ints[row] ?? 0);
      return values;
    }
    case 8:
      return plain(new BigInt64Array(...placed(data, size)), size);
    case 16: {
      const low = new BigUint64Array(...placed(data, size * 2));
      const high = new BigInt64Array(...placed(data, size * 2));
      for (let row = 0; row < size; row++) {
        values[row] = ((high[row * 2 + 1] ?? 0n) << 64n) | (low[row * 2] ?? 0n);
      }
      return values;
    }
  }
}

function ignore(): void {
  // See where it is passed.
}
