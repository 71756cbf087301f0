"""Runs a task of ECS to its end, for CloudFormation: the migrations of a new version.

CDK's provider framework calls `on_event` once, then `is_complete` every few seconds.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html#provider-framework
"""

from __future__ import annotations

from typing import Any

import boto3

ecs = boto3.client("ecs")

CONTAINER = "migrate"
"""The one that counts: others stand beside it (a collector, an agent of GuardDuty's), in no order that ECS promises."""


def on_event(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Starts the task. Its address becomes the resource's id, by which `is_complete` finds it."""
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    wanted = event["ResourceProperties"]
    answer = ecs.run_task(
        cluster=wanted["Cluster"],
        taskDefinition=wanted["TaskDefinition"],
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": wanted["Subnets"],
                "securityGroups": [wanted["Group"]],
                "assignPublicIp": wanted["PublicIp"],
            }
        },
    )
    if not answer["tasks"]:
        raise RuntimeError(f"ECS did not start the migrations: {answer['failures']}")
    return {"PhysicalResourceId": answer["tasks"][0]["taskArn"]}


def is_complete(event: dict[str, Any], context: object) -> dict[str, bool]:
    """Whether it has ended well. Raises if it has ended otherwise: the deployment is then taken back."""
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    wanted, arn = event["ResourceProperties"], event["PhysicalResourceId"]
    answer = ecs.describe_tasks(cluster=wanted["Cluster"], tasks=[arn])
    if not answer["tasks"]:
        raise RuntimeError(f"the task of the migrations is gone: {answer['failures']}")
    task = answer["tasks"][0]
    if task["lastStatus"] != "STOPPED":
        return {"IsComplete": False}
    (ours,) = (container for container in task["containers"] if container["name"] == CONTAINER)
    code = ours.get("exitCode")
    if code != 0:
        reason = ours.get("reason") or task.get("stoppedReason") or "no reason given"
        raise RuntimeError(f"the migrations ended with {code} ({reason}): see the log of task {arn.rpartition('/')[2]}")
    return {"IsComplete": True}
