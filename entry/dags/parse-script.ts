/**
 * Python that parses a folder of DAGs as Airflow does, without a database, and prints what it has found
 * as a line of JSON.
 */
export const PARSE_SCRIPT = `
import inspect
import json
import sys
import warnings

folder = sys.argv[1]
found = []


def keep(message, category, filename, lineno, file=None, line=None):
    found.append(f"{category.__name__}: {message} ({filename}:{lineno})")


warnings.simplefilter("always")

import airflow

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag

warnings.showwarning = keep
known = inspect.signature(DagBag.__init__).parameters
bag = DagBag(folder, **({"include_examples": False} if "include_examples" in known else {}))
# Airflow keeps those of a file by itself, as texts or records.
for many in getattr(bag, "captured_warnings", {}).values():
    found.extend(one if isinstance(one, str) else json.dumps(one) for one in many)

# Airflow's packages warn of each other; what a DAG can help names Airflow or the DAG's file.
OURS = (folder, "InAirflow", "AirflowProvider", "DeprecatedImport")

result = {
    "version": airflow.__version__,
    "errors": {path: text for path, text in bag.import_errors.items()},
    "warnings": [one for one in found if any(mark in one for mark in OURS)],
    "dags": {
        dag_id: sorted(
            [task.task_id, task.task_type, sorted(task.downstream_task_ids)] for task in dag.tasks
        )
        for dag_id, dag in sorted(bag.dags.items())
    },
}
print("PARSED " + json.dumps(result))
`;
