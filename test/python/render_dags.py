"""Renders the templates of all tasks of a file as Airflow does before it runs them.

Prints a line of JSON: fields by task, by DAG.
"""

import importlib.util
import json
import sys
from types import SimpleNamespace

import pendulum

path, run_id, start, end = sys.argv[1:5]
spec = importlib.util.spec_from_file_location("rendered", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

try:
    from airflow.sdk import DAG
    from airflow.sdk.execution_time import macros
except ImportError:
    from airflow import macros
    from airflow.models.dag import DAG

dags = [dag for dag in vars(module).values() if isinstance(dag, DAG)] or [
    task.dag for task in vars(module).values() if hasattr(task, "task_id")
][:1]
result = {}
for dag in dags:
    for task in dag.tasks:
        ti = SimpleNamespace(task_id=task.task_id, try_number=3, map_index=-1, dag_id=dag.dag_id)
        context = {
            "dag": dag,
            "ti": ti,
            "task": task,
            "run_id": run_id,
            "data_interval_start": pendulum.parse(start),
            "data_interval_end": pendulum.parse(end),
            "macros": macros,
            "params": {},
        }
        # Where a text ends like the name of a file, Airflow reads the file.
        task.resolve_template_files()
        task.render_template_fields(context)
        fields = {name: getattr(task, name, None) for name in task.template_fields}
        result[task.task_id] = json.loads(json.dumps(fields, default=str))
print("RENDERED " + json.dumps(result))
