from __future__ import annotations

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from events.models import Event
from events.outbox import record
from events.tests.things import ThingMade, make


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_record_an_event_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="in the transaction"):
        record(ThingMade(name="a", tags=[]))

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_no_event() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(ThingMade(name="a", tags=[]))
        _ = 1 / 0

    assert not Event.objects.exists()


@pytest.mark.django_db
def test_it_refuses_an_event_that_has_no_route(settings: Settings) -> None:
    settings.EVENT_ROUTES = {}

    with pytest.raises(RuntimeError, match="no route"):
        make("a")
