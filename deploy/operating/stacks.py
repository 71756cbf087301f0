"""The shop's stacks as CloudFormation has them: whether they stand, what they hold and tell, and why one failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from deploy.operating.account import Account
from deploy.operating.words import code_of
from local.report import Trouble

PARTS = ("events", "data", "identity", "service")
"""What the names end with, in the order in which they are made."""

TOOLKIT = "CDKToolkit"
NEVER_MADE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS")
"""States of a stack that was begun and is none: cdk deletes it, and makes it again."""

STUCK = {
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {name}",
    "UPDATE_FAILED": "aws cloudformation rollback-stack --stack-name {name}",
    "CREATE_FAILED": "aws cloudformation delete-stack --stack-name {name}",
    "DELETE_FAILED": "aws cloudformation delete-stack --stack-name {name}",
}
"""States that nobody but a person leads out of → by which command."""

POLL = 5.0  # seconds between two looks at a stack that is being changed
CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
Stack = dict[str, Any]


class Stacks:
    def __init__(self, account: Account, shop: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._cloudformation = account.client("cloudformation")
        self._sleep = sleep
        self.names = [f"{shop}-{part}" for part in PARTS]

    def find(self, name: str) -> Stack | None:
        try:
            stacks = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        return dict(stacks[0])

    def all(self) -> dict[str, Stack]:
        """Those that are there."""
        return {name: stack for name in self.names if (stack := self.find(name))}

    def settle(self, say: Callable[[str], None]) -> dict[str, Stack]:
        """All stacks, once nobody changes any of them: a run before this one may have been killed half way.

        Raises Trouble for one that only a person can lead on.
        """
        waited: set[str] = set()
        while True:
            stacks = self.all()
            changing = {name: s["StackStatus"] for name, s in stacks.items() if _is_changing(s["StackStatus"])}
            if not changing:
                break
            for name in changing.keys() - waited:
                say(f"{name} is being changed ({changing[name]}): waiting for its end")
            waited |= changing.keys()
            self._sleep(POLL)
        for name, stack in stacks.items():
            if way_out := STUCK.get(stack["StackStatus"]):
                raise Trouble(
                    f"{name} is stuck in {stack['StackStatus']} ({stack.get('StackStatusReason', 'no reason given')}): "
                    f"`{way_out.format(name=name)}`, and then again."
                )
        return stacks

    def outputs(self) -> dict[str, str]:
        """What all stacks tell, by key: `Url`, `PoolId`, …"""
        rows = [row for stack in self.all().values() for row in stack.get("Outputs", [])]
        return {row["OutputKey"]: row["OutputValue"] for row in rows}

    def failure(self, since: datetime) -> str:
        """What failed first since then, in CloudFormation's words; nothing where nothing has."""
        found = [event for name in self.names for event in self._failures(name, since)]
        if not found:
            return ""
        first = min(found, key=lambda event: event["Timestamp"])
        reason = " ".join(str(first.get("ResourceStatusReason", "no reason given")).split())
        return f"{first['StackName']}: {first['LogicalResourceId']} ({first['ResourceType']}): {reason}"

    def _failures(self, name: str, since: datetime) -> Iterator[dict[str, Any]]:
        if self.find(name) is None:
            return
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        for event in (event for page in pages for event in page["StackEvents"]):
            if event["Timestamp"] < since:
                return  # the newest come first
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and not reason.startswith(CONSEQUENCES):
                yield event

    def template(self, name: str) -> dict[str, Any]:
        """Its resources by logical id, as they were deployed."""
        answer = self._cloudformation.get_template(StackName=name, TemplateStage="Processed")
        return dict(answer["TemplateBody"]["Resources"])

    def physical(self, name: str) -> dict[str, str]:
        """Logical id → what AWS calls it. What was let go of when a first creation was taken back is in it too."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        rows = [row for page in pages for row in page["StackResourceSummaries"]]
        return {row["LogicalResourceId"]: row.get("PhysicalResourceId", "") for row in rows}


def stamps(stacks: dict[str, Stack]) -> dict[str, tuple[Any, Any]]:
    """What differs for a stack that was changed."""
    return {name: (stack["StackId"], stack.get("LastUpdatedTime")) for name, stack in stacks.items()}


def _is_changing(status: str) -> bool:
    return status.endswith("_IN_PROGRESS") and status not in NEVER_MADE
