# Written by dray from dags/examples/load-promos-databricks.dag.ts, content cfedfc333804f51c.
# Change it there, then: dray dags compile
"""Promotions of the last three days, on Databricks."""

import json
from datetime import timedelta

import pendulum
from airflow.providers.databricks.operators.databricks import (
    DatabricksSubmitRunOperator,
)
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
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


def as_json(config):
    return json.dumps(config, separators=(",", ":"))


with DAG(
    dag_id="load_promos_databricks",
    description="Promotions of the last three days, on Databricks.",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="Europe/Berlin"),
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    catchup=False,
    default_args={
        "owner": "data-team",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "on_failure_callback": [
            SmtpNotifier(
                smtp_conn_id="smtp_default",
                to=["data-team@acme.example"],
                subject="{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}",
                html_content="{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}: run {{ run_id }}, try {{ ti.try_number }}",
            ),
        ],
    },
    tags=["promotions", "dray"],
):
    load_promos = DatabricksSubmitRunOperator(
        task_id="load_promos",
        databricks_conn_id="databricks_default",
        deferrable=True,
        json={
            "run_name": "{{ dag.dag_id }}.load_promos",
            "idempotency_token": TOKEN,
            "tasks": [
                {
                    "task_key": "dray",
                    "python_wheel_task": {
                        "package_name": "dray_entry",
                        "entry_point": "generic_entry",
                        "parameters": [
                            "--module_name",
                            "load_promos",
                            "--load_promos_job",
                            as_json(LOAD_PROMOS_CONFIG),
                            "--start_date",
                            '{{ data_interval_start.in_timezone("Europe/Berlin").subtract(days=2) | ds }}',
                            "--end_date",
                            '{{ data_interval_end.in_timezone("Europe/Berlin") | ds }}',
                            "--created_by",
                            "airflow",
                            "--service_provider",
                            "DATABRICKS",
                            "--run_id",
                            RUN_ID,
                            "--attempt",
                            "{{ ti.try_number }}",
                        ],
                    },
                    "new_cluster": {
                        "spark_version": "17.3.x-scala2.13",
                        "node_type_id": "i3.xlarge",
                        "num_workers": 2,
                        "data_security_mode": "SINGLE_USER",
                    },
                    "libraries": [
                        {
                            "whl": "/Volumes/main/jobs/dray/0.1.0/dray_entry-0.1.0-py3-none-any.whl",
                        },
                    ],
                },
            ],
            "queue": {"enabled": True},
            "timeout_seconds": 28800,
        },
    )
