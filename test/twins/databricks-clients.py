"""Databricks' own Python packages: its SDK against the twin, its bundles against dray's requests.

stdin: JSON {endpoint, token, requests: [body of runs/submit]};
stdout: JSON {problems, states, errors}; problems has one list per request.
"""

import json
import sys

from databricks.bundles.jobs import Job
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.jobs import NotebookTask, SubmitTask


def problems_of(body):
    """What a bundle would not take as a job: unknown, missing and mistyped fields, at any depth."""
    job = {name: value for name, value in body.items() if name != "idempotency_token"}
    try:
        Job.from_dict({"name": job.pop("run_name"), **job})
    except (TypeError, ValueError) as error:
        return [str(error)]
    return []


given = json.load(sys.stdin)
problems = [problems_of(body) for body in given["requests"]]
client = WorkspaceClient(host=given["endpoint"], token=given["token"], auth_type="pat")
jobs = client.jobs
task = SubmitTask(
    task_key="a",
    existing_cluster_id="0612-020000-abcdefgh",
    notebook_task=NotebookTask(notebook_path="/Shared/dray", base_parameters={"a": "b"}),
)
waiter = jobs.submit(run_name="of Python", idempotency_token="python", tasks=[task])
run = waiter.run_id
same = jobs.submit(run_name="of Python", idempotency_token="python", tasks=[task]).run_id
found = jobs.get_run(run)
states = [same == run, found.status.state.value, found.tasks[0].task_key]
states.append([one.run_name for one in jobs.list_runs(limit=1)])
jobs.cancel_run(run)
stopped = jobs.get_run(run)
states.append([stopped.state.life_cycle_state.value, stopped.status.termination_details.code.value])
output = jobs.get_run_output(stopped.tasks[0].run_id)
states.append(output.metadata.run_id == stopped.tasks[0].run_id)
jobs.delete_run(run)
errors = []
for call in (
    lambda: jobs.get_run(run),
    lambda: jobs.submit(run_name="bad", tasks=[SubmitTask(task_key="a", existing_cluster_id="x")]),
    lambda: jobs.run_now(7, idempotency_token="x" * 65),
):
    try:
        call()
    except DatabricksError as error:
        errors.append(error.error_code)
print(json.dumps({"problems": problems, "states": states, "errors": errors}))
