import { describe, expect, it } from '@jest/globals';
import {
  Binary,
  Bool,
  type Data,
  DateDay,
  Decimal,
  Duration,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  Map_,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  TimeUnit,
  Utf8,
} from 'apache-arrow';
import { decodeRows } from '../../../engines/bigdata/arrow.ts';

/** One batch as Spark sends it. */
function ipc(columns: Readonly<Record<string, Data>>): Uint8Array {
  const fields = Object.entries(columns).map(([name, { type }]) => new Field(name, type, true));
  const children = Object.values(columns);
  const length = children[0]?.length ?? 0;
  const schema = new Schema(fields);
  const data = makeData({ type: new Struct(fields), length, nullCount: 0, children });
  return tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), 'stream');
}

function rowsOf(columns: Readonly<Record<string, Data>>) {
  return [...decodeRows(ipc(columns))];
}

/** The 128 bits of a number, least significant word first. */
function words(...values: readonly bigint[]): Uint32Array {
  return Uint32Array.from(
    values.flatMap((value) =>
      [0n, 32n, 64n, 96n].map((shift) =>
        Number((BigInt.asUintN(128, value) >> shift) & 0xffffffffn),
      ),
    ),
  );
}

function utf8(...texts: readonly string[]) {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const offsets = [0];
  for (const bytes of encoded) offsets.push((offsets.at(-1) ?? 0) + bytes.length);
  return {
    valueOffsets: Int32Array.from(offsets),
    data: Uint8Array.from(encoded.flatMap((e) => [...e])),
  };
}

describe('a batch of Arrow rows', () => {
  it('gives int32 and doubles as numbers, int64 as bigint, without losing a digit', () => {
    const rows = rowsOf({
      i: makeData({ type: new Int32(), data: Int32Array.of(-2147483648, 7) }),
      l: makeData({
        type: new Int64(),
        data: BigInt64Array.of(9223372036854775807n, -9223372036854775808n),
      }),
      f: makeData({ type: new Float64(), data: Float64Array.of(NaN, -Infinity) }),
    });
    expect(rows).toEqual([
      { i: -2147483648, l: 9223372036854775807n, f: NaN },
      { i: 7, l: -9223372036854775808n, f: -Infinity },
    ]);
  });

  it('gives decimals as text with every digit of their scale', () => {
    const big = 99999999999999999999999999999999999999n;
    const rows = rowsOf({
      money: makeData({ type: new Decimal(2, 10, 128), data: words(150n, -5n, 0n) }),
      whole: makeData({ type: new Decimal(0, 38, 128), data: words(big, -big, -1n) }),
      tiny: makeData({ type: new Decimal(38, 38, 128), data: words(1n, -big, 0n) }),
    });
    expect(rows).toEqual([
      { money: '1.50', whole: String(big), tiny: `0.${'0'.repeat(37)}1` },
      { money: '-0.05', whole: `-${String(big)}`, tiny: `-0.${'9'.repeat(38)}` },
      { money: '0.00', whole: '-1', tiny: `0.${'0'.repeat(38)}` },
    ]);
  });

  it('gives dates and timestamps as text, instants with their offset', () => {
    const micros = 1_496_617_323_456_780n;
    const rows = rowsOf({
      day: makeData({ type: new DateDay(), data: Int32Array.of(-171_650) }),
      local: makeData({ type: new TimestampMicrosecond(), data: BigInt64Array.of(micros) }),
      instant: makeData({ type: new TimestampMicrosecond('UTC'), data: BigInt64Array.of(micros) }),
    });
    expect(rows).toEqual([
      {
        day: '1500-01-15',
        local: '2017-06-04 23:02:03.45678',
        instant: '2017-06-04 23:02:03.45678+00',
      },
    ]);
  });

  it('gives null for null, in values, lists and structs', () => {
    const nullBitmap = Uint8Array.of(0b10);
    const numbers = makeData({
      type: new Int32(),
      data: Int32Array.of(1, 0, 3),
      nullBitmap: Uint8Array.of(0b101),
      nullCount: 1,
    });
    const list = new List(new Field('item', new Int32(), true));
    const pair = new Struct([new Field('x', new Bool(), true)]);
    const rows = rowsOf({
      n: makeData({ type: new Int32(), data: Int32Array.of(9, 8), nullBitmap, nullCount: 1 }),
      l: makeData({ type: list, valueOffsets: Int32Array.of(0, 0, 3), child: numbers }),
      s: makeData({
        type: pair,
        length: 2,
        nullBitmap,
        nullCount: 1,
        children: [makeData({ type: new Bool(), length: 2, data: Uint8Array.of(0b10) })],
      }),
    });
    expect(rows).toEqual([
      { n: null, l: [], s: null },
      { n: 8, l: [1, null, 3], s: { x: true } },
    ]);
  });

  it('gives text beyond the basic plane, and binary as a copy of its own', () => {
    const [first, second] = rowsOf({
      t: makeData({ type: new Utf8(), ...utf8('ü😀', '') }),
      b: makeData({ type: new Binary(), ...utf8('ab', 'c') }),
    });
    expect([first?.['t'], second?.['t']]).toEqual(['ü😀', '']);
    const bytes = first?.['b'];
    expect(bytes).toEqual(Uint8Array.of(97, 98));
    expect(bytes instanceof Uint8Array ? bytes.buffer.byteLength : undefined).toBe(2);
  });

  it('gives maps as entries', () => {
    const entry = new Struct<{ key: Utf8; value: Int32 }>([
      new Field('key', new Utf8(), false),
      new Field('value', new Int32(), true),
    ]);
    const entries = makeData({
      type: entry,
      length: 1,
      children: [
        makeData({ type: new Utf8(), ...utf8('k') }),
        makeData({ type: new Int32(), data: Int32Array.of(5) }),
      ],
    });
    const type = new Map_(new Field('entries', entry, false));
    const m = makeData({ type, valueOffsets: Int32Array.of(0, 1), child: entries });
    expect(rowsOf({ m })).toEqual([{ m: [{ key: 'k', value: 5 }] }]);
  });

  it('refuses what it cannot read exactly, and names the type', () => {
    const d = makeData({
      type: new Duration(TimeUnit.MICROSECOND),
      data: BigInt64Array.of(1n),
    });
    expect(() => rowsOf({ d })).toThrow('values of the Arrow type "Duration" are not read');
  });
});
