"""Has Airflow find out that a DAG has missed its deadline, and tell of it.

miss_deadline.py FOLDER DAG_ID; prints a line of JSON: deprecations that the file is to blame for. Airflow 2 has a run that has succeeded
long ago, and none since; of Airflow 3 the triggerer's part is run.
"""

import asyncio
import json
import os
import subprocess
import sys

folder, dag_id = sys.argv[1:]
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = folder

import airflow


def parse():
    if airflow.__version__.startswith("2."):
        from airflow.models.dagbag import DagBag
    else:
        from airflow.dag_processing.dagbag import DagBag
    bag = DagBag(folder)
    if bag.import_errors:
        sys.exit(json.dumps(bag.import_errors))
    found = [str(one) for many in bag.captured_warnings.values() for one in many]
    marks = (folder, "InAirflow", "AirflowProvider", "DeprecatedImport", "SLA")
    return bag.dags[dag_id], [one for one in found if any(mark in one for mark in marks)]


def miss_sla():
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    import airflow.providers.fab.auth_manager.models  # noqa: F401
    import pendulum
    from airflow.dag_processing.processor import DagFileProcessor
    from airflow.models import SlaMiss
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState
    from airflow.utils.types import DagRunType

    dag, warnings = parse()
    dag.sync_to_db()
    start = pendulum.now("UTC").start_of("day").subtract(days=5)
    run = dag.create_dagrun(
        run_type=DagRunType.SCHEDULED,
        state=DagRunState.SUCCESS,
        execution_date=start,
        data_interval=(start, start.add(days=1)),
    )
    with create_session() as session:
        for task in session.merge(run).get_task_instances(session=session):
            task.state = TaskInstanceState.SUCCESS
    DagFileProcessor.manage_slas(folder, dag_id)
    with create_session() as session:
        if not all(one.notification_sent for one in session.query(SlaMiss)):
            sys.exit("nobody was told")
    return warnings


async def call_back():
    from airflow.triggers.callback import CallbackTrigger

    dag, warnings = parse()
    for alert in dag.deadline:
        context = {"dag_run": {"dag_id": dag_id}, "deadline": {}}
        kwargs = {**alert.callback.kwargs, "context": context}
        events = [event async for event in CallbackTrigger(alert.callback.path, kwargs).run()]
        last = events[-1].payload
        if str(last["state"]) != "success":
            sys.exit(str(last))
    return warnings


is_old = airflow.__version__.startswith("2.")
print("MISSED " + json.dumps(miss_sla() if is_old else asyncio.run(call_back())))
