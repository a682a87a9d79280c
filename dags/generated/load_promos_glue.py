# Written by dray from dags/examples/load-promos-glue.dag.ts, content 6a8c687871549459.
# Change it there, then: dray dags compile
"""Promotions of the day before, on AWS Glue."""

import json
from datetime import timedelta

import pendulum
from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG

RUN_ID = "{{ (dag.dag_id ~ '.' ~ ti.task_id ~ '.' ~ run_id) | replace('+', '_') | replace('~', '_') }}"

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
    dag_id="load_promos_glue",
    description="Promotions of the day before, on AWS Glue.",
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
    on_failure_callback=[
        SnsNotifier(
            aws_conn_id="aws_default",
            target_arn="arn:aws:sns:eu-central-1:123456789012:data-alerts",
            subject="{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}",
            message="{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}: run {{ run_id }}, try {{ ti.try_number }}",
        ),
    ],
):
    load_promos = GlueJobOperator(
        task_id="load_promos",
        job_name="load_promos_job",
        script_location="s3://acme-artifacts/dray/0.1.0/generic_entry.py",
        iam_role_name="GlueServiceRole",
        concurrent_run_limit=1,
        retry_limit=0,
        create_job_kwargs={
            "Command": {
                "Name": "glueetl",
                "ScriptLocation": "s3://acme-artifacts/dray/0.1.0/generic_entry.py",
                "PythonVersion": "3",
            },
            "GlueVersion": "5.0",
            "WorkerType": "G.1X",
            "NumberOfWorkers": 2,
            "Timeout": 480,
            "DefaultArguments": {
                "--additional-python-modules": "s3://acme-artifacts/dray/0.1.0/dray_entry-0.1.0-py3-none-any.whl",
                "--extra-jars": "s3://acme-artifacts/dray/0.1.0/dray-spark.jar",
            },
        },
        update_config=True,
        job_poll_interval=15,
        stop_job_run_on_kill=True,
        script_args={
            "--module_name": "load_promos",
            "--load_promos_job": as_json(LOAD_PROMOS_CONFIG),
            "--start_date": "{{ data_interval_start | ds }}",
            "--end_date": "{{ data_interval_end | ds }}",
            "--created_by": "airflow",
            "--service_provider": "GLUE",
            "--run_id": RUN_ID,
            "--attempt": "{{ ti.try_number }}",
            "--result": "s3://acme-artifacts/results/{{ (dag.dag_id ~ '.' ~ ti.task_id ~ '.' ~ run_id) | replace('+', '_') | replace('~', '_') | replace(':', '_') }}.{{ ti.try_number }}.json{{ '' }}",
        },
    )
