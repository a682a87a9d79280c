"""The Connect endpoint of a Databricks workspace, from inside one of its tasks.

The task's SparkSession exists before our code runs, so no plugin can be added to it. Written after
the public documentation and not proven on a real workspace (docs/spark.md).
https://docs.databricks.com/aws/en/dev-tools/auth/env-vars
"""

import re

from .launch_error import LaunchError


def is_databricks(env):
    """True on a cluster of Databricks, where a session exists already."""
    return bool(env.get("DATABRICKS_RUNTIME_VERSION"))


def databricks_remote(env):
    """`sc://<workspace>:443/;token=...;x-databricks-cluster-id=...` from the environment."""
    values = {}
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CLUSTER_ID"):
        values[name] = env.get(name, "")
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise LaunchError(
            "SPARK_MISSING",
            "Spark Connect of this workspace cannot be reached without %s" % ", ".join(missing),
            "set them as environment variables of the cluster (the token as {{secrets/...}})",
        )
    host = re.sub(r"^https?://|/.*$", "", values["DATABRICKS_HOST"])
    return "sc://%s:443/;token=%s;x-databricks-cluster-id=%s" % (
        host,
        values["DATABRICKS_TOKEN"],
        values["DATABRICKS_CLUSTER_ID"],
    )
