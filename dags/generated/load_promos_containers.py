# Written by dray from dags/examples/load-promos-containers.dag.ts, content ee64c829413df5dc.
# Change it there, then: dray dags compile
"""Loads promotions in containers.

Triggered by hand, or when the raw promotions have been updated; `engine` chooses what runs.
"""

import base64
import json

import pendulum
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.docker.operators.docker import DockerOperator
from kubernetes.client import models as k8s

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import BranchPythonOperator
    from airflow.sdk import DAG, Asset, Param, TaskGroup
except ImportError:  # Airflow 2
    from airflow.datasets import Dataset as Asset
    from airflow.models.dag import DAG
    from airflow.models.param import Param
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import BranchPythonOperator
    from airflow.utils.task_group import TaskGroup

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import AirflowFailException, AirflowSkipException

# Exit codes of dray that another try does not help: failed, arguments or config, data
# quality, lost to a newer attempt.
FINAL_EXIT_CODES = [1, 2, 4, 5]


class DrayKubernetesPodOperator(KubernetesPodOperator):
    """Fails at once where no retry helps."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowSkipException as error:
            raise AirflowFailException(f"not worth a retry: {error}") from error


class DrayDockerOperator(DockerOperator):
    """Fails at once where no retry helps."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowSkipException as error:
            raise AirflowFailException(f"not worth a retry: {error}") from error


RUN_ID = "{{ (dag.dag_id ~ '.' ~ ti.task_id ~ '.' ~ run_id) | replace('+', '_') | replace('~', '_') }}"
RUN_ID_OF_EACH = "{{ (dag.dag_id ~ '.' ~ ti.task_id ~ '.' ~ run_id ~ '.' ~ ti.map_index) | replace('+', '_') | replace('~', '_') }}"

LOAD_IN_POD_CONFIG = {
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
    "strategy_type": "bulk",
}

LOAD_BY_SPARK_CONFIG = {
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

STAGE_REGIONS_CONFIG = {
    "extractor_config": {
        "strategy": "PARQUET",
        "source_table": "s3://acme-lake/raw/north",
    },
    "stage_loader_config": {
        "strategy": "PARQUET",
        "path": "s3://acme-lake/stage/north",
    },
    "strategy_type": "bulk",
}

STAGE_REGIONS_CONFIG_2 = {
    "extractor_config": {
        "strategy": "PARQUET",
        "source_table": "s3://acme-lake/raw/south",
    },
    "stage_loader_config": {
        "strategy": "PARQUET",
        "path": "s3://acme-lake/stage/south",
    },
    "strategy_type": "bulk",
}


def as_json(config):
    return json.dumps(config, separators=(",", ":"))


def as_base64url(config):
    """Braces, quotes and backslashes would not get to the job as they are."""
    text = json.dumps(config, separators=(",", ":")).encode()
    return "base64url:" + base64.urlsafe_b64encode(text).decode().rstrip("=")


def choose_tasks(params):
    """The tasks that come with the parameter "engine"."""
    return {
        "bulk": ["load_in_pod"],
        "spark": ["history.load_by_spark"],
    }[params["engine"]]


with DAG(
    dag_id="load_promos_containers",
    doc_md=__doc__,
    schedule=[Asset("s3://acme-lake/raw/promotions")],
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "data-team", "retries": 1},
    params={
        "engine": Param(
            "bulk",
            type="string",
            enum=["bulk", "spark"],
            description="Spark is for the whole history.",
        ),
    },
):
    load_in_pod = DrayKubernetesPodOperator(
        task_id="load_in_pod",
        name="load-in-pod",
        namespace="data-jobs",
        image="registry.acme.example/dray-job:0.1.0",
        service_account_name="promos-loader",
        env_from=[
            k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="promos-db")),
        ],
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "1", "memory": "4Gi"},
            limits={"memory": "4Gi"},
        ),
        on_finish_action="delete_succeeded_pod",
        skip_on_exit_code=FINAL_EXIT_CODES,
        do_xcom_push=False,
        arguments=[
            "--module_name",
            "load_promos",
            "--load_promos_job",
            as_json(LOAD_IN_POD_CONFIG),
            "--created_by",
            "airflow",
            "--service_provider",
            "CONTAINER",
            "--run_id",
            RUN_ID,
            "--attempt",
            "{{ ti.try_number }}",
        ],
    )
    with TaskGroup("history") as history:
        load_by_spark = SparkSubmitOperator(
            task_id="load_by_spark",
            conn_id="spark_default",
            application="/opt/dray/generic_entry.py",
            name="history.load_by_spark",
            conf={"spark.submit.deployMode": "client"},
            application_args=[
                "--module_name",
                "load_promos",
                "--load_promos_job",
                as_base64url(LOAD_BY_SPARK_CONFIG),
                "--created_by",
                "airflow",
                "--run_id",
                RUN_ID,
                "--attempt",
                "{{ ti.try_number }}",
            ],
        )
        stage_regions = DrayDockerOperator.partial(
            task_id="stage_regions",
            image="dray-job:0.1.0",
            network_mode="data",
            mem_limit="4g",
            mount_tmp_dir=False,
            auto_remove="success",
            skip_on_exit_code=FINAL_EXIT_CODES,
            do_xcom_push=False,
        ).expand(
            command=[
                [
                    "--module_name",
                    "load_promos",
                    "--load_promos_job",
                    as_json(STAGE_REGIONS_CONFIG),
                    "--created_by",
                    "airflow",
                    "--service_provider",
                    "CONTAINER",
                    "--run_id",
                    RUN_ID_OF_EACH,
                    "--attempt",
                    "{{ ti.try_number }}",
                ],
                [
                    "--module_name",
                    "load_promos",
                    "--load_promos_job",
                    as_json(STAGE_REGIONS_CONFIG_2),
                    "--created_by",
                    "airflow",
                    "--service_provider",
                    "CONTAINER",
                    "--run_id",
                    RUN_ID_OF_EACH,
                    "--attempt",
                    "{{ ti.try_number }}",
                ],
            ],
        )
    choose = BranchPythonOperator(task_id="choose", python_callable=choose_tasks)
    done = EmptyOperator(task_id="done", trigger_rule="none_failed_min_one_success")

    choose >> load_in_pod
    load_by_spark >> stage_regions
    choose >> history
    [load_in_pod, history, choose] >> done
