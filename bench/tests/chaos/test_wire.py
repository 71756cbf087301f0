"""The proxy before AWS does to calls what it says, by boto3 on one side and an emulator on the other."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from django.conf import settings

from bench.chaos.wire.proxy import LOST, PARTIAL, SHARES, SILENT, SLOW, THROTTLED, Fault, Proxy
from events import aws


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Each call is struck, and of a batch each second entry or so."""
    monkeypatch.setattr("bench.chaos.wire.proxy.SHARES", {**dict.fromkeys(SHARES, 1.0), PARTIAL: 0.5})
    monkeypatch.setattr("bench.chaos.wire.proxy.SLOW_BY", 1.5)
    proxy = Proxy(int(settings.AWS_ENDPOINT_URL.rsplit(":", 1)[1]), seed=3)
    proxy.start()
    yield proxy
    proxy.stop()


def through(proxy: Proxy, service: str, *, answer_within: float = 20.0) -> Any:
    once = Config(retries={"total_max_attempts": 1}, read_timeout=answer_within, proxies={})
    return boto3.client(service, endpoint_url=proxy.address, region_name=settings.AWS_REGION, config=once)  # type: ignore[call-overload]


@pytest.fixture
def queue() -> Iterator[str]:
    url = aws.client("sqs").create_queue(QueueName=f"wire-{uuid4().hex[:8]}")["QueueUrl"]
    yield str(url)
    aws.client("sqs").delete_queue(QueueUrl=url)


