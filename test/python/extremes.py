"""Makes a Parquet file of extreme values, and tells what a target holds as one line of text a row.

usage: extremes.py make FILE ROWS LINES
       extremes.py delta|parquet PATH LINES

A line is id|n|d|t|day|s|f|b: whole microseconds and days since 1970, texts and floats as hex digits.
"""

import glob
import os
import random
import struct
import sys
from decimal import Decimal, getcontext

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("week", pa.int32(), nullable=False),
        pa.field("n", pa.int64()),
        pa.field("d", pa.decimal128(38, 18)),
        pa.field("t", pa.timestamp("us", tz="UTC")),
        pa.field("day", pa.date32()),
        pa.field("s", pa.string()),
        pa.field("f", pa.float64()),
        pa.field("b", pa.bool_()),
    ]
)

getcontext().prec = 60

DAY_US = 86_400_000_000
# Years 1 and 9999, the change of calendars, local mean times, both edges of daylight saving.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
INT64 = [-(2**63), -(2**63) + 1, -(2**53) - 1, -1, 0, 1, 2**53 + 1, 2**63 - 2, 2**63 - 1, None]
UNSCALED = [1 - 10**38, 2 - 10**38, -1, 0, 1, 10**18, 12345678901234567890123456789012345678, 10**38 - 1, None]
MICROS = [
    FIRST_DAY * DAY_US, FIRST_DAY * DAY_US + 1, -1, -999_999, -1_000_001, 0, 1, 999_999, 1_000_001,
    -12_219_292_800_000_001, -12_219_292_800_000_000, -2_717_650_800_000_000, -2_208_988_800_000_001,
    1_490_490_000_000_000, 1_490_489_999_999_999, 1_509_240_600_123_456,
    (LAST_DAY + 1) * DAY_US - 1, None,
]
DAYS = [FIRST_DAY, FIRST_DAY + 1, -141_428, -141_427, -25_567, -1, 0, 1, LAST_DAY - 1, LAST_DAY, None]
TEXTS = [
    "", " ", "trailing  ", "  leading", "\t\n\r", "\\N", "\\", "NULL", "null", '"', "'", "a,b;c|d", "%s{}$1",
    "e\u0301", "\u00e9", "\ufeffbom", "\u202eright", "\u0001\u001e\u001f\u007f\u0085", "\U0001f600",
    "\U0001d518\U0001d52b", "\U0010ffff", "\ud7ff\ue000\ufffd", "x" * 5_000, "\U0001f600" * 40, None,
]
FLOATS = [
    0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, 0.1, -1 / 3,
    float("inf"), float("-inf"), float("nan"), 2.0**53 + 2, None,
]
BOOLS = [True, False, None]


def make(path, rows, lines):
    rows = int(rows)
    chance = random.Random(20170605)
    # Lists of lengths without a common divisor meet in many ways; the rest is anything.
    def column(edges, anything):
        return [edges[i % len(edges)] if i % 2 == 0 or i < 400 else anything() for i in range(rows)]

    table = pa.table(
        [
            pa.array(range(rows), pa.int64()),
            pa.array([1 + i % 3 for i in range(rows)], pa.int32()),
            pa.array(column(INT64, lambda: chance.randint(-(2**63), 2**63 - 1)), pa.int64()),
            pa.array(
                [None if v is None else Decimal(v).scaleb(-18) for v in column(UNSCALED, lambda: chance.randint(1 - 10**38, 10**38 - 1))],
                pa.decimal128(38, 18),
            ),
            pa.array(column(MICROS, lambda: chance.randint(MICROS[0], MICROS[-2])), pa.timestamp("us", tz="UTC")),
            pa.array(column(DAYS, lambda: chance.randint(FIRST_DAY, LAST_DAY)), pa.date32()),
            pa.array(column(TEXTS, lambda: chr(chance.choice([0x20, 0x7E, 0x430, 0x20AC, 0x1F680])) * chance.randint(0, 9))),
            pa.array(column(FLOATS, lambda: struct.unpack("<d", chance.randbytes(8))[0]), pa.float64()),
            pa.array(column(BOOLS, lambda: True), pa.bool_()),
        ],
        schema=SCHEMA,
    )
    pq.write_table(table, path, row_group_size=20_000)
    write(table, lines)


def write(table, path):
    if table.schema.field("d").type != pa.decimal128(38, 18) or table.schema.field("t").type != pa.timestamp("us", tz="UTC"):
        raise SystemExit(f"other types: {table.schema}")
    columns = [
        table.column("id").to_pylist(),
        table.column("n").to_pylist(),
        [None if v is None else f"{v:.18f}" for v in table.column("d").to_pylist()],
        table.column("t").cast(pa.int64()).to_pylist(),
        table.column("day").cast(pa.int32()).to_pylist(),
        [None if v is None else v.encode().hex() for v in table.column("s").to_pylist()],
        [None if v is None else floats(v) for v in table.column("f").to_pylist()],
        [None if v is None else str(v).lower() for v in table.column("b").to_pylist()],
    ]
    found = ["|".join("" if v is None else f"={v}" for v in row) for row in zip(*columns)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(found, key=lambda line: int(line[1 : line.index("|")]))))


def floats(value):
    return "nan" if value != value else struct.pack(">d", value).hex()


def delta(path, lines):
    write(DeltaTable(path).to_pyarrow_table(), lines)


def parquet(path, lines):
    parts = sorted(glob.glob(os.path.join(path, "*/part-0.parquet")))
    write(pa.concat_tables([pq.read_table(part, partitioning=None) for part in parts]), lines)


{"make": make, "delta": delta, "parquet": parquet}[sys.argv[1]](*sys.argv[2:])
sys.stdout.flush()
# Threads of the readers may still run, and crash the interpreter when it tears down in order.
os._exit(0)
