# Written by dray from dags/examples/load-promos-emr.dag.ts, content a9440740ca7afe8b.
# Change it there, then: dray dags compile
"""The DAG load_promos_emr_serverless."""

import base64
import json
from datetime import timedelta

import pendulum
from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG

RUN_ID = "{{ (dag.dag_id ~ '.' ~ ti.task_id ~ '.' ~ run_id) | replace('+', '_') | replace('~', '_') }}"
TOKEN = "{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, dag.dag_id ~ '/' ~ run_id ~ '/' ~ ti.task_id ~ '/' ~ ti.try_number) }}"

LOAD_PROMOS_CONFIG = {
    "job_failed_notifications": {"notification_service": "NOOP"},
    "job_success_notifications": {"notification_service": "NOOP"},
    "data_quality_notifications": {"notification_service": "NOOP"},
    "extractor_config": {
        "strategy": "PARQUET",
        "source_table": "s3://acme-lake/raw/promotions",
    },
    "unity_loader_config": {
        "strategy": "DELTA",
        "path": "s3://acme-lake/unity/promotions",
    },
    "stage_loader_config": {
        "strategy": "PARQUET",
        "path": "s3://acme-lake/stage/promotions",
    },
    "redshift_loader_config": {
        "strategy": "POSTGRES",
        "jdbc_url": "jdbc:postgresql://warehouse.acme.internal:5432/dwh",
        "table": "public.promotions",
        "properties": {
            "user": "loader",
            "password": "secret://aws-secretsmanager/prod/promos#password",
            "driver": "org.postgresql.Driver",
        },
    },
}


def as_base64url(config):
    """Braces, quotes and backslashes would not get to the job as they are."""
    text = json.dumps(config, separators=(",", ":")).encode()
    return "base64url:" + base64.urlsafe_b64encode(text).decode().rstrip("=")


with DAG(
    dag_id="load_promos_emr_serverless",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    default_args={
        "owner": "data-team",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
    },
    tags=["promotions", "dray"],
):
    load_promos = EmrServerlessStartJobOperator(
        task_id="load_promos",
        application_id="00f1r3p0a2o5ml09",
        execution_role_arn="arn:aws:iam::123456789012:role/promos-loader",
        configuration_overrides={
            "applicationConfiguration": [
                {
                    "classification": "spark-defaults",
                    "properties": {
                        "spark.archives": "s3://acme-artifacts/dray/0.1.0/dray-emr-linux-x64.tar.gz#dray",
                    },
                },
            ],
        },
        name="dray load_promos {{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, dag.dag_id ~ '/' ~ run_id ~ '/' ~ ti.task_id ~ '/' ~ ti.try_number) }}",
        config={
            "clientToken": TOKEN,
            "executionTimeoutMinutes": 720,
            "mode": "BATCH",
            "retryPolicy": {"maxAttempts": 1},
        },
        waiter_delay=30,
        waiter_max_attempts=2880,
        job_driver={
            "sparkSubmit": {
                "entryPoint": "s3://acme-artifacts/dray/0.1.0/generic_entry.py",
                "entryPointArguments": [
                    "--module_name",
                    "load_promos",
                    "--load_promos_job",
                    as_base64url(LOAD_PROMOS_CONFIG),
                    "--start_date",
                    "{{ data_interval_start | ds }}",
                    "--end_date",
                    "{{ data_interval_end | ds }}",
                    "--created_by",
                    "airflow",
                    "--service_provider",
                    "EMR",
                    "--run_id",
                    RUN_ID,
                    "--attempt",
                    "{{ ti.try_number }}",
                ],
            },
        },
    )
