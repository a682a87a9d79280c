# Written by dray from dags/examples/load-promos-bash.dag.ts, content a46b1a5cd67cfb73.
# Change it there, then: dray dags compile
"""Promotions of the day before, on Airflow's own worker."""

import json
from datetime import timedelta

import pendulum
from airflow.providers.pagerduty.notifications.pagerduty import PagerdutyNotifier
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG
    from airflow.operators.bash import BashOperator

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import AirflowFailException, AirflowSkipException

# Exit codes of dray that another try does not help: failed, arguments or config, data
# quality, lost to a newer attempt.
FINAL_EXIT_CODES = [1, 2, 4, 5]


class DrayBashOperator(BashOperator):
    """Fails at once where no retry helps."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowSkipException as error:
            raise AirflowFailException(f"not worth a retry: {error}") from error


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
    "strategy_type": "bulk",
}


def as_json(config):
    return json.dumps(config, separators=(",", ":"))


with DAG(
    dag_id="load_promos_bash",
    description="Promotions of the day before, on Airflow's own worker.",
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
        SlackWebhookNotifier(
            slack_webhook_conn_id="slack_data_team",
            text="{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}: run {{ run_id }}, try {{ ti.try_number }}",
        ),
        PagerdutyNotifier(
            pagerduty_events_conn_id="pagerduty_data_team",
            summary="{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}: run {{ run_id }}, try {{ ti.try_number }}",
            severity="error",
        ),
    ],
):
    load_promos = DrayBashOperator(
        task_id="load_promos",
        bash_command='generic_entry --module_name load_promos --load_promos_job "$JOB" --start_date "$START_DATE" --end_date "$END_DATE" --created_by airflow --run_id "$RUN_ID" --attempt "$ATTEMPT"',
        append_env=True,
        skip_on_exit_code=FINAL_EXIT_CODES,
        do_xcom_push=False,
        execution_timeout=timedelta(hours=2),
        env={
            "JOB": as_json(LOAD_PROMOS_CONFIG),
            "START_DATE": "{{ data_interval_start | ds }}",
            "END_DATE": "{{ data_interval_end | ds }}",
            "RUN_ID": RUN_ID,
            "ATTEMPT": "{{ ti.try_number }}",
        },
    )
