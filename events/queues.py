"""The consumers' queues as an operator sees them: depth, dead letters, sending them back, delivering an event again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from events import aws
from events.envelope import MAX_BYTES, BadMessage, parse, to_wire
from events.models import Event, Inbox

BATCH = 10  # entries that SQS takes in one call
LOOK = 30  # seconds that a message stays hidden while it is looked at


@dataclass(frozen=True, kw_only=True)
class Depth:
    """Messages waiting and in workers' hands, and dead letters; SQS calls all three approximate."""

    waiting: int
    in_flight: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A message that no delivery could bring to an end, and why, as far as it can be known."""

    message_id: str
    body: str
    what: str
    reason: str


def depth(consumer: str) -> Depth:
    waiting, in_flight = _counts(aws.queue_url(consumer))
    return Depth(waiting=waiting, in_flight=in_flight, dead=sum(_counts(aws.dead_letter_queue_url(consumer))))


def _counts(url: str) -> tuple[int, int]:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    numbers = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    waiting, delayed, in_flight = (int(numbers.get(name, 0)) for name in names)
    return waiting + delayed, in_flight


def dead_letters(consumer: str, *, limit: int) -> list[DeadLetter]:
    """Looks at up to `limit` dead letters and leaves them where they are."""
    url, sqs = aws.dead_letter_queue_url(consumer), aws.client("sqs")
    messages: list[dict[str, Any]] = []
    try:
        for batch in _receive(url):
            messages += batch
            if len(messages) >= limit:
                break
        return _explained(consumer, messages[:limit])
    finally:
        for message in messages:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def redrive(consumer: str) -> int:
    """Sends every dead letter back to the consumer's queue; returns how many. A crash midway doubles ten at most."""
    sqs, source, target = aws.client("sqs"), aws.dead_letter_queue_url(consumer), aws.queue_url(consumer)
    moved = 0
    for batch in _receive(source):
        sent = _send(target, [message["Body"] for message in batch])
        for index in sent:
            sqs.delete_message(QueueUrl=source, ReceiptHandle=batch[index]["ReceiptHandle"])
        moved += len(sent)
        if len(sent) < len(batch):
            raise RuntimeError(f"{moved} moved; SQS did not take {len(batch) - len(sent)} of the next: try again.")
    return moved


def deliver(consumer: str, events: Iterable[Event]) -> int:
    """Puts events straight on one consumer's queue, whatever it listens to; returns how many.

    Raises ValueError for one that is too big for a message: those before it may have been sent.
    """
    count, size = 0, 0
    batch: list[str] = []
    for event in events:
        body = to_wire(event).decode("ascii")
        if batch and (len(batch) == BATCH or size + len(body) > MAX_BYTES):
            count += _send_all(consumer, batch)
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    return count + (_send_all(consumer, batch) if batch else 0)


def _send_all(consumer: str, bodies: list[str]) -> int:
    sent = _send(aws.queue_url(consumer), bodies)
    if len(sent) < len(bodies):
        raise RuntimeError(f"SQS did not take {len(bodies) - len(sent)} of {len(bodies)} messages: try again.")
    return len(sent)


def _send(url: str, bodies: Sequence[str]) -> list[int]:
    """Sends up to ten bodies, in as many calls as their size asks for; returns the indices of those that SQS took."""
    sqs = aws.client("sqs")
    if sum(len(body.encode()) for body in bodies) > MAX_BYTES:
        for body in bodies:
            sqs.send_message(QueueUrl=url, MessageBody=body)
        return list(range(len(bodies)))
    entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(bodies)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return sorted(int(one["Id"]) for one in answer.get("Successful", []))


def _receive(url: str) -> Iterator[list[dict[str, Any]]]:
    """Batches of messages until none comes; each stays hidden for a while, so that none is seen twice in one go."""
    seen: set[str] = set()
    while True:
        answer = aws.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1, VisibilityTimeout=LOOK
        )
        batch = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not batch:
            return
        seen |= {message["MessageId"] for message in batch}
        yield batch


def _explained(consumer: str, messages: list[dict[str, Any]]) -> list[DeadLetter]:
    """What each message is, and why it failed: the inbox knows of an event, the envelope's reader of what is none."""
    read: list[tuple[dict[str, Any], Any]] = []
    if consumer in settings.INBOUND_QUEUES:
        said = "what takes it has refused it each time: see the log of the workers"
        return [
            DeadLetter(message_id=one["MessageId"], body=one["Body"], what="from outside", reason=said)
            for one in messages
        ]
    for message in messages:
        try:
            read.append((message, parse(message["Body"])))
        except BadMessage as error:
            read.append((message, error))
    ids = [event.id for _, event in read if not isinstance(event, BadMessage)]
    receipts = {row.event_id: row for row in Inbox.objects.filter(consumer=consumer, event_id__in=ids)}
    letters = []
    for message, event in read:
        if isinstance(event, BadMessage):
            what, reason = "no event", str(event)
        else:
            what = f"{event.type} {event.id} at position {event.position}"
            reason = _reason(receipts.get(event.id))
        letters.append(DeadLetter(message_id=message["MessageId"], body=message["Body"], what=what, reason=reason))
    return letters


def _reason(receipt: Inbox | None) -> str:
    if receipt is None:
        return "the consumer never began with it: its worker was lost or could not reach the database"
    if receipt.done_at is not None:
        return "done since: it need not be sent back"
    return receipt.last_error or "its worker was lost in the middle of it"


def consumers() -> list[str]:
    return list(settings.EVENT_SUBSCRIPTIONS)


def names() -> list[str]:
    """All that have a dead-letter queue of messages to look at: the consumers', and those that others write to."""
    return [*settings.EVENT_SUBSCRIPTIONS, *settings.INBOUND_QUEUES]
