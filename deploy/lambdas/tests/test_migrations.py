"""The function that runs a new version's migrations: what ECS tells of the task, and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from deploy.lambdas import migrations

TASK = "arn:aws:ecs:eu-central-1:123456789012:task/shop/0123456789abcdef"
EVENT = {"RequestType": "Update", "PhysicalResourceId": TASK, "ResourceProperties": {"Cluster": "shop"}}
BESIDE = {"name": "collector", "exitCode": 0}
"""What stands in the task besides: the collector of traces here, an agent of GuardDuty's where an account has it."""


@pytest.fixture
def ecs() -> Iterator[Stubber]:
    with Stubber(migrations.ecs) as stub:
        yield stub


def tells(ecs: Stubber, *containers: dict[str, Any], status: str = "STOPPED") -> None:
    answer = {"tasks": [{"taskArn": TASK, "lastStatus": status, "containers": list(containers)}], "failures": []}
    ecs.add_response("describe_tasks", answer, {"cluster": "shop", "tasks": [TASK]})


def test_migrations_that_ended_well_are_done(ecs: Stubber) -> None:
    tells(ecs, {"name": "migrate", "exitCode": 0})

    assert migrations.is_complete(EVENT, None) == {"IsComplete": True}


def test_migrations_that_go_on_are_waited_for(ecs: Stubber) -> None:
    tells(ecs, {"name": "migrate"}, status="RUNNING")

    assert migrations.is_complete(EVENT, None) == {"IsComplete": False}


def test_migrations_that_failed_are_not_taken_for_the_container_beside_them(ecs: Stubber) -> None:
    tells(ecs, BESIDE, {"name": "migrate", "exitCode": 1})

    with pytest.raises(RuntimeError, match="the migrations ended with 1"):
        migrations.is_complete(EVENT, None)


def test_the_container_beside_them_does_not_fail_migrations_that_ended_well(ecs: Stubber) -> None:
    tells(ecs, BESIDE | {"exitCode": 137}, {"name": "migrate", "exitCode": 0})

    assert migrations.is_complete(EVENT, None) == {"IsComplete": True}


def test_migrations_that_never_began_say_why(ecs: Stubber) -> None:
    tells(ecs, BESIDE, {"name": "migrate", "reason": "CannotPullContainerError"})

    with pytest.raises(RuntimeError, match=r"ended with None \(CannotPullContainerError\)"):
        migrations.is_complete(EVENT, None)
