"""Reads a folder of dray's Parquet writer with pyarrow and prints what is there as JSON.

  read_parquet_folder.py FOLDER          once: the folder's rows, the manifest's rows, the schema
  read_parquet_folder.py FOLDER STOP     until the file STOP exists: how many reads, which mixtures
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def summary(table):
    """Rows by week and the names of whoever wrote them."""
    weeks = {}
    for row in table.select(["week", "created_by"]).to_pylist():
        week = weeks.setdefault(str(row["week"]), {"rows": 0, "by": []})
        week["rows"] += 1
        if row["created_by"] not in week["by"]:
            week["by"].append(row["created_by"])
    for week in weeks.values():
        week["by"].sort()
    return weeks


def read_manifest(folder):
    with open(os.path.join(folder, "_dray/manifest.json"), encoding="utf-8") as file:
        return json.load(file)


def manifest_table(folder, manifest):
    # partitioning=None: the week column inside the files is read, not one made from names.
    tables = [
        pq.read_table(os.path.join(folder, file["data"]), partitioning=None)
        for file in manifest["files"]
    ]
    return pa.concat_tables(tables) if tables else None


def read_once(folder):
    parts = ds.dataset(folder, format="parquet", exclude_invalid_files=False).files
    table = pa.concat_tables([pq.read_table(part, partitioning=None) for part in parts]) if parts else None
    manifest = read_manifest(folder)
    whole = manifest_table(folder, manifest)
    return {
        "folder": {} if table is None else summary(table),
        "parts": sorted(os.path.relpath(part, folder) for part in parts),
        "manifest": {} if whole is None else summary(whole),
        "loads": [load["loadId"] for load in manifest["loads"]],
        "rows": {file["partition"]: file["rows"] for file in manifest["files"]},
        "schema": [] if table is None else [f"{f.name} {f.type}" for f in table.schema],
    }


def watch(folder, stop):
    reads, repeated, writers, mixtures = 0, 0, set(), []
    while not os.path.exists(stop):
        try:
            weeks = summary(manifest_table(folder, read_manifest(folder)))
        except FileNotFoundError:
            # Two loads were committed since the manifest was read: look again.
            repeated += 1
            continue
        reads += 1
        by = {name for week in weeks.values() for name in week["by"]}
        writers |= by
        if len(by) != 1:
            mixtures.append(weeks)
    return {"reads": reads, "repeated": repeated, "writers": len(writers), "mixtures": mixtures}


print(json.dumps(watch(*sys.argv[1:]) if len(sys.argv) > 2 else read_once(sys.argv[1])))
