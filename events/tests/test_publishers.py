"""What SNS and EventBridge answer is stubbed on the wire: no emulator fails a single entry of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.stub import Stubber
from pytest_django.fixtures import Settings

from events import aws, publishers
from events.models import Event
from events.publishers import Entry, publish
from events.tests.conftest import wait_until
from events.tests.things import make


def entries(count: int) -> list[Entry]:
    return [Entry(id=UUID(int=number), type="ThingMade", body=b'{"n":%d}' % number) for number in range(count)]


@pytest.fixture
def sns() -> Iterator[Stubber]:
    with Stubber(aws.client("sns")) as stubber:
        yield stubber


@pytest.fixture
def bus() -> Iterator[Stubber]:
    with Stubber(aws.client("events")) as stubber:
        yield stubber


def test_sns_entries_that_failed_are_told_from_those_that_were_taken(sns: Stubber, settings: Settings) -> None:
    one, two, three = entries(3)
    request = {
        "TopicArn": settings.SNS_TOPIC_ARN,
        "PublishBatchRequestEntries": [
            {
                "Id": str(item.id),
                "Message": item.body.decode(),
                "MessageAttributes": {"event_type": {"DataType": "String", "StringValue": "ThingMade"}},
            }
            for item in (one, two, three)
        ],
    }
    answer = {
        "Successful": [{"Id": str(one.id), "MessageId": "m"}],
        "Failed": [{"Id": str(two.id), "Code": "InternalError", "Message": "try again", "SenderFault": False}],
    }
    sns.add_response("publish_batch", answer, request)

    outcome = publish("topic", [one, two, three])

    assert outcome.published == [one.id]
    assert outcome.failed == {two.id: "InternalError: try again", three.id: "the answer does not mention it"}
    assert not outcome.down


def test_eventbridge_entries_are_read_one_by_one(bus: Stubber, settings: Settings) -> None:
    one, two = entries(2)
    request = {
        "Entries": [
            {
                "EventBusName": settings.EVENT_BUS_NAME,
                "Source": "shop",
                "DetailType": "ThingMade",
                "Detail": item.body.decode(),
            }
            for item in (one, two)
        ]
    }
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}, {"EventId": "e"}]}
    bus.add_response("put_events", answer, request)

    outcome = publish("bus", [one, two])

    assert outcome.published == [two.id]
    assert outcome.failed == {one.id: "ThrottlingException: "}


def test_a_call_that_fails_has_failed_for_each_entry(sns: Stubber) -> None:
    sns.add_client_error("publish_batch", "Throttled", "slow down", 429)

    outcome = publish("topic", entries(2))

    assert outcome.down
    assert outcome.published == []
    assert all("slow down" in text for text in outcome.failed.values())
    assert len(outcome.failed) == 2


@pytest.mark.parametrize(("sizes", "expected"), [([10] * 25, [10, 10, 5]), ([100_000] * 5, [2, 2, 1]), ([], [])])
def test_batches_are_what_the_services_take(sizes: list[int], expected: list[int]) -> None:
    items = [Entry(id=UUID(int=number), type="T", body=b"x" * size) for number, size in enumerate(sizes)]

    split = list(publishers.batches(items))

    assert [len(batch) for batch in split] == expected
    assert [item for batch in split for item in batch] == items


@pytest.fixture
def calls() -> Iterator[list[list[str]]]:
    """Answers in place of SNS, and keeps the ids of each call. In the first call the second entry fails."""
    kept: list[list[str]] = []
    hooks = aws.client("sns").meta.events

    def keep(params: dict[str, Any], **kwargs: Any) -> None:
        kept.append([entry["Id"] for entry in params["PublishBatchRequestEntries"]])

    def answer(**kwargs: Any) -> tuple[AWSResponse, dict[str, Any]]:
        failed = kept[0][1:2] if len(kept) == 1 else []
        taken = [{"Id": id, "MessageId": "m"} for id in kept[-1] if id not in failed]
        errors = [{"Id": id, "Code": "InternalError", "SenderFault": False} for id in failed]
        return AWSResponse("", 200, HTTPHeaders(), None), {"Successful": taken, "Failed": errors}

    hooks.register("provide-client-params.sns.PublishBatch", keep)
    hooks.register("before-call.sns.PublishBatch", answer)
    yield kept
    hooks.unregister("provide-client-params.sns.PublishBatch", keep)
    hooks.unregister("before-call.sns.PublishBatch", answer)


@pytest.mark.django_db(transaction=True)
def test_the_entry_that_failed_is_published_again_alone(calls: list[list[str]], request: pytest.FixtureRequest) -> None:
    first, second, third = (str(make(name).id) for name in ("first", "second", "third"))
    request.getfixturevalue("relay")  # started only now, so that all three go in one call

    wait_until(lambda: not Event.objects.filter(published_at=None).exists())

    assert calls == [[first, second, third], [second]]
    assert dict(Event.objects.values_list("subject", "attempts")) == {
        "thing/first": 0,
        "thing/second": 1,
        "thing/third": 0,
    }
