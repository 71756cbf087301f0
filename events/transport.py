"""Celery's SQS transport, taught to read raw events.

The stock worker deletes what Celery did not send, and dies of a JSON object with a key `properties`. Here whatever lies
on a consumer's queue is presented as a task message for `events.consume`, unread: what is no event then fails as a
task, is delivered again with a growing delay, and ends in the dead-letter queue by SQS's own count. On the queue of
ordinary tasks, whatever Celery did not send takes the same way.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from kombu.transport import SQS, virtual

from events.aws import client

log = logging.getLogger(__name__)

SQSChannel: Any = SQS.Channel  # the published types know only a part of them
SQSTransport: Any = SQS.Transport
CONSUME = "events.consume"
LONGEST_DELAY = 300
FULL_PAUSE = 0.01  # seconds until a worker with its hands full, or an empty poll, looks again
DOWN_PAUSE = 1.0  # seconds after a poll that SQS did not answer
FAILED = -1


def redelivery_delay(receives: int) -> int:
    """Seconds until a message that has failed `receives` times comes again; the last failure is buried at once."""
    if receives >= settings.MAX_RECEIVES:
        return 0
    return int(min(settings.REDELIVERY_DELAY * 2 ** (receives - 1), LONGEST_DELAY))


class Channel(SQSChannel):  # type: ignore[misc]
    polls = 0  # that SQS has not answered yet

    def new_sqs_client(self, **account: Any) -> Any:
        """The process's own, for all its queues: kombu would make one for each, and each would hold 8 MiB."""
        return client("sqs")

    # --- what lies on the queue, as a task ---

    def _message_to_python(self, message: dict[str, Any], queue_name: str, q_url: str) -> dict[str, Any]:
        if queue_name not in settings.EVENT_SUBSCRIPTIONS and queue_name not in settings.INBOUND_QUEUES:
            payload = self._celerys_own(message, queue_name, q_url)
            if payload is not None:
                return payload
        return _as_task(message, queue_name, q_url)

    def _celerys_own(self, message: dict[str, Any], queue_name: str, q_url: str) -> dict[str, Any] | None:
        """The payload, if it is a message that Celery can have sent; None for anything that could harm the worker."""
        try:
            payload = super()._message_to_python(message, queue_name, q_url)
            payload["properties"]["delivery_info"] |= {"exchange": "", "routing_key": queue_name}
            headers = payload["headers"]
            sound = (
                isinstance(headers["task"], str)
                and isinstance(headers["id"], str)
                and all(isinstance(headers.get(name), str | None) for name in ("eta", "expires", "group"))
                and isinstance(headers.get("retries") or 0, int)
                and all(isinstance(limit, int | float | None) for limit in headers.get("timelimit") or (None, None))
                and len(headers.get("timelimit") or (None, None)) == 2
                and isinstance(headers.get("stamps"), dict | None)
                and all(isinstance(name, str) for name in headers.get("stamped_headers") or ())
            )
            args, kwargs, embedded = virtual.Message(payload, channel=self).decode()
            sound = sound and isinstance(args, list) and isinstance(kwargs, dict) and isinstance(embedded, dict | None)
        except Exception as error:  # noqa: BLE001  (whatever junk raises, it must not reach the worker's loop)
            log.warning("message %s on %s is no task: %r", message.get("MessageId"), queue_name, error)
            return None
        return payload if sound else None

    # --- failure: the message stays on its queue and comes again, later each time ---

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            self._hide(self.qos.get(delivery_tag))
        except KeyError:
            log.warning("a delivery was rejected that this worker does not know")
        virtual.Channel.basic_reject(self, delivery_tag, requeue=False)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        try:
            super().basic_ack(delivery_tag, multiple)
        except (BotoCoreError, ClientError) as error:
            log.error("a message could not be deleted, it will come again: %s", error)

    def _restore(self, message: Any, unwanted_delivery_info: Any = None) -> None:
        """What a worker that ends had taken and not begun has not failed: the next one gets it at once."""
        self._come_again(message, 0)

    def _hide(self, message: Any) -> None:
        self._come_again(message, redelivery_delay(_receives(message.delivery_info["sqs_message"])))

    def _come_again(self, message: Any, seconds: int) -> None:
        """Sets when the message is seen again. Should that fail, it is after its visibility timeout."""
        try:
            self.sqs(queue=self.canonical_queue_name(message.delivery_info["routing_key"])).change_message_visibility(
                QueueUrl=message.delivery_info["sqs_queue"],
                ReceiptHandle=message.delivery_info["sqs_message"]["ReceiptHandle"],
                VisibilityTimeout=seconds,
            )
        except (BotoCoreError, ClientError, OSError) as error:
            log.warning("a message keeps its visibility timeout: %s", error)

    # --- polling without spinning ---

    def _get_from_sqs(self, *args: Any, **kwargs: Any) -> Any:
        self.polls += 1
        return super()._get_from_sqs(*args, **kwargs)

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> int:
        self.polls -= 1
        if not isinstance(messages, dict):  # kombu's answer to a timeout or a 5xx is an empty list
            return FAILED
        return int(super()._on_messages_ready(queue, qname, messages))

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        """Kombu would call itself again at once while the worker has its hands full, and burn a processor."""
        if messages_fetched and messages_fetched > 0:
            self.hub.call_soon(self._schedule_queue, queue)
        else:
            self.hub.call_later(DOWN_PAUSE if messages_fetched == FAILED else FULL_PAUSE, self._schedule_queue, queue)


class Transport(SQSTransport):  # type: ignore[misc]
    Channel = Channel


def _receives(message: dict[str, Any]) -> int:
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def _as_task(message: dict[str, Any], queue: str, url: str) -> dict[str, Any]:
    """The raw body as a message of Celery's protocol 2:
    https://docs.celeryq.dev/en/stable/internals/protocol.html."""
    id = f"{message['MessageId']}.{_receives(message)}"
    return {
        "body": json.dumps([[queue, message["Body"]], {}, {}]),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            "lang": "py",
            "task": CONSUME,
            "id": id,
            "root_id": id,
            "parent_id": None,
            "group": None,
            "retries": 0,
            "eta": None,
            "expires": None,
            "timelimit": [None, None],
            "argsrepr": f"({queue!r}, …)",
            "kwargsrepr": "{}",
            "origin": "sqs",
            "ignore_result": True,
        },
        "properties": {
            "correlation_id": id,
            "delivery_tag": message["ReceiptHandle"],
            "delivery_mode": 2,
            "priority": 0,
            "delivery_info": {"exchange": "", "routing_key": queue, "sqs_message": message, "sqs_queue": url},
        },
    }
