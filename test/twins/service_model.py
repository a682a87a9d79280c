"""boto3 of a twin, and what botocore's model of a service says of dray's requests."""

import boto3
import botocore.session
from botocore.validate import ParamValidator


def problems_of(service, requests):
    """What the model does not know or allow."""
    model = botocore.session.get_session().get_service_model(service)
    problems = []
    for request in requests:
        shape = model.operation_model(request["operation"]).input_shape
        report = ParamValidator().validate(request["body"], shape)
        unknown = set(request["body"]) - set(shape.members)
        problems += [report.generate_report()] if report.has_errors() else []
        problems += ["unknown: %s" % name for name in unknown]
    return problems


def client_of(service, endpoint):
    """A client of the twin."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
