import { type Data, DataType, Precision, tableFromIPC, TimeUnit, Type } from 'apache-arrow';
import type { SqlValue } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { decimalText } from '../../plan/expression.ts';
import { dateText, timestampText } from './datetime-text.ts';

/**
 * A value as Spark has it, without loss, the same as the bulk engine's text where that is text:
 *
 * | Spark                          | JavaScript                                                  |
 * | ------------------------------ | ----------------------------------------------------------- |
 * | boolean, string                | boolean, string                                             |
 * | tinyint, smallint, int         | number                                                      |
 * | bigint                         | bigint                                                      |
 * | float, double                  | number, NaN and the infinities included                     |
 * | decimal(p, s)                  | text with exactly s digits behind the point: `1.50`         |
 * | date                           | text: `2017-06-05`                                          |
 * | timestamp_ntz                  | text, trailing zeros trimmed: `2017-06-05 01:02:03.4567`    |
 * | timestamp (an instant)         | the same in UTC, with the offset: `2017-06-05 01:02:03+00`  |
 * | binary                         | Uint8Array                                                  |
 * | array                          | array                                                       |
 * | struct                         | object                                                      |
 * | map                            | array of objects with `key` and `value`                     |
 */
export type SparkValue = SqlValue | Uint8Array | readonly SparkValue[] | SparkStruct;
export interface SparkStruct {
  readonly [name: string]: SparkValue;
}
export type SparkRow = SparkStruct;

type Decoder = (index: number) => SparkValue;

/**
 * Decodes one Arrow IPC stream, as a response of Spark Connect holds it.
 *
 * @throws JobError `NOT_SUPPORTED` for a column of an interval, time, variant or user-defined type.
 */
export function* decodeRows(bytes: Uint8Array): Generator<SparkRow> {
  for (const batch of tableFromIPC(bytes).batches) {
    const columns = fieldDecoders(batch.data);
    for (let index = 0; index < batch.numRows; index++) yield struct(columns, index);
  }
}

function struct(fields: readonly (readonly [string, Decoder])[], index: number): SparkStruct {
  const values: Record<string, SparkValue> = {};
  for (const [name, decode] of fields) values[name] = decode(index);
  return values;
}

function fieldDecoders(data: Data): readonly (readonly [string, Decoder])[] {
  if (!DataType.isStruct(data.type)) throw unsupported(data.type);
  return data.type.children.flatMap(({ name }, at) => {
    const child = data.children[at];
    return child === undefined ? [] : [[name, decoderOf(child)] as const];
  });
}

/** Reads from the raw buffers: Arrow's own getters lose a decimal's scale and a microsecond. */
function decoderOf(data: Data): Decoder {
  const decode = presentDecoder(data);
  return (index) => (data.getValid(index) ? decode(index) : null);
}

function presentDecoder(data: Data): Decoder {
  const type: DataType = data.type;
  if (DataType.isNull(type)) return () => null;
  if (DataType.isBool(type)) {
    const bits = bytesOf(data.values);
    return (index) => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }
  if (DataType.isInt(type) || DataType.isFloat(type)) return numberDecoder(data, type);
  if (DataType.isDecimal(type)) return decimalDecoder(data, type.scale, type.bitWidth / 32);
  if (DataType.isDate(type)) {
    const days: unknown = data.values;
    if (days instanceof Int32Array) return (index) => dateText(days[index] ?? 0);
  }
  if (DataType.isTimestamp(type) && type.unit === TimeUnit.MICROSECOND) {
    const micros: unknown = data.values;
    const zone = type.timezone == null ? '' : '+00';
    if (micros instanceof BigInt64Array) {
      return (index) => timestampText(micros[index] ?? 0n) + zone;
    }
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    const { buffer, byteOffset, byteLength } = bytesOf(data.values);
    // A Buffer decodes a part of itself without an object for the part, which is half the time.
    const text = Buffer.from(buffer, byteOffset, byteLength);
    const offset = offsetsOf(data);
    return (index) => text.toString('utf8', offset(index), offset(index + 1));
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) {
    const bytes = bytesOf(data.values);
    const offset = offsetsOf(data);
    // Copied, so that one kept value does not keep the whole batch.
    return (index) => bytes.slice(offset(index), offset(index + 1));
  }
  if (DataType.isStruct(type)) {
    const fields = fieldDecoders(data);
    return (index) => struct(fields, index);
  }
  if (DataType.isList(type) || DataType.isMap(type)) return listDecoder(data);
  throw unsupported(type);
}

function numberDecoder(data: Data, type: DataType): Decoder {
  const values: unknown = data.values;
  if (DataType.isFloat(type) && type.precision === Precision.HALF) throw unsupported(type);
  if (!isNumeric(values)) throw unsupported(type);
  return (index) => values[index] ?? null;
}

function isNumeric(values: unknown): values is ArrayLike<number | bigint> {
  return ArrayBuffer.isView(values) && !(values instanceof DataView);
}

/** Two's complement, least significant word first. */
function decimalDecoder(data: Data, scale: number, words: number): Decoder {
  const values: unknown = data.values;
  if (!(values instanceof Uint32Array)) throw unsupported(data.type);
  return (index) => {
    let unscaled = 0n;
    for (let word = words - 1; word >= 0; word--) {
      unscaled = (unscaled << 32n) | BigInt(values[index * words + word] ?? 0);
    }
    return decimalText(BigInt.asIntN(words * 32, unscaled), scale);
  };
}

function listDecoder(data: Data): Decoder {
  const [child] = data.children;
  if (child === undefined) throw unsupported(data.type);
  const decode = decoderOf(child);
  const offset = offsetsOf(data);
  return (index) => {
    const start = offset(index);
    return Array.from({ length: offset(index + 1) - start }, (_, at) => decode(start + at));
  };
}

function offsetsOf(data: Data): (index: number) => number {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return (index) => Number(offsets[index] ?? 0);
}

function bytesOf(values: unknown): Uint8Array {
  if (values instanceof Uint8Array) return values;
  throw new TypeError('an Arrow buffer of bytes is not one');
}

function unsupported(type: DataType): JobError {
  return new JobError(
    'NOT_SUPPORTED',
    `values of the Arrow type "${Type[type.typeId]}" are not read`,
    {
      hint: 'cast the column to a type of the plan, or to string, in the query',
    },
  );
}
