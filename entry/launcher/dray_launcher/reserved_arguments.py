"""Arguments that a platform adds to a job's own."""

#: Glue hands its own parameters to the script, among those of the job; the last two are what
#: `dray submit` and Airflow's deferred operator find their runs by.
#: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
GLUE = frozenset(
    """
    JOB_ID JOB_NAME JOB_RUN_ID SECURITY_CONFIGURATION TempDir RedshiftTempDir scriptLocation
    additional-python-modules auto-scale-within-microbatch class conf
    continuous-log-conversionPattern continuous-log-logGroup continuous-log-logStreamPrefix
    customer-driver-env-vars customer-executor-env-vars datalake-formats disable-proxy
    disable-proxy-v2 enable-auto-scaling enable-continuous-cloudwatch-log
    enable-continuous-log-filter enable-glue-datacatalog enable-job-insights
    enable-lakeformation-fine-grained-access enable-metrics enable-observability-metrics
    enable-rename-algorithm-v2 enable-s3-parquet-optimized-committer enable-spark-ui
    encryption-type executor-cores extra-files extra-jars extra-py-files job-bookmark-from
    job-bookmark-option job-bookmark-to job-language python-modules-installer-option
    spark-event-logs-path spark-ui-event-logs-path use-postgres-driver user-jars-first
    worker-type write-shuffle-files-to-s3 write-shuffle-spills-to-s3
    dray_token airflow_task_uuid
    """.split()
)

#: What `dray submit` finds its run by.
DATABRICKS = frozenset(["dray_token"])

#: Arguments of a Glue job and of a notebook are a map: what takes no value of ours has one there.
SWITCHES = frozenset(["--force", "--dry_run", "--verbose"])
FLAGS = {"GLUE": SWITCHES, "DATABRICKS": SWITCHES}

RESERVED = {"GLUE": GLUE, "DATABRICKS": DATABRICKS}


def take_reserved(argv, provider):
    """Separates what belongs to the platform.

    Returns the job's own arguments, unchanged and in order, and a dict of the platform's by name
    without the dashes. A reserved argument without a value has the value "".
    """
    reserved = RESERVED.get(provider, frozenset())
    own = []
    taken = {}
    at = 0
    while at < len(argv):
        name, equals, value = argv[at].partition("=")
        at += 1
        if not (name.startswith("--") and name[2:] in reserved):
            own.append(argv[at - 1])
            if name in FLAGS.get(provider, ()) and argv[at : at + 1] in (["true"], [""]):
                at += 1
            continue
        if not equals and at < len(argv) and not argv[at].startswith("--"):
            value = argv[at]
            at += 1
        taken[name[2:]] = value
    return own, taken
