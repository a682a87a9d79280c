"""Dagster itself starts a program as an asset and says, as one line of JSON, what it has read of it.

    dagster_judge.py file EXTRAS ASSETS CHECKS COMMAND...
    dagster_judge.py glue EXTRAS ASSETS CHECKS FLAG VALUE...

`file`: a process of this machine. `glue`: a job of Glue, through S3 and the bucket in DRAY_TEST_BUCKET.
"""

import json
import os
import sys

import boto3
from dagster import (
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    DagsterInstance,
    PipesSubprocessClient,
    materialize,
    multi_asset,
)
from dagster_aws.pipes import PipesGlueClient, PipesS3ContextInjector, PipesS3MessageReader

way, extras, assets, checks = sys.argv[1], *(json.loads(word) for word in sys.argv[2:5])
command = sys.argv[5:]
bucket = os.environ.get("DRAY_TEST_BUCKET")
custom = []


def here(context):
    return PipesSubprocessClient().run(command=command, context=context, extras=extras)


def on_glue(context):
    glue, s3 = boto3.client("glue"), boto3.client("s3")
    script = {"Name": "glueetl", "ScriptLocation": "s3://%s/generic_entry.py" % bucket}
    glue.create_job(Name="dagster", Role="promos", Command=script)
    client = PipesGlueClient(
        client=glue,
        context_injector=PipesS3ContextInjector(client=s3, bucket=bucket),
        message_reader=PipesS3MessageReader(client=s3, bucket=bucket, interval=0.2),
    )
    params = {"JobName": "dagster", "Arguments": dict(zip(command[::2], command[1::2]))}
    return client.run(context=context, start_job_run_params=params, extras=extras)


@multi_asset(
    specs=[AssetSpec(AssetKey(key)) for key in assets],
    check_specs=[AssetCheckSpec(name, asset=AssetKey(assets[0])) for name in checks],
)
def loaded(context):
    done = (on_glue if way == "glue" else here)(context)
    custom.extend(done.get_custom_messages())
    yield from done.get_results()


with DagsterInstance.ephemeral() as instance:
    run = materialize([loaded], instance=instance, raise_on_error=False)
    logs = [entry for entry in instance.all_logs(run.run_id)]

told = {
    "success": run.success,
    "run_id": run.run_id,
    "materializations": {
        "/".join(event.asset_key.path): {
            name: value.value for name, value in event.materialization.metadata.items()
        }
        for event in run.get_asset_materialization_events()
    },
    "checks": {
        check.check_name: [check.passed, check.severity.value]
        for check in run.get_asset_check_evaluations()
    },
    "logs": [[entry.level, entry.user_message] for entry in logs if not entry.is_dagster_event],
    "exceptions": [
        entry.dagster_event.engine_event_data.error.message
        for entry in logs
        if entry.is_dagster_event
        and entry.dagster_event.event_type_value == "ENGINE_EVENT"
        and entry.dagster_event.engine_event_data.error is not None
    ],
    "custom": custom,
}
print(json.dumps(told, default=str))
