"""The jars that dray needs beside Spark's own: Delta, Postgres, and on Spark 3.5 Connect."""

import glob
import json
import os

from .launch_error import LaunchError

HERE = os.path.dirname(os.path.abspath(__file__))

#: Our own, of interceptor/ConnectTokenInterceptor.java: Connect of Spark 3.5 then asks for a token.
INTERCEPTOR_JAR = os.path.join(HERE, "connect-token-interceptor.jar")

#: How each group is recognised in a folder of jars.
PATTERNS = {
    "delta": "delta-spark_*.jar",
    "postgres": "postgresql-*.jar",
    "connect": "spark-connect_*.jar",
}

#: Whatever else the packages ask for: Spark has it, in the version that it was built with.
EXCLUDED = ",".join(
    group + ":*"
    for group in """
    com.fasterxml.* com.github.luben com.google.code.findbugs commons-pool io.airlift
    io.unitycatalog javax.annotation org.antlr org.apache.hadoop org.apache.logging.log4j
    org.apache.parquet org.checkerframework org.locationtech.jts org.roaringbitmap org.slf4j
    org.spark-project.spark org.xerial.snappy
    """.split()
)


def jar_settings(spark_version, spark_home, env):
    """Settings that must be known before Spark's Java process starts.

    `DRAY_SPARK_JARS` is a folder or a comma list of jars. What neither it nor Spark's own folder
    has is named in `spark.jars.packages`, so that Spark fetches it when it starts.
    """
    named = _named_jars(env.get("DRAY_SPARK_JARS"))
    there = named + glob.glob(os.path.join(spark_home, "jars", "*.jar"))
    row = _row_of(spark_version)
    missing = [
        entry["jar"]
        for group, pattern in PATTERNS.items()
        if not any(_matches(jar, pattern) for jar in there)
        for entry in row.get(group, [])
    ]
    jars = named + ([INTERCEPTOR_JAR] if needs_interceptor(spark_version) else [])
    settings = {}
    if jars:
        settings["spark.jars"] = ",".join(jars)
    if missing:
        plain = spark_version.split("-")[0]
        settings["spark.jars.packages"] = ",".join(
            jar.replace(":" + row["spark"], ":" + plain) for jar in missing
        )
        settings["spark.jars.excludes"] = EXCLUDED
    return settings


def needs_interceptor(spark_version):
    """Spark 3.5 knows no `spark.connect.authenticate.token`."""
    return spark_version.startswith("3.")


def _row_of(spark_version):
    with open(os.path.join(HERE, "spark_jars.json"), encoding="utf-8") as table:
        return json.load(table).get(".".join(spark_version.split(".")[:2]), {})


def _named_jars(value):
    if not value:
        return []
    jars = sorted(glob.glob(os.path.join(value, "*.jar"))) if os.path.isdir(value) else None
    jars = [jar for jar in value.split(",") if jar] if jars is None else jars
    missing = [jar for jar in jars if "://" not in jar and not os.path.isfile(jar)]
    if missing or not jars:
        raise LaunchError(
            "SPARK_MISSING",
            'DRAY_SPARK_JARS names no jar: "%s"' % (missing[0] if missing else value),
            "set it to a folder of jars or to a comma list of them, or unset it",
        )
    return [jar if "://" in jar else os.path.abspath(jar) for jar in jars]


def _matches(jar, pattern):
    start, end = pattern.split("*")
    name = os.path.basename(jar)
    return name.startswith(start) and name.endswith(end)
