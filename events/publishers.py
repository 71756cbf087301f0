"""Sending events to where their route says, ten at a time, and reading what became of each.

SNS `PublishBatch` and EventBridge `PutEvents` both take at most ten entries and 256 KiB a call, and both answer 200
while some entries have failed: the answer's entries count, not its status.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from api import tracing
from api.tracing import Facts, Span
from events import aws
from events.envelope import MAX_BYTES, to_wire
from events.models import Event

BATCH_ENTRIES = 10
ENTRY_OVERHEAD = 512  # message attributes, source and type count as well
TOPIC, BUS = "topic", "bus"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event ready to be sent, and the span of sending it, which has begun."""

    id: UUID
    type: str
    body: bytes
    span: Span = tracing.OFF


@dataclass(frozen=True)
class Outcome:
    """What became of one call: which events were taken, which were not and why; `down` if the whole call failed."""

    published: list[UUID] = field(default_factory=list)
    failed: dict[UUID, str] = field(default_factory=dict)
    down: bool = False


def entry(row: Event) -> Entry:
    """Raises ValueError for an event that cannot be sent as one message."""
    facts: Facts = {"event_id": str(row.id), "subject": row.subject, "position": row.position or 0}
    span = tracing.span(f"publish {row.type}", facts, kind="producer", parent=row.traceparent)
    return Entry(id=row.id, type=row.type, body=to_wire(row, traceparent=span.traceparent), span=span)


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Splits entries into calls that the services take."""
    batch: list[Entry] = []
    size = 0
    for item in entries:
        weight = len(item.body) + ENTRY_OVERHEAD
        if batch and (len(batch) == BATCH_ENTRIES or size + weight > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weight
    if batch:
        yield batch


def publish(route: str, batch: Sequence[Entry]) -> Outcome:
    """Sends one batch. Never raises for what AWS does: a call that fails as a whole has failed for each entry."""
    send = {TOPIC: _to_topic, BUS: _to_bus}[route]
    try:
        outcome = send(batch)
    except (BotoCoreError, ClientError) as error:
        told = f"{type(error).__name__}: {error}"
        outcome = Outcome(failed=dict.fromkeys([item.id for item in batch], told), down=True)
    for item in batch:
        if item.id in outcome.failed:
            item.span.fail(outcome.failed[item.id])
        item.span.end()
    return outcome


def _to_topic(batch: Sequence[Entry]) -> Outcome:
    answer = aws.client("sns").publish_batch(
        TopicArn=settings.SNS_TOPIC_ARN,
        PublishBatchRequestEntries=[
            {
                "Id": str(item.id),
                "Message": item.body.decode("ascii"),
                "MessageAttributes": {"event_type": {"DataType": "String", "StringValue": item.type}},
            }
            for item in batch
        ],
    )
    taken = {UUID(one["Id"]) for one in answer.get("Successful", [])}
    errors = {UUID(one["Id"]): f"{one['Code']}: {one.get('Message', '')}" for one in answer.get("Failed", [])}
    return _outcome(batch, taken, errors)


def _to_bus(batch: Sequence[Entry]) -> Outcome:
    answer = aws.client("events").put_events(
        Entries=[
            {
                "EventBusName": settings.EVENT_BUS_NAME,
                "Source": settings.EVENT_SOURCE,
                "DetailType": item.type,
                "Detail": item.body.decode("ascii"),
            }
            for item in batch
        ]
    )
    taken, errors = set(), {}
    for item, one in zip(batch, answer["Entries"], strict=False):  # entry by entry, in the order sent
        if one.get("ErrorCode"):
            errors[item.id] = f"{one['ErrorCode']}: {one.get('ErrorMessage', '')}"
        else:
            taken.add(item.id)
    return _outcome(batch, taken, errors)


def _outcome(batch: Sequence[Entry], taken: set[UUID], errors: dict[UUID, str]) -> Outcome:
    """An entry that the answer does not speak of counts as failed: twice beats never."""
    return Outcome(
        published=[item.id for item in batch if item.id in taken and item.id not in errors],
        failed={
            item.id: errors.get(item.id, "the answer does not mention it")
            for item in batch
            if item.id in errors or item.id not in taken
        },
    )
