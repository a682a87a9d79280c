"""A Spark with its Connect endpoint whose own process also answers for PySpark.

Prints {"remote", "pid", "version"} when it is ready. Then every line of JSON on its input,
{"settings": {...}, "statements": [...]}, runs in a session of its own, and {"seconds": [...]} is
printed: how long PySpark took for each statement. Ends with its input.

usage: connect_work.py LAUNCHER_FOLDER SCRATCH_FOLDER SETTINGS_JSON
"""

import json
import os
import sys
import time

launcher, scratch, settings = sys.argv[1:]
sys.path.insert(0, launcher)

from dray_launcher.spark_connect import SparkConnect  # noqa: E402

SETTINGS = {
    **json.loads(settings),
    "spark.local.dir": os.path.join(scratch, "local"),
    "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse"),
}


def run(session, request):
    for name, value in request["settings"].items():
        session.conf.set(name, value)
    seconds = []
    for statement in request["statements"]:
        began = time.perf_counter()
        session.sql(statement).collect()
        seconds.append(time.perf_counter() - began)
    return seconds


with SparkConnect(dict(os.environ), SETTINGS) as spark:
    from pyspark.sql import SparkSession

    ready = {"remote": spark.remote, "pid": os.getpid(), "version": spark.version}
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        session = SparkSession.builder.getOrCreate().newSession()
        print(json.dumps({"seconds": run(session, json.loads(line))}), flush=True)
