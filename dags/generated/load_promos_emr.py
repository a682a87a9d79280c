# Written by dray from dags/examples/load-promos-emr.dag.ts, content 0ab0d7654792d707.
# Change it there, then: dray dags compile
"""The DAG load_promos_emr."""

import base64
import json
from datetime import timedelta

import pendulum
from airflow.providers.amazon.aws.operators.emr import (
    EmrAddStepsOperator,
    EmrCreateJobFlowOperator,
    EmrTerminateJobFlowOperator,
)
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG, Asset
except ImportError:  # Airflow 2
    from airflow.datasets import Dataset as Asset
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
    "strategy_type": "bigdata",
}


def as_base64url(config):
    """Braces, quotes and backslashes would not get to the job as they are."""
    text = json.dumps(config, separators=(",", ":")).encode()
    return "base64url:" + base64.urlsafe_b64encode(text).decode().rstrip("=")


with DAG(
    dag_id="load_promos_emr",
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
    create_emr_cluster = EmrCreateJobFlowOperator(
        task_id="create_emr_cluster",
        emr_conn_id=None,
        job_flow_overrides={
            "Name": "{{ dag.dag_id }} {{ run_id }}",
            "ReleaseLabel": "emr-7.5.0",
            "Applications": [{"Name": "Spark"}],
            "Instances": {
                "InstanceGroups": [
                    {
                        "Name": "primary",
                        "InstanceRole": "MASTER",
                        "Market": "ON_DEMAND",
                        "InstanceType": "m5.xlarge",
                        "InstanceCount": 1,
                    },
                    {
                        "Name": "workers",
                        "InstanceRole": "CORE",
                        "Market": "SPOT",
                        "InstanceType": "m5.xlarge",
                        "InstanceCount": 4,
                    },
                ],
                "KeepJobFlowAliveWhenNoSteps": True,
                "TerminationProtected": False,
            },
            "ServiceRole": "EMR_DefaultRole",
            "JobFlowRole": "EMR_EC2_DefaultRole",
            "VisibleToAllUsers": True,
            "Tags": [],
            "AutoTerminationPolicy": {"IdleTimeout": 3600},
        },
    )
    end_create_emr_cluster = EmrTerminateJobFlowOperator(
        task_id="end_create_emr_cluster",
        job_flow_id=create_emr_cluster.output,
    )
    load_promos = EmrAddStepsOperator(
        task_id="load_promos",
        job_flow_id=create_emr_cluster.output,
        wait_for_completion=True,
        waiter_delay=30,
        waiter_max_attempts=2880,
        outlets=[Asset("s3://acme-lake/unity/promotions")],
        steps=[
            {
                "Name": "dray load_promos {{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, dag.dag_id ~ '/' ~ run_id ~ '/' ~ ti.task_id ~ '/' ~ ti.try_number) }}",
                "ActionOnFailure": "CONTINUE",
                "HadoopJarStep": {
                    "Jar": "command-runner.jar",
                    "Args": [
                        "spark-submit",
                        "--deploy-mode",
                        "cluster",
                        "--archives",
                        "s3://acme-artifacts/dray/0.1.0/dray-emr-linux-x64.tar.gz#dray",
                        "--conf",
                        "spark.yarn.maxAppAttempts=1",
                        "--conf",
                        "spark.yarn.submit.waitAppCompletion=true",
                        "s3://acme-artifacts/dray/0.1.0/generic_entry.py",
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
        ],
    )

    load_promos >> end_create_emr_cluster.as_teardown(setups=create_emr_cluster)
    create_emr_cluster >> load_promos
