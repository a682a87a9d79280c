"""Reads and writes a Delta table with delta-rs and prints one JSON object.

usage: read_delta.py read|append|checkpoint|create|widen|delete|update|double|files PATH [JSON]
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Field, write_deltalake
from deltalake.schema import PrimitiveType


def read(path):
    table = DeltaTable(path)
    data = table.to_pyarrow_table()
    rows = [{name: text(value) for name, value in row.items()} for row in data.to_pylist()]
    files = table.get_add_actions(flatten=True)
    return {
        "version": table.version(),
        "rows": rows,
        "columns": {field.name: str(field.type.type) for field in table.schema().fields},
        "notNull": [field.name for field in table.schema().fields if not field.nullable],
        "partitionColumns": table.metadata().partition_columns,
        "records": sum(pa.chunked_array(files.column("num_records")).to_pylist()) if rows else 0,
        "operations": [entry.get("operation") for entry in table.history()],
    }


def text(value):
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)


def append(path, argument):
    table = DeltaTable(path)
    schema = pa.schema(table.schema())
    rows = json.loads(argument)
    columns = {
        field.name: pa.array([row.get(field.name) for row in rows]).cast(field.type)
        for field in schema
    }
    write_deltalake(
        path,
        pa.table(columns, schema=schema),
        mode="append",
        commit_properties=CommitProperties(max_commit_retries=15),
    )
    return {"version": DeltaTable(path).version()}


def create(path, argument):
    options = json.loads(argument)
    schema = pa.schema([pa.field(name, pa.type_for_alias(kind)) for name, kind in options["columns"]])
    DeltaTable.create(
        path,
        schema=schema,
        partition_by=options.get("partitionBy"),
        configuration=options.get("configuration"),
    )
    return {"version": 0}


def widen(path, argument):
    DeltaTable(path).alter.add_columns([Field(json.loads(argument), PrimitiveType("string"))])
    return {"version": DeltaTable(path).version()}


def checkpoint(path):
    table = DeltaTable(path)
    table.create_checkpoint()
    return {"version": table.version()}


def delete(path, argument):
    return DeltaTable(path).delete(json.loads(argument))


def update(path, argument):
    return DeltaTable(path).update(**json.loads(argument))


def double(path, argument):
    column, value = json.loads(argument)
    rows = DeltaTable(path).to_pyarrow_table()
    chosen = rows.filter(pc.equal(rows.column(column), value))
    write_deltalake(path, chosen, mode="append")
    return {"rows": chosen.num_rows}


def files(path, argument):
    filters = [tuple(each) for each in json.loads(argument)]
    return {"files": len(DeltaTable(path).file_uris(filters)), "version": DeltaTable(path).version()}


COMMANDS = {
    "files": files,
    "read": read,
    "append": append,
    "create": create,
    "widen": widen,
    "checkpoint": checkpoint,
    "delete": delete,
    "update": update,
    "double": double,
}
print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])), flush=True)
# Threads of the readers may still run, and crash the interpreter when it tears down in order.
os._exit(0)
