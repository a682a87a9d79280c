"""boto3 against the twin, and dray's requests against botocore's model of EMR.

stdin: JSON {endpoint, cluster, requests: [{operation, body}]}; stdout: JSON {problems, states, errors}.
"""

import json
import sys

import botocore.exceptions

from service_model import client_of, problems_of

given = json.load(sys.stdin)
problems = problems_of("emr", given["requests"])
emr = client_of("emr", given["endpoint"])
there = given["cluster"]
step = {
    "Name": "boto",
    "ActionOnFailure": "CONTINUE",
    "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "x.py"]},
}
states = [emr.describe_cluster(ClusterId=there)["Cluster"]["Status"]["State"]]
added = emr.add_job_flow_steps(JobFlowId=there, Steps=[step])["StepIds"][0]
states.append(emr.describe_step(ClusterId=there, StepId=added)["Step"]["Status"]["State"])
cancelled = emr.cancel_steps(
    ClusterId=there, StepIds=[added], StepCancellationOption="TERMINATE_PROCESS"
)
states.append(cancelled["CancelStepsInfoList"][0]["Status"])
steps = [one for page in emr.get_paginator("list_steps").paginate(ClusterId=there) for one in page["Steps"]]
status = steps[0]["Status"]
created = status["Timeline"]["CreationDateTime"]
states.append([status["State"], steps[0]["Config"]["Args"], created.year])
own = emr.run_job_flow(
    Name="own",
    ReleaseLabel="emr-7.5.0",
    Instances={"KeepJobFlowAliveWhenNoSteps": False},
    Steps=[step],
    Tags=[{"Key": "a", "Value": "b"}],
)["JobFlowId"]
pages = emr.get_paginator("list_clusters").paginate(CreatedAfter=created)
clusters = [one for page in pages for one in page["Clusters"]]
states.append([clusters[0]["Status"]["State"], clusters[0]["Id"] != own])
described = emr.describe_cluster(ClusterId=own)["Cluster"]
states.append([described["Name"], described["Tags"]])
emr.terminate_job_flows(JobFlowIds=[own])
states.append(emr.describe_cluster(ClusterId=own)["Cluster"]["Status"]["State"])
twice = emr.cancel_steps(ClusterId=there, StepIds=[added])
states.append(twice["CancelStepsInfoList"][0]["Status"])
errors = []
for call in (
    lambda: emr.describe_cluster(ClusterId="j-NOBODY"),
    lambda: emr.add_job_flow_steps(JobFlowId=own, Steps=[step]),
    lambda: emr.add_job_flow_steps(
        JobFlowId=there,
        Steps=[{**step, "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["x" * 10_281]}}],
    ),
):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        errors.append(error.response["Error"]["Code"])
print(json.dumps({"problems": problems, "states": states, "errors": errors}))
