"""Airflow's own operators against the twins, each to its end, as a worker runs them.

stdin: JSON {requests: {databricks, glue, step, cluster, serverless}, cluster, application};
stdout: JSON by operator, each what it returns or the name of what it raises. The endpoints and
connections are in the environment.
"""

import json
import logging
import sys
from unittest.mock import MagicMock

logging.disable(logging.CRITICAL)
# What Airflow says to people must not stand in the answer.
answer, sys.stdout = sys.stdout, sys.stderr

from airflow.providers.amazon.aws.operators.emr import (  # noqa: E402
    EmrAddStepsOperator,
    EmrCreateJobFlowOperator,
    EmrServerlessStartJobOperator,
    EmrTerminateJobFlowOperator,
)
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator  # noqa: E402
from airflow.providers.amazon.aws.sensors.emr import EmrJobFlowSensor, EmrStepSensor  # noqa: E402
from airflow.providers.databricks.operators.databricks import (  # noqa: E402
    DatabricksSubmitRunOperator,
)

given = json.load(sys.stdin)
requests = given["requests"]
cluster, application = given["cluster"], given["application"]


def ran(operator, work=lambda operator, context: operator.execute(context)):
    """What it returns, or what it raises."""
    context = {"ti": MagicMock(), "task_instance": MagicMock(), "task": operator, "params": {}}
    try:
        return work(operator, context)
    except Exception as error:
        return {"raised": type(error).__name__, "says": str(error)[:300]}


def glue(name, *words, **more):
    job = requests["glue"]
    return GlueJobOperator(
        task_id=name,
        job_name="of-airflow",
        script_location=job["Command"]["ScriptLocation"],
        iam_role_arn=job["Role"],
        create_job_kwargs={"GlueVersion": "5.0", "NumberOfWorkers": 2, "WorkerType": "G.1X"},
        script_args={**requests["arguments"], **{word: "true" for word in words}},
        job_poll_interval=0.2,
        **more,
    )


def databricks(name, *words, **more):
    request = requests["databricks"]
    (task,) = request["tasks"]
    wheel = task["python_wheel_task"]
    given = {**task, "python_wheel_task": {**wheel, "parameters": [*wheel["parameters"], *words]}}
    return DatabricksSubmitRunOperator(
        task_id=name,
        json={**request, "tasks": [given], "idempotency_token": name},
        polling_period_seconds=1,
        **more,
    )


def killed(operator, context):
    """The operator's own stop, in the middle of a run."""
    operator.execute(context)
    operator.on_kill()


found = {
    "glue": ran(glue("glue")),
    "databricks": ran(databricks("databricks")),
    "serverless": ran(
        EmrServerlessStartJobOperator(
            task_id="serverless",
            application_id=application,
            execution_role_arn=requests["serverless"]["executionRoleArn"],
            job_driver=requests["serverless"]["jobDriver"],
            configuration_overrides=requests["serverless"].get("configurationOverrides"),
            name="of-airflow",
            client_request_token="of-airflow",
            waiter_delay=1,
        )
    ),
}
steps = ran(EmrAddStepsOperator(task_id="steps", job_flow_id=cluster, steps=[requests["step"]]))
found["steps"] = steps
found["step sensor"] = ran(
    EmrStepSensor(task_id="sensor", job_flow_id=cluster, step_id=steps[0] if isinstance(steps, list) else 'none', poke_interval=0.2)
)
own = ran(EmrCreateJobFlowOperator(task_id="cluster", job_flow_overrides=requests["cluster"]))
found["cluster"] = own
found["cluster sensor"] = ran(
    EmrJobFlowSensor(
        task_id="up", job_flow_id=own, target_states=["TERMINATED"], poke_interval=0.2
    )
)
found["waiting steps"] = ran(
    EmrAddStepsOperator(
        task_id="waits",
        job_flow_id=cluster,
        steps=[requests["step"]],
        wait_for_completion=True,
        waiter_delay=1,
    )
)
stays = {**requests["cluster"]["Instances"], "KeepJobFlowAliveWhenNoSteps": True}
other = ran(
    EmrCreateJobFlowOperator(
        task_id="other", job_flow_overrides={**requests["cluster"], "Instances": stays}
    )
)
found["terminated"] = ran(EmrTerminateJobFlowOperator(task_id="end", job_flow_id=other))
found["failing glue"] = ran(glue("glue_fails", "--fails"))
found["failing databricks"] = ran(databricks("databricks_fails", "--fails"))
found["refused"] = ran(databricks("refused", "x" * 10_000))
waits = {"wait_for_termination": False}
found["killed databricks"] = ran(databricks("databricks_stays", "--stays", **waits), killed)
waits = {"wait_for_completion": False, "stop_job_run_on_kill": True}
found["killed glue"] = ran(glue("glue_stays", "--stays", **waits), killed)
print(json.dumps(found), file=answer)
