"""A run that was killed half way is taken up; what is stuck, or has failed, is named with its first cause."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.operating.account import Account
from deploy.operating.keeping import kept
from deploy.operating.stacks import Stacks, stamps
from deploy.tests.operating.conftest import Wire
from local.report import Trouble

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def stack(name: str, status: str, **more: Any) -> dict[str, Any]:
    row = {"StackName": name, "StackId": f"arn:{name}", "StackStatus": status, "CreationTime": NOW}
    return {"Stacks": [row | more]}


@pytest.fixture
def cloudformation(wire: Wire) -> Any:
    return wire("cloudformation")


def are(cloudformation: Any, **found: str) -> None:
    """One look at all four: those that are not named are not there."""
    for part in ("events", "data", "identity", "service"):
        if part in found:
            cloudformation.add_response("describe_stacks", stack(f"shop-{part}", found[part]))
        else:
            is_not_there(cloudformation, part)


def is_not_there(cloudformation: Any, part: str) -> None:
    said = f"Stack with id shop-{part} does not exist"
    cloudformation.add_client_error("describe_stacks", "ValidationError", said)


def test_it_waits_for_the_end_of_what_a_killed_run_has_begun(account: Account, cloudformation: Any) -> None:
    waited: list[float] = []
    said: list[str] = []
    are(cloudformation, events="CREATE_COMPLETE", data="CREATE_IN_PROGRESS")
    are(cloudformation, events="CREATE_COMPLETE", data="CREATE_IN_PROGRESS")
    are(cloudformation, events="CREATE_COMPLETE", data="CREATE_COMPLETE")

    found = Stacks(account, "shop", sleep=waited.append).settle(said.append)

    assert found.keys() == {"shop-events", "shop-data"}
    assert len(waited) == 2
    assert said == ["shop-data is being changed (CREATE_IN_PROGRESS): waiting for its end"]


def test_a_stack_that_was_never_made_is_left_for_cdk_to_make_again(account: Account, cloudformation: Any) -> None:
    are(cloudformation, events="ROLLBACK_COMPLETE", data="REVIEW_IN_PROGRESS")

    assert Stacks(account, "shop").settle(print).keys() == {"shop-events", "shop-data"}


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED"])
def test_a_stack_that_is_stuck_is_named_with_the_command_that_helps(
    account: Account, cloudformation: Any, status: str
) -> None:
    are(cloudformation, data=status)

    with pytest.raises(
        Trouble, match=rf"shop-data is stuck in {status} .*`aws cloudformation \S+ --stack-name shop-data`"
    ):
        Stacks(account, "shop").settle(print)


def event(at: int, id: str, status: str, reason: str = "") -> dict[str, Any]:
    return {
        "StackName": "shop-events",
        "StackId": "arn",
        "EventId": str(at),
        "LogicalResourceId": id,
        "ResourceType": "AWS::SQS::Queue",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": NOW + timedelta(seconds=at),
    }


def test_of_what_failed_the_first_cause_is_told_and_nothing_of_an_earlier_run(
    account: Account, cloudformation: Any
) -> None:
    newest_first = [
        event(9, "shop-events", "ROLLBACK_IN_PROGRESS", "The following resources failed"),
        event(5, "Other", "CREATE_FAILED", "Resource creation cancelled"),
        event(4, "Mails", "CREATE_FAILED", "Access denied\nfor sqs:CreateQueue"),
        event(1, "Mails", "CREATE_IN_PROGRESS"),
        event(-60, "Old", "CREATE_FAILED", "long ago"),
    ]
    cloudformation.add_response("describe_stacks", stack("shop-events", "ROLLBACK_COMPLETE"))
    cloudformation.add_response("describe_stack_events", {"StackEvents": newest_first})
    for part in ("data", "identity", "service"):
        is_not_there(cloudformation, part)

    why = Stacks(account, "shop").failure(NOW)

    assert why == "shop-events: Mails (AWS::SQS::Queue): Access denied for sqs:CreateQueue"


def test_a_stack_that_nobody_touched_has_the_same_stamp(account: Account, cloudformation: Any) -> None:
    are(cloudformation, events="CREATE_COMPLETE", data="UPDATE_COMPLETE")
    are(cloudformation, events="CREATE_COMPLETE", data="UPDATE_COMPLETE")
    stacks = Stacks(account, "shop")

    assert stamps(stacks.all()) == stamps(stacks.all())


PROTECTED = {
    "events": {"Archive": {"Type": "AWS::Events::Archive", "DeletionPolicy": "Retain"}},
    "data": {
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "DeletionPolicy": "Retain",
            "Properties": {"DeletionProtection": True},
        },
    },
    "identity": {"Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"DeletionProtection": "ACTIVE"}}},
    "service": {"Web": {"Type": "AWS::ECS::Service"}},
}
BARE = {
    **PROTECTED,
    "data": {
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "DeletionPolicy": "Snapshot",
            "Properties": {"DeletionProtection": False},
        },
    },
    "identity": {"Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"DeletionProtection": "INACTIVE"}}},
}


def deployed(cloudformation: Any, templates: dict[str, Any]) -> dict[str, Any]:
    there = {}
    for part, resources in templates.items():
        there[f"shop-{part}"] = stack(f"shop-{part}", "CREATE_COMPLETE")["Stacks"][0]
        answer = {"TemplateBody": json.dumps({"Resources": resources})}
        cloudformation.add_response("get_template", answer, {"StackName": f"shop-{part}", "TemplateStage": "Processed"})
    return there


def named(cloudformation: Any, part: str, **ids: str) -> None:
    rows = [
        {
            "LogicalResourceId": id,
            "PhysicalResourceId": name,
            "ResourceType": "any",
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": NOW,
        }
        for id, name in ids.items()
    ]
    wanted = {"StackName": f"shop-{part}"}
    cloudformation.add_response("list_stack_resources", {"StackResourceSummaries": rows}, wanted)


def test_stacks_that_hold_something_protected_stay_and_so_do_the_queues(account: Account, cloudformation: Any) -> None:
    there = deployed(cloudformation, PROTECTED)
    named(cloudformation, "service", Web="shop-web")

    found = kept(Stacks(account, "shop"), there)

    assert found.goes == ["shop-service"]
    assert found.stays.keys() == {"shop-data", "shop-identity", "shop-events"}
    assert found.stays["shop-data"] == "its database is protected"


def test_without_protection_all_goes_but_what_cannot_be_made_again(account: Account, cloudformation: Any) -> None:
    there = deployed(cloudformation, BARE)
    for part, ids in (
        ("service", {"Web": "shop-web"}),
        ("identity", {"Pool": "eu-central-1_x"}),
        ("data", {"Bucket": "shop-files", "Database": "shop-db"}),
        ("events", {"Archive": "shop-archive"}),
    ):
        named(cloudformation, part, **ids)

    found = kept(Stacks(account, "shop"), there)

    assert found.goes == ["shop-service", "shop-identity", "shop-data", "shop-events"]
    assert found.left == ["bucket shop-files", "archive of events shop-archive"]
    assert found.snapshots == ["database shop-db"]
