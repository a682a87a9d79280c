"""load_promos as one writes it in PySpark: DataFrames, one cached result, three sinks."""

import time

BEGAN = time.perf_counter()

import glob  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

import pyspark  # noqa: E402
from pyspark.sql import SparkSession, Window  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402
from pyspark.sql import types as T  # noqa: E402

import job as shared  # noqa: E402

JARS = glob.glob(os.path.join(os.environ["BENCH_SPARK_JARS"], "*.jar"))


def open_spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    return (
        SparkSession.builder.master("local[2]")
        .appName("pyspark_load")
        .config("spark.driver.memory", os.environ["BENCH_SPARK_MEMORY"])
        .config("spark.jars", ",".join(JARS))
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.local.dir", os.environ["BENCH_SPARK_SCRATCH"])
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        # 200 tasks for two cores only cost time.
        .config("spark.sql.shuffle.partitions", "16")
        .getOrCreate()
    )


def named(code, names):
    """A decoding expression: one map literal, looked up per row."""
    pairs = [F.lit(text) for pair in names.items() for text in pair]
    return F.element_at(F.create_map(*pairs), code)


def checked(spark, job):
    """The source with clean codes, whether the window filters a row out, and which rules it broke."""
    week = F.col("week")
    known = week.isNotNull() & week.between(shared.FIRST_WEEK, shared.LAST_WEEK)
    rules = {
        "week_range": ~known,
        "product_id_not_null": F.col("product_id").isNull(),
        "store_id_not_null": F.col("store_id").isNull(),
        "display_location_accepted": ~_accepted("display_code", shared.DISPLAYS),
        "mailer_location_accepted": ~_accepted("mailer_code", shared.MAILERS),
    }
    broken = F.lit(False)
    for rule in rules.values():
        broken = broken | rule
    filtered = known & ~week.between(*job.weeks)
    rows = (
        spark.read.parquet(job.promotions)
        .withColumn("display_code", F.upper(F.trim("display_location")))
        .withColumn("mailer_code", F.upper(F.trim("mailer_location")))
        .withColumn("filtered", filtered)
        .withColumn("broken", ~filtered & broken)
    )
    return rows, rules


def _accepted(code, names):
    return F.col(code).isNotNull() & F.col(code).isin(*names)


def quarantine(rows, rules, job):
    source = ["product_id", "store_id", "display_location", "mailer_location", "week"]
    (
        rows.where("broken")
        .select(
            *[F.col(name).cast("string").alias(name) for name in source],
            F.array_compact(
                F.array(*[F.when(rule, F.lit(name)) for name, rule in rules.items()])
            ).alias("rules"),
            F.col("_metadata.file_path").alias("source_file"),
            F.col("_metadata.row_index").alias("source_row_number"),
        )
        .write.mode("overwrite")
        .parquet(job.quarantine)
    )


def shape(spark, rows, job):
    """The loaded rows: the best of each key, with its derived columns and the product's names."""
    score = F.when(F.col("display_code") == "0", F.lit(0)).otherwise(F.lit(1)) + (
        F.when(F.col("mailer_code") == "0", F.lit(0).cast("decimal(5,2)"))
        .when(F.col("mailer_code").isin(*shared.PROMINENT), F.lit("0.75").cast("decimal(5,2)"))
        .otherwise(F.lit("0.50").cast("decimal(5,2)"))
    )
    best = Window.partitionBy(*shared.KEY).orderBy(
        F.desc("promo_score"), "display_code", "mailer_code"
    )
    kept = (
        rows.where("not filtered and not broken")
        .select(
            "product_id",
            "store_id",
            F.col("week").cast("int").alias("week"),
            "display_code",
            "mailer_code",
            score.cast("decimal(5,2)").alias("promo_score"),
        )
        # One shuffle serves the window, the cache and one file per week in both folders.
        .repartition("week")
        .withColumn("place", F.row_number().over(best))
        .where("place = 1")
    )
    if job.products is None:
        kept = kept.select(
            "*", *[F.lit(None).cast("string").alias(name) for name in shared.NAMES]
        )
    else:
        products = spark.read.parquet(job.products).select("product_id", *shared.NAMES)
        kept = kept.join(F.broadcast(products), "product_id", "left")
    start = F.lit(shared.WEEK_1_START)
    return kept.select(
        F.md5(F.concat_ws("|", *shared.KEY)).alias("promo_id"),
        "product_id",
        "store_id",
        "week",
        F.date_add(start, 7 * (F.col("week") - 1)).alias("start_date"),
        F.date_add(start, 7 * F.col("week")).alias("end_date"),
        "display_code",
        "mailer_code",
        named(F.col("display_code"), shared.DISPLAYS).alias("display_location"),
        named(F.col("mailer_code"), shared.MAILERS).alias("mailer_location"),
        (F.col("display_code") != "0").alias("on_display"),
        (F.col("mailer_code") != "0").alias("in_mailer"),
        "promo_score",
        *shared.NAMES,
        F.lit(job.created_by).alias("created_by"),
        F.lit(job.loaded_at).cast(T.TimestampType()).alias("loaded_at"),
    )


def execute(spark, job, *statements):
    """Statements that JDBC writes have no place for, through the driver that Spark has loaded."""
    jvm = spark.sparkContext._jvm
    properties = jvm.java.util.Properties()
    properties.setProperty("user", job.database["user"])
    properties.setProperty("password", job.password)
    connection = jvm.org.postgresql.Driver().connect(url(job), properties)
    try:
        for statement in statements:
            connection.createStatement().execute(statement)
    finally:
        connection.close()


def url(job):
    at = job.database
    return "jdbc:postgresql://127.0.0.1:%d/%s?reWriteBatchedInserts=true" % (at["port"], at["name"])


def main():
    job = shared.Job()
    spark = open_spark()
    job.seconds["start"] = round(time.perf_counter() - BEGAN, 3)
    with job.step("measure"):
        rows, rules = checked(spark, job)
        read, filtered, quarantined = rows.agg(
            F.count("*"), F.count_if("filtered"), F.count_if("broken")
        ).first()
        if quarantined > 0:
            quarantine(rows, rules, job)
    with job.step("transform"):
        result = shape(spark, rows, job).cache()
        loaded = result.count()
    with job.step("delta"):
        result.write.format("delta").partitionBy("week").save(job.delta)
    with job.step("parquet"):
        result.write.partitionBy("week").parquet(job.parquet)
    with job.step("postgres"):
        execute(spark, job, shared.CREATE % job.table)
        options = {
            "url": url(job),
            "dbtable": job.table,
            "user": job.database["user"],
            "password": job.password,
            "driver": "org.postgresql.Driver",
            "batchsize": "10000",
        }
        result.write.format("jdbc").options(**options).mode("append").save()
    with job.step("key"):
        execute(
            spark, job, shared.KEY_SETTING, shared.ADD_KEY % job.table, shared.ANALYZE % job.table
        )
    with job.step("stop"):
        spark.stop()
    counts = {
        "read": read,
        "filtered": filtered,
        "quarantined": quarantined,
        "deduplicated": read - filtered - quarantined - loaded,
        "loaded": loaded,
    }
    job.finish(counts, {"PySpark": pyspark.__version__})


main()
