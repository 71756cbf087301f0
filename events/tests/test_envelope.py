from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from events.envelope import BadMessage, parse, to_wire
from events.models import Event
from events.tests.things import ThingPainted

ID = "0190b5a0-0000-7000-8000-000000000001"


def row(**changes: Any) -> Event:
    values: dict[str, Any] = {
        "id": UUID(ID),
        "type": "ThingPainted",
        "subject": "thing/Tür ￿",
        "data": {"name": "Tür ￿", "tags": ["a"], "coats": 2},
        "time": timezone.now(),
        "position": 7,
    }
    return Event(**values | changes)


def wire(**changes: Any) -> str:
    """A good message, with attributes replaced; None removes one."""
    message = json.loads(to_wire(row())) | changes
    return json.dumps({name: value for name, value in message.items() if value is not None})


def test_what_goes_out_comes_in() -> None:
    sent = row()
    received = parse(to_wire(sent))

    assert received.event == ThingPainted(name="Tür ￿", tags=["a"], coats=2)
    assert (received.id, received.position, received.version) == (sent.id, 7, 1)
    assert (received.time, received.subject, received.type) == (sent.time, sent.subject, "ThingPainted")


def test_it_writes_cloudevents_in_characters_that_sqs_takes() -> None:
    body = to_wire(row())
    message = json.loads(body)

    assert body.isascii()
    assert {name: message[name] for name in ("specversion", "id", "source", "type", "datacontenttype")} == {
        "specversion": "1.0",
        "id": ID,
        "source": "shop",
        "type": "ThingPainted",
        "datacontenttype": "application/json",
    }
    assert message["time"].endswith("Z")
    assert (message["position"], message["eventversion"]) == (7, 1)


def test_it_refuses_to_write_an_event_without_position_or_too_big_for_a_message() -> None:
    with pytest.raises(ValueError, match="no position"):
        to_wire(row(position=None))
    with pytest.raises(ValueError, match="bytes"):
        to_wire(row(data={"name": "x" * 300_000, "tags": []}))


def test_it_takes_an_event_out_of_an_eventbridge_envelope() -> None:
    wrapped = {"detail-type": "ThingPainted", "source": "shop", "detail": json.loads(to_wire(row()))}

    assert parse(json.dumps(wrapped)).position == 7


def test_the_span_that_sent_it_goes_along_or_else_the_one_that_recorded_it() -> None:
    recorded, sent = f"00-{'ab' * 16}-{'cd' * 8}-01", f"00-{'ab' * 16}-{'ef' * 8}-01"

    assert parse(to_wire(row(traceparent=recorded))).traceparent == recorded
    assert parse(to_wire(row(traceparent=recorded), traceparent=sent)).traceparent == sent
    assert "traceparent" not in json.loads(to_wire(row()))


@pytest.mark.parametrize("junk", ["", "00-1-2-01", f"00-{'0' * 32}-{'cd' * 8}-01", 7, None])
def test_an_event_is_not_refused_for_a_trace_that_cannot_be_read(junk: object) -> None:
    assert parse(wire(traceparent=junk)).traceparent == ""


def test_a_field_that_it_does_not_know_is_ignored_and_one_with_a_default_may_be_missing() -> None:
    received = parse(wire(data={"name": "n", "tags": [], "later": {"more": 1}}))

    assert received.event == ThingPainted(name="n", tags=[], coats=1)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "not_json"),
        ("not json", "not_json"),
        (b"\xff\xfe", "not_json"),
        ("[" * 100_000, "not_json"),
        ('{"a": NaN}', "not_json"),
        ("[1]", "not_an_object"),
        ('"text"', "not_an_object"),
        ("null", "not_an_object"),
        ("{}", "not_an_event"),
        ('{"properties": 1}', "not_an_event"),
        ('{"properties": {"delivery_info": 1}, "headers": {"task": "x"}, "body": "e30="}', "not_an_event"),
        (wire(specversion="0.3"), "not_an_event"),
        (wire(type=None), "not_an_event"),
        (wire(type="ThingStolen"), "unknown_type"),
        (wire(eventversion=2), "newer_version"),
        (wire(eventversion=0), "older_version"),
        (wire(eventversion=None), "bad_attribute"),
        (wire(eventversion=True), "bad_attribute"),
        (wire(id="1"), "bad_attribute"),
        (wire(time="yesterday"), "bad_attribute"),
        (wire(time="2026-13-45T00:00:00Z"), "bad_attribute"),
        (wire(time="2026-01-01T00:00:00"), "bad_attribute"),
        (wire(position="7"), "bad_attribute"),
        (wire(subject=None), "bad_attribute"),
        (wire(data=[]), "bad_attribute"),
        (wire(data={"tags": []}), "bad_data"),
        (wire(data={"name": 1, "tags": []}), "bad_data"),
        (wire(data={"name": "n", "tags": [1]}), "bad_data"),
        (wire(data={"name": "n", "tags": [], "coats": True}), "bad_data"),
    ],
)
def test_it_says_what_is_wrong_with_a_message(body: str | bytes, code: str) -> None:
    with pytest.raises(BadMessage) as error:
        parse(body)

    assert error.value.code == code
