"""A Spark Connect server for development and tests: runs until Ctrl-C or the end of its input."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading

from .launch_error import LaunchError
from .spark_connect import SparkConnect
from .stopped import Stopped, catch, raise_stopped


def main():
    """Prints one line of JSON, {"remote", "pid", "java_pid", "version"}, when Spark is ready."""
    parser = argparse.ArgumentParser(prog="spark_server.py")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE")
    flags = parser.parse_args()
    catch(raise_stopped)
    scratch = tempfile.mkdtemp(prefix="dray-spark-")
    settings = {
        "spark.master": "local[*]",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse"),
        # Delta's logs are short here: its default of 50 tasks for each is most of the time.
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.local.dir": os.path.join(scratch, "local"),
        **dict(pair.split("=", 1) for pair in flags.conf),
    }
    try:
        with SparkConnect(dict(os.environ), settings, flags.port, scratch) as spark:
            catch(raise_stopped)  # SparkContext has put a handler of its own in place
            _end_with_parent()
            ready = {
                "remote": spark.remote,
                "pid": os.getpid(),
                "java_pid": spark.java_pid,
                "version": spark.version,
            }
            print(json.dumps(ready), flush=True)
            print("Spark's Java process ended with %d" % spark.wait(), file=sys.stderr)
            return 1
    except Stopped as stopped:
        return 128 + stopped.number
    except LaunchError as error:
        failure = {"code": error.code, "message": error.message, "hint": error.hint}
        print(json.dumps({"error": failure}), flush=True)
        return error.exit_code
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _end_with_parent():
    """Whoever started us holds our input open; it ends with them, however they end."""

    def wait():
        # Not through sys.stdin: its lock would be held when the interpreter ends.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
