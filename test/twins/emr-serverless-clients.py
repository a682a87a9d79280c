"""boto3 against the twin, and dray's requests against botocore's model of EMR Serverless.

stdin: JSON {endpoint, application, requests: [{operation, body}]};
stdout: JSON {problems, states, errors}.
"""

import json
import sys

import botocore.exceptions

from service_model import client_of, problems_of

given = json.load(sys.stdin)
problems = problems_of("emr-serverless", given["requests"])
serverless = client_of("emr-serverless", given["endpoint"])
there = given["application"]
request = {
    "applicationId": there,
    "clientToken": "boto",
    "name": "boto",
    "executionRoleArn": "arn:aws:iam::123456789012:role/boto",
    "jobDriver": {"sparkSubmit": {"entryPoint": "x.py", "entryPointArguments": ["-a"]}},
}
run = serverless.start_job_run(**request)["jobRunId"]
found = serverless.get_job_run(applicationId=there, jobRunId=run)["jobRun"]
states = [
    [found["state"], found["jobDriver"]["sparkSubmit"]["entryPoint"], found["createdAt"].year]
]
states.append(serverless.start_job_run(**request)["jobRunId"] == run)
pages = serverless.get_paginator("list_job_runs").paginate(
    applicationId=there, createdAtAfter=found["createdAt"], PaginationConfig={"PageSize": 1}
)
states.append([one["name"] for page in pages for one in page["jobRuns"]])
serverless.cancel_job_run(applicationId=there, jobRunId=run, shutdownGracePeriodInSeconds=15)
states.append(serverless.get_job_run(applicationId=there, jobRunId=run)["jobRun"]["state"])
errors = []
for call in (
    lambda: serverless.start_job_run(**{**request, "name": "other"}),
    lambda: serverless.get_job_run(applicationId=there, jobRunId="nobody"),
    lambda: serverless.start_job_run(
        **{
            **request,
            "clientToken": "other",
            "executionRoleArn": "arn:aws:iam::123456789012:role/missing",
        }
    ),
):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        errors.append(error.response["Error"]["Code"])
print(json.dumps({"problems": problems, "states": states, "errors": errors}))
