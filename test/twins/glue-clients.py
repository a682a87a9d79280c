"""boto3 against the twin, and dray's requests against botocore's model of Glue.

stdin: JSON {endpoint, requests: [{operation, body}]}; stdout: JSON {problems, states, errors}.
"""

import json
import sys

import botocore.exceptions

from service_model import client_of, problems_of

given = json.load(sys.stdin)
problems = problems_of("glue", given["requests"])
glue = client_of("glue", given["endpoint"])
command = {"Name": "glueetl", "ScriptLocation": "s3://b/script.py"}
glue.create_job(Name="boto", Role="r", Command=command, WorkerType="G.1X", NumberOfWorkers=2)
run = glue.start_job_run(JobName="boto", Arguments={"--a": "b"})["JobRunId"]
states = []
errors = []
try:
    glue.start_job_run(JobName="boto")
except glue.exceptions.ConcurrentRunsExceededException as error:
    errors.append(error.response["Error"]["Code"])
states.append(glue.get_job_run(JobName="boto", RunId=run)["JobRun"]["JobRunState"])
stopped = glue.batch_stop_job_run(JobName="boto", JobRunIds=[run])
states.append(stopped["SuccessfulSubmissions"][0]["JobRunId"] == run)
runs = [one for page in glue.get_paginator("get_job_runs").paginate(JobName="boto") for one in page["JobRuns"]]
states.append([runs[0]["JobRunState"], runs[0]["Arguments"], runs[0]["StartedOn"].year])
job = glue.get_job(JobName="boto")["Job"]
glue.update_job(JobName="boto", JobUpdate={"Role": "other", "Command": command, "MaxRetries": 1})
states.append([job["Role"], glue.get_job(JobName="boto")["Job"]["Role"]])
for call in (
    lambda: glue.get_job(JobName="nobody"),
    lambda: glue.create_job(Name="bad", Role="r", Command={"Name": "glueetl", "ScriptLocation": "/x"}),
):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        errors.append(error.response["Error"]["Code"])
print(json.dumps({"problems": problems, "states": states, "errors": errors}))
