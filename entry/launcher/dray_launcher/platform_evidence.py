"""Which platform started this process, as far as only the launcher can see it."""

import os

#: Variables that only the platform itself sets: the same as in platforms/detect.ts.
VARIABLES = {
    "DATABRICKS_RUNTIME_VERSION": "DATABRICKS",
    "GLUE_VERSION": "GLUE",
    "GLUE_COMMAND_CRITERIA": "GLUE",
    "GLUE_PYTHON_VERSION": "GLUE",
    "GLUE_INSTALLATION": "GLUE",
    "SERVERLESS_EMR_JOB_ID": "EMR",
    "SERVERLESS_EMR_VIRTUAL_CLUSTER_ID": "EMR",
    "EMR_STEP_ID": "EMR",
    "DRAY_IMAGE": "CONTAINER",
    "KUBERNETES_SERVICE_HOST": "CONTAINER",
}

#: Every node of an EMR cluster has it, and a driver in a YARN container has no variable of EMR's.
#: https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-bootstrap.html
EMR_NODE = "/mnt/var/lib/info/job-flow.json"


def service_provider(argv, env, emr_node=EMR_NODE):
    """The platform's upper-case name; LOCAL where nothing has left a sign."""
    handed_over = env.get("SERVICE_PROVIDER")
    if handed_over:
        return handed_over
    for variable, name in VARIABLES.items():
        if env.get(variable):
            return name
    if any(word.split("=")[0] in ("--JOB_NAME", "--JOB_RUN_ID") for word in argv):
        return "GLUE"
    return "EMR" if os.path.exists(emr_node) else "LOCAL"
