"""Reads a Delta table with delta-rs and a folder of Parquet files with pyarrow, on disk or in a bucket.

usage: digest_targets.py DELTA FOLDER     prints two lines: rows and a digest of their content
"""

import hashlib
import os
import sys

import pyarrow.dataset as ds
import pyarrow.fs as fs
from deltalake import DeltaTable

# What a run makes up for itself differs from run to run.
OWN = {"created_by", "loaded_at"}


def digest(table):
    names = sorted(set(table.column_names) - OWN)
    rows = sorted(str([row[name] for name in names]) for row in table.select(names).to_pylist())
    return "%d %s" % (len(rows), hashlib.md5("\n".join(rows).encode()).hexdigest())


def folder(path):
    if not path.startswith("s3://"):
        return path, fs.LocalFileSystem()
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"].removeprefix("http://")
    return path[len("s3://") :], fs.S3FileSystem(endpoint_override=endpoint, scheme="http")


delta, files = sys.argv[1:]
print(digest(DeltaTable(delta).to_pyarrow_table()))
path, system = folder(files)
# The value of a partition is in its files, too; names with an underscore are dray's own.
print(digest(ds.dataset(path, filesystem=system, format="parquet").to_table()))