@pytest.fixture
def topic(queue: str) -> str:
    """Whatever is published to it lies on the queue."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = str(sns.create_topic(Name=f"wire-{uuid4().hex[:8]}")["TopicArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic


def bodies(queue: str) -> set[str]:
    found: set[str] = set()
    while messages := aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        found |= {message["Body"] for message in messages}
    return found


def test_in_good_weather_all_passes_and_nothing_is_changed(proxy: Proxy, queue: str) -> None:
    sqs, s3, key = through(proxy, "sqs"), through(proxy, "s3"), f"wire/{uuid4()}"
    sqs.send_message(QueueUrl=queue, MessageBody="größer als 0")
    s3.put_object(Bucket=settings.S3_BUCKET, Key=key, Body=b"%PDF-" + bytes(200_000))

    assert bodies(queue) == {"größer als 0"}
    assert s3.get_object(Bucket=settings.S3_BUCKET, Key=key)["Body"].read() == b"%PDF-" + bytes(200_000)
    assert s3.head_object(Bucket=settings.S3_BUCKET, Key=key)["ContentLength"] == 200_005
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=settings.S3_BUCKET, Key=f"{key}-not-there")


def test_of_a_batch_for_sqs_some_entries_are_refused_and_the_others_arrive(proxy: Proxy, queue: str) -> None:
    proxy.faults = (Fault(PARTIAL, ("sqs",)),)
    entries = [{"Id": str(n), "MessageBody": f"body {n}"} for n in range(10)]
    answer = through(proxy, "sqs").send_message_batch(QueueUrl=queue, Entries=entries)

    taken, failed = ({one["Id"] for one in answer[part]} for part in ("Successful", "Failed"))
    assert taken | failed == {str(n) for n in range(10)}
    assert taken
    assert failed
    assert bodies(queue) == {f"body {n}" for n in taken}


def test_of_a_batch_for_sns_some_entries_are_refused_and_the_others_arrive(
    proxy: Proxy, queue: str, topic: str
) -> None:
    proxy.faults = (Fault(PARTIAL, ("sns",)),)
    entries = [{"Id": str(n), "Message": f"body {n}"} for n in range(10)]
    answer = through(proxy, "sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)

    taken, failed = ({one["Id"] for one in answer[part]} for part in ("Successful", "Failed"))
    assert taken | failed == {str(n) for n in range(10)}
    assert taken
    assert failed
    assert bodies(queue) == {f"body {n}" for n in taken}


def test_of_a_batch_for_the_bus_the_answer_tells_the_refused_by_their_places(proxy: Proxy) -> None:
    proxy.faults = (Fault(PARTIAL, ("events",)),)
    entries = [{"Source": "wire", "DetailType": "Test", "Detail": json.dumps({"n": n})} for n in range(10)]
    answer = through(proxy, "events").put_events(Entries=entries)

    failed = [place for place, one in enumerate(answer["Entries"]) if "ErrorCode" in one]
    assert len(answer["Entries"]) == 10
    assert 0 < len(failed) < 10
    assert answer["FailedEntryCount"] == len(failed)
    assert all("EventId" in one for place, one in enumerate(answer["Entries"]) if place not in failed)


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sqs", lambda sqs: sqs.list_queues(), "RequestThrottled"),
        ("sns", lambda sns: sns.list_topics(), "Throttled"),
        ("ses", lambda ses: ses.get_send_quota(), "Throttling"),
        ("events", lambda events: events.list_rules(), "ThrottlingException"),
        ("s3", lambda s3: s3.list_buckets(), "SlowDown"),
    ],
)
def test_a_throttled_service_says_so_as_it_does(proxy: Proxy, service: str, call: Any, code: str) -> None:
    proxy.faults = (Fault(THROTTLED, (service,)),)
    with pytest.raises(ClientError) as refused:
        call(through(proxy, service))

    assert refused.value.response["Error"]["Code"] == code


def test_a_lost_answer_is_a_call_that_was_carried_out(proxy: Proxy, queue: str) -> None:
    proxy.faults = (Fault(LOST, ("sqs",)),)
    with pytest.raises(ConnectionClosedError):
        through(proxy, "sqs").send_message(QueueUrl=queue, MessageBody="carried out")

    assert bodies(queue) == {"carried out"}


def test_a_silent_service_carries_nothing_out_and_hangs_up_when_the_fault_is_over(proxy: Proxy, queue: str) -> None:
    proxy.faults = (Fault(SILENT, ("sqs",)),)
    with pytest.raises(ReadTimeoutError):
        through(proxy, "sqs", answer_within=0.3).send_message(QueueUrl=queue, MessageBody="never")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(through(proxy, "sqs").send_message, QueueUrl=queue, MessageBody="never")
        while proxy.struck["silent: sqs SendMessage"] < 2:
            threading.Event().wait(0.01)
        proxy.faults = ()
        assert isinstance(waiting.exception(20), ConnectionClosedError)

    assert bodies(queue) == set()


def test_a_slow_service_answers_later_than_who_asks_will_wait(proxy: Proxy, queue: str) -> None:
    proxy.faults = (Fault(SLOW, ("sqs",)),)
    with pytest.raises(ReadTimeoutError):
        through(proxy, "sqs", answer_within=0.3).send_message(QueueUrl=queue, MessageBody="late")

    assert through(proxy, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]


def test_a_fault_of_one_service_is_none_of_another(proxy: Proxy) -> None:
    proxy.faults = (Fault(THROTTLED, ("sns", "ses")),)

    assert through(proxy, "s3").list_buckets()["Buckets"]


def receive(sqs: Any, queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=60, MessageSystemAttributeNames=["All"]
    ).get("Messages", [])
    return found


def test_each_message_comes_three_times_with_a_handle_of_its_own_and_in_another_order(proxy: Proxy, queue: str) -> None:
    proxy.copies.on = True
    sqs = through(proxy, "sqs")
    for n in range(8):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n))
    seen: list[dict[str, Any]] = []
    while len(seen) < 24:
        seen += receive(sqs, queue)
    again = receive(sqs, queue)

    order = [message["Body"] for message in seen]
    assert sorted(order) == sorted([str(n) for n in range(8)] * 3)
    assert order != [str(n) for n in range(8)] * 3
    assert len({message["ReceiptHandle"] for message in seen}) == 24
    assert len({message["MessageId"] for message in seen}) == 8
    assert sorted(m["Attributes"]["ApproximateReceiveCount"] for m in seen) == sorted(["1", "2", "3"] * 8)
    assert again == []
    assert proxy.copies.waiting == 0


def test_to_delete_a_copy_deletes_no_message_and_to_delete_the_message_no_copy(proxy: Proxy, queue: str) -> None:
    proxy.copies.on = True
    sqs = through(proxy, "sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    (own,) = receive(sqs, queue)
    copy = next(found for _ in range(50) for found in receive(sqs, queue))
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=copy["ReceiptHandle"])
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=copy["ReceiptHandle"], VisibilityTimeout=0)
    held = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=own["ReceiptHandle"])
    last = next(found for _ in range(50) for found in receive(sqs, queue))

    assert held["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert last["MessageId"] == own["MessageId"]
    assert bodies(queue) == set()
