"""Runs DAGs of a folder for one date as `airflow dags test` does, with a database of their own.

run_dags.py FOLDER DATE DAG_ID...; prints a line of JSON: the state of each run, its tasks with their states
and tries, and its interval.
"""

import json
import os
import subprocess
import sys

folder, date, *dag_ids = sys.argv[1:]
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = folder
airflow = [sys.executable, "-m", "airflow", "db", "migrate"]
subprocess.run(airflow, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

import airflow  # noqa: E402
import pendulum  # noqa: E402

is_old = airflow.__version__.startswith("2.")
if is_old:
    import airflow.providers.fab.auth_manager.models  # noqa: E402, F401
    from airflow.models.dagbag import DagBag  # noqa: E402
else:
    from airflow.dag_processing.dagbag import DagBag  # noqa: E402

from airflow.utils.session import create_session  # noqa: E402

bag = DagBag(folder)
if bag.import_errors:
    sys.exit(json.dumps(bag.import_errors))
result = {}
for dag_id in dag_ids:
    dag = bag.dags[dag_id]
    when = pendulum.parse(date)
    run = dag.test(execution_date=when) if is_old else dag.test(logical_date=when)
    with create_session() as session:
        run = session.merge(run)
        tasks = run.get_task_instances(session=session)
        result[dag_id] = {
            "state": str(getattr(run.state, "value", run.state)),
            "interval": [str(run.data_interval_start), str(run.data_interval_end)],
            "tasks": {
                f"{task.task_id}{'' if task.map_index < 0 else f'[{task.map_index}]'}": [
                    str(getattr(task.state, "value", task.state)),
                    task.try_number,
                ]
                for task in tasks
            },
        }
print("RAN " + json.dumps(result))
