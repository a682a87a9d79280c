"""load_promos as one writes it in Polars: one lazy query, delta-rs, Parquet, ADBC."""

import time

BEGAN = time.perf_counter()

from functools import reduce  # noqa: E402
from operator import or_  # noqa: E402

import adbc_driver_postgresql  # noqa: E402
import deltalake  # noqa: E402
import polars as pl  # noqa: E402
import polars_hash  # noqa: E402,F401 (adds nchash to expressions)
from adbc_driver_postgresql import dbapi  # noqa: E402

import job as shared  # noqa: E402

SCORE = pl.Decimal(5, 2)
STAMP = pl.Datetime("us", "UTC")


def clean(name):
    return pl.col(name).str.strip_chars(" ").str.to_uppercase()


def checked(job):
    """The source with clean codes, whether the window filters a row out, and which rules it broke."""
    week = pl.col("week")
    known = week.is_between(shared.FIRST_WEEK, shared.LAST_WEEK).fill_null(False)
    filtered = known & ~week.is_between(*job.weeks).fill_null(False)
    rules = {
        "week_range": ~known,
        "product_id_not_null": pl.col("product_id").is_null(),
        "store_id_not_null": pl.col("store_id").is_null(),
        "display_location_accepted": ~_accepted("display_code", shared.DISPLAYS),
        "mailer_location_accepted": ~_accepted("mailer_code", shared.MAILERS),
    }
    rows = (
        pl.scan_parquet(job.promotions)
        .with_columns(display_code=clean("display_location"), mailer_code=clean("mailer_location"))
        .with_columns(filtered=filtered)
        .with_columns(broken=~pl.col("filtered") & reduce(or_, rules.values()))
    )
    return rows, rules


def _accepted(code, names):
    return pl.col(code).is_in(list(names)).fill_null(False)


def quarantine(rows, rules, job):
    source = ["product_id", "store_id", "display_location", "mailer_location", "week"]
    broken = [pl.when(rule).then(pl.lit(name)) for name, rule in rules.items()]
    (
        rows.with_row_index("source_row_number")
        .filter("broken")
        .select(
            *[pl.col(name).cast(pl.String) for name in source],
            pl.concat_list(broken).list.drop_nulls().alias("rules"),
            pl.lit(job.promotions).alias("source_file"),
            "source_row_number",
        )
        .sink_parquet(job.quarantine, mkdir=True)
    )


def shape(rows, job):
    """The loaded rows: the best of each key, with its derived columns and the product's names."""
    shown = pl.when(pl.col("display_code") == "0").then(0).otherwise(100)
    mailed = (
        pl.when(pl.col("mailer_code") == "0")
        .then(0)
        .when(pl.col("mailer_code").is_in(shared.PROMINENT))
        .then(75)
        .otherwise(50)
    )
    kept = (
        rows.filter(~pl.col("filtered") & ~pl.col("broken"))
        .select(
            "product_id",
            "store_id",
            pl.col("week").cast(pl.Int32),
            "display_code",
            "mailer_code",
            hundredths=shown + mailed,
        )
        .sort("hundredths", "display_code", "mailer_code", descending=[True, False, False])
        .unique(subset=shared.KEY, keep="first", maintain_order=True)
    )
    if job.products is None:
        kept = kept.with_columns(
            [pl.lit(None, dtype=pl.String).alias(name) for name in shared.NAMES]
        )
    else:
        products = pl.scan_parquet(job.products).select("product_id", *shared.NAMES)
        kept = kept.join(products, on="product_id", how="left")
    start = pl.lit(shared.WEEK_1_START)
    week = pl.col("week")
    return kept.select(
        pl.concat_str(shared.KEY, separator="|").nchash.md5().alias("promo_id"),
        "product_id",
        "store_id",
        "week",
        (start + pl.duration(days=7 * (week - 1))).alias("start_date"),
        (start + pl.duration(days=7 * week)).alias("end_date"),
        "display_code",
        "mailer_code",
        pl.col("display_code").replace_strict(shared.DISPLAYS).alias("display_location"),
        pl.col("mailer_code").replace_strict(shared.MAILERS).alias("mailer_location"),
        (pl.col("display_code") != "0").alias("on_display"),
        (pl.col("mailer_code") != "0").alias("in_mailer"),
        (pl.col("hundredths").cast(pl.Decimal(7, 2)) / 100).cast(SCORE).alias("promo_score"),
        *shared.NAMES,
        pl.lit(job.created_by).alias("created_by"),
        pl.lit(job.loaded_at).cast(STAMP).alias("loaded_at"),
    )


def load_postgres(result, job):
    """COPY in the binary format, as ADBC does it, then the key."""
    at = job.database
    uri = "postgresql://%s:%s@127.0.0.1:%d/%s" % (at["user"], job.password, at["port"], at["name"])
    schema, table = job.table.split(".")
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        with job.step("postgres"):
            cursor.execute(shared.CREATE % job.table)
            cursor.adbc_ingest(table, result, mode="append", db_schema_name=schema)
            connection.commit()
        with job.step("key"):
            for statement in (shared.KEY_SETTING, shared.ADD_KEY, shared.ANALYZE):
                cursor.execute(statement % job.table if "%s" in statement else statement)
            connection.commit()


def main():
    job = shared.Job()
    job.seconds["start"] = round(time.perf_counter() - BEGAN, 3)
    with job.step("measure"):
        rows, rules = checked(job)
        counted = rows.select(pl.len(), pl.col("filtered").sum(), pl.col("broken").sum())
        read, filtered, quarantined = counted.collect(engine="streaming").row(0)
        if quarantined > 0:
            quarantine(rows, rules, job)
    with job.step("transform"):
        result = shape(rows, job).collect(engine="streaming")
    with job.step("delta"):
        deltalake.write_deltalake(job.delta, result, partition_by=["week"])
    with job.step("parquet"):
        by_week = pl.PartitionBy(job.parquet, key="week", include_key=True)
        result.lazy().sink_parquet(by_week, mkdir=True)
    load_postgres(result, job)
    counts = {
        "read": read,
        "filtered": filtered,
        "quarantined": quarantined,
        "deduplicated": read - filtered - quarantined - result.height,
        "loaded": result.height,
    }
    versions = {
        "Polars": pl.__version__,
        "deltalake": deltalake.__version__,
        "ADBC": adbc_driver_postgresql.__version__,
    }
    job.finish(counts, versions)


main()
