"""Reads the two file targets with other people's software and prints a few aggregates as JSON.

usage: read_sinks.py DELTA_TABLE PARQUET_FOLDER
"""

import json
import sys

import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

COLUMNS = ["product_id", "store_id", "week", "promo_score", "on_display", "department", "promo_id"]


def aggregates(dataset):
    found = {"rows": 0, "product_id": 0, "store_id": 0, "week": 0, "promo_score": 0}
    found |= {"on_display": 0, "department": 0}
    first, last = None, None
    for batch in dataset.to_batches(columns=COLUMNS):
        if batch.num_rows == 0:
            continue
        found["rows"] += batch.num_rows
        for name in ("product_id", "store_id", "week", "promo_score"):
            found[name] += pc.sum(batch.column(name)).as_py()
        found["on_display"] += pc.sum(batch.column("on_display")).as_py()
        found["department"] += pc.count(batch.column("department")).as_py()
        low, high = pc.min_max(batch.column("promo_id")).as_py().values()
        first = low if first is None else min(first, low)
        last = high if last is None else max(last, high)
    found["promo_score"] = f"{found['promo_score']:.2f}"
    return {**found, "first": first, "last": last}


def main(delta, parquet):
    table = DeltaTable(delta)
    folder = ds.dataset(parquet, format="parquet", partitioning="hive")
    result = {
        "delta": aggregates(table.to_pyarrow_dataset()),
        "delta_version": table.version(),
        "delta_files": table.file_uris(),
        "parquet": aggregates(folder),
        "parquet_files": folder.files,
    }
    print(json.dumps(result))


main(*sys.argv[1:])
