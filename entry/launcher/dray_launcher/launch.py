"""From the arguments of the platform to Node's exit code."""

import contextlib
import importlib.util
import json
import os
import sys
import traceback

from .databricks_remote import databricks_remote, is_databricks
from .find_bundle import find_bundle
from .find_node import find_node
from .launch_error import LaunchError, print_failure
from .packed import check_packed
from .platform_evidence import service_provider
from .reserved_arguments import take_reserved
from .run_node import Signals
from .spark_connect import SparkConnect
from .stopped import Stopped

#: V8 would let garbage of its young generation grow to 100 MB more, which rows fill quickly.
NODE_FLAGS = ["--max-semi-space-size=8"]

#: Answered by Node alone.
ASKS = ("--help", "--version")


def launch(argv, env, launcher_dir):
    """Starts what Node needs, runs it, and returns the exit code."""
    signals = Signals()
    signals.catch()
    try:
        node = find_node(env)
        bundle = find_bundle(env, launcher_dir, os.getcwd())
        check_packed(bundle)
        provider = service_provider(argv, env)
        own, reserved = take_reserved(argv, provider)
        with _spark(own, env) as spark:
            signals.catch()
            return signals.run(
                [node, *NODE_FLAGS, bundle, *own], _node_env(env, spark.remote, provider, reserved)
            )
    except LaunchError as error:
        failure = error
    except Stopped as stopped:
        failure = _stopped_by(stopped.name)
    except KeyboardInterrupt:
        # SparkContext's own handler of SIGINT, for the moment until ours is back.
        failure = _stopped_by("SIGINT")
    except Exception as error:  # every run ends with its line
        traceback.print_exc()
        failure = LaunchError("INTERNAL", "the launcher failed: %r" % error, "report the above")
    print_failure(failure, argv, env)
    return failure.exit_code


def _stopped_by(name):
    code = "INTERRUPTED" if name == "SIGINT" else "TERMINATED"
    return LaunchError(code, "stopped by %s while Spark was starting" % name)


class _Remote:
    """A Spark that is there already, and stays when we end; None: there is none."""

    def __init__(self, remote):
        self.remote = remote


def _spark(argv, env):
    if any(word in ASKS for word in argv) or env.get("DRAY_SPARK") == "off":
        return contextlib.nullcontext(_Remote(None))
    if env.get("SPARK_REMOTE"):
        return contextlib.nullcontext(_Remote(env["SPARK_REMOTE"]))
    if is_databricks(env):
        if not env.get("DATABRICKS_TOKEN"):
            # Serverless compute has no environment variables of ours; row and bulk need none.
            print(
                "Spark Connect of this workspace needs DATABRICKS_HOST, DATABRICKS_TOKEN and "
                "DATABRICKS_CLUSTER_ID: running without Spark",
                file=sys.stderr,
                flush=True,
            )
            return contextlib.nullcontext(_Remote(None))
        return contextlib.nullcontext(_Remote(databricks_remote(env)))
    if importlib.util.find_spec("pyspark") is None:
        # The engines row and bulk need none; a job for bigdata says what is missing.
        print("there is no pyspark here: running without Spark", file=sys.stderr, flush=True)
        return contextlib.nullcontext(_Remote(None))
    print("starting Spark", file=sys.stderr, flush=True)
    return SparkConnect(env)


def _node_env(env, remote, provider, reserved):
    """What Node finds in its environment beside what we have in ours."""
    added = {} if remote is None else {"SPARK_REMOTE": remote}
    if provider != "LOCAL":
        added["SERVICE_PROVIDER"] = provider
    if reserved:
        added["DRAY_PLATFORM_ARGUMENTS"] = json.dumps(reserved)
    inherited = {name: value for name, value in env.items() if name != "SPARK_REMOTE"}
    return {**inherited, **added}
