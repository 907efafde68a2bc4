"""
MiniStack 1.4.21, with what it leaves out of CloudFormation and a deployment of this platform rests on. What stands here
follows the CloudFormation and SQS references; requirements.txt pins the version whose insides it reaches into.

It lives as long as its standard input is open: when whoever started it is gone, however that came about, it goes too and
takes along the functions that it runs.
"""

import json
import os
import signal
import sys
import threading

from ministack import app
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import s3, sqs
from ministack.services.cloudformation import _stacks, handlers, provisioners, stacks
from ministack.services.cloudformation.helpers import _error, _p, _xml


def stack_of(params):
    """A stack may be called by its name or its ARN. None where there is none."""
    called = _p(params, "StackName")
    return next((it for it in _stacks.values() if called in (it["StackName"], it["StackId"])), None)


def delete_stacks_by_arn():
    """As the CDK does."""
    answers = handlers._ACTION_HANDLERS
    delete = answers["DeleteStack"]

    def delete_called(params):
        stack = stack_of(params)
        return delete({**params, "StackName": [stack["StackName"]]} if stack else params)

    answers["DeleteStack"] = delete_called


def keep_termination_protection():
    """A stack can be protected; then it says so when it is described, and is not deleted."""
    answers = handlers._ACTION_HANDLERS
    describe, delete = answers["DescribeStacks"], answers["DeleteStack"]

    def update_protection(params):
        stack = stack_of(params)
        if stack is None:
            return _error("ValidationError", f"Stack [{_p(params, 'StackName')}] does not exist")
        stack["EnableTerminationProtection"] = _p(params, "EnableTerminationProtection") == "true"
        name = "UpdateTerminationProtection"
        return _xml(200, f"{name}Response", f"<{name}Result><StackId>{stack['StackId']}</StackId></{name}Result>")

    def describe_with_protection(params):
        status, headers, body = describe(params)
        for stack in _stacks.values():
            if stack.get("EnableTerminationProtection"):
                described = f"<StackId>{stack['StackId']}</StackId>".encode()
                body = body.replace(
                    described, described + b"<EnableTerminationProtection>true</EnableTerminationProtection>"
                )
        return status, headers, body

    def delete_unprotected(params):
        stack = stack_of(params) or {}
        if stack.get("EnableTerminationProtection"):
            why = f"Stack [{stack['StackName']}] cannot be deleted while TerminationProtection is enabled"
            return _error("ValidationError", why)
        return delete(params)

    answers["UpdateTerminationProtection"] = update_protection
    answers["DescribeStacks"] = describe_with_protection
    answers["DeleteStack"] = delete_unprotected


def forget_unknown_change_sets():
    """To delete a change set that is not there is no error."""
    answers = handlers._ACTION_HANDLERS
    delete = answers["DeleteChangeSet"]

    def delete_if_there(params):
        answer = delete(params)
        return _xml(200, "DeleteChangeSetResponse", "") if b"ChangeSetNotFound" in answer[2] else answer

    answers["DeleteChangeSet"] = delete_if_there


def is_retained(stack_name, logical_id):
    template = (_stacks.get(stack_name) or {}).get("_template") or {}
    resource = template.get("Resources", {}).get(logical_id, {})
    return resource.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")


def keep_what_is_retained():
    """A resource whose DeletionPolicy says so outlives its stack, and its place in the template."""
    delete = stacks._delete_resource

    def delete_unless_retained(resource_type, physical_id, props, stack_name=None, logical_id=None):
        if not is_retained(stack_name, logical_id):
            delete(resource_type, physical_id, props, stack_name, logical_id)

    stacks._delete_resource = delete_unless_retained


def is_full(bucket):
    """What was overwritten or deleted is still in it, where versions are kept."""
    return bool(s3._buckets.get(bucket, {}).get("objects")) or any(it[0] == bucket for it in s3._object_versions)


def keep_full_buckets():
    """A bucket that is not empty is not deleted: its stack stays, with that bucket alone."""
    bucket, delete_all = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"], handlers._delete_stack_async
    delete = bucket["delete"]

    def delete_empty(physical_id, props):
        if is_full(physical_id):
            raise ValueError(f"The bucket you tried to delete is not empty ({physical_id})")
        delete(physical_id, props)

    async def delete_all_or_fail(stack_name, stack_id):
        stack = _stacks[stack_name]
        left = {
            logical_id: it
            for logical_id, it in stack["_resources"].items()
            if it["ResourceType"] == "AWS::S3::Bucket"
            and is_full(it["PhysicalResourceId"])
            and not is_retained(stack_name, logical_id)
        }
        await delete_all(stack_name, stack_id)
        if left:
            why = f"The following resource(s) failed to delete: [{', '.join(left)}]."
            stack.update(StackStatus="DELETE_FAILED", StackStatusReason=why, _resources=left)

    bucket["delete"] = delete_empty
    handlers._delete_stack_async = delete_all_or_fail


def lock_objects():
    """A bucket's ObjectLockConfiguration."""
    bucket = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create = bucket["create"]

    def create_with_lock(logical_id, props, stack_name):
        name, attributes = create(logical_id, props, stack_name)
        if props.get("ObjectLockEnabled"):
            rule = props.get("ObjectLockConfiguration", {}).get("Rule", {})
            s3._bucket_object_lock[name] = {"enabled": True, "default_retention": rule.get("DefaultRetention")}
        return name, attributes

    bucket["create"] = create_with_lock


def keep_dead_letter_queues():
    """A queue's RedrivePolicy."""
    queue = provisioners._RESOURCE_HANDLERS["AWS::SQS::Queue"]
    create = queue["create"]

    def create_with_dead_letters(logical_id, props, stack_name):
        url, attributes = create(logical_id, props, stack_name)
        if props.get("RedrivePolicy"):
            sqs._queues[url]["attributes"]["RedrivePolicy"] = json.dumps(props["RedrivePolicy"])
        return url, attributes

    queue["create"] = create_with_dead_letters


def accept_what_watches():
    """Metric filters, and alarms on computed metrics: they are taken, count nothing and never go off."""

    def create_filter(logical_id, props, stack_name):
        return props.get("FilterName") or f"{stack_name}-{logical_id}", {}

    def create_alarm(logical_id, props, stack_name):
        name = props["AlarmName"]
        return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}

    def delete(physical_id, props):
        pass

    provisioners._RESOURCE_HANDLERS["AWS::Logs::MetricFilter"] = {"create": create_filter, "delete": delete}
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"] = {"create": create_alarm, "delete": delete}


def replace_in_runtime(found, instead):
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    assert found in script
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(found, instead)


def import_functions():
    """Lambda imports a function, so that its module may await; require, tried first here, is not enough for that."""
    replace_in_runtime('reqErr.code === "ERR_REQUIRE_ESM"', 'reqErr.code.startsWith("ERR_REQUIRE_")')


def leave_https_alone():
    """What a function sends by https goes there so; it was turned into http where it goes to this machine."""
    replace_in_runtime("      patchAwsSdk();\n", "")


def end_with_parent():
    def wait():
        sys.stdin.buffer.read()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


delete_stacks_by_arn()
keep_termination_protection()
forget_unknown_change_sets()
keep_what_is_retained()
keep_full_buckets()
lock_objects()
keep_dead_letter_queues()
accept_what_watches()
import_functions()
leave_https_alone()
end_with_parent()
app.main()
