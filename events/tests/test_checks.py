from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from events.tests import world


def found() -> set[str | None]:
    return {message.id for message in run_checks() if (message.id or "").startswith("events.")}


def test_a_table_that_holds_together_passes() -> None:
    # the shop's own event classes are known too, and have no route in the tests' world
    assert found() <= {"events.E003"}


@pytest.mark.parametrize(
    ("routes", "subscriptions", "problem"),
    [
        (world.ROUTES | {"ThingStolen": "topic"}, {}, "events.E001"),
        (world.ROUTES | {"ThingMade": "pigeon"}, {}, "events.E002"),
        ({}, {}, "events.E003"),
        (world.ROUTES, {"tasks": {}}, "events.E004"),
        (world.ROUTES, {"things": {"ThingStolen": "events.tests.things.count"}}, "events.E005"),
        (world.ROUTES, {"things": {"ThingMade": "events.tests.things.no_such_handler"}}, "events.E006"),
        (world.ROUTES, {"things": {"ThingMade": "events.tests.world.CONSUMER"}}, "events.E007"),
    ],
)
def test_a_table_that_does_not_hold_together_stops_the_start(
    settings: Any, routes: dict[str, str], subscriptions: dict[str, dict[str, str]], problem: str
) -> None:
    settings.EVENT_ROUTES, settings.EVENT_SUBSCRIPTIONS = routes, subscriptions

    assert problem in found()
