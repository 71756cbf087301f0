"""Waiting until nothing is left to do, by looking; what is still left after a while is a difference."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bench.chaos.judging import verdicts
from bench.chaos.judging.seen import Seen, Window
from bench.chaos.using.followers import Follower
from bench.proving.aws import Aws, patiently
from bench.proving.records import UNSETTLED, Records
from bench.proving.report import Check
from shop.subscriptions import INBOUND, SUBSCRIPTIONS

QUEUES = (*SUBSCRIPTIONS, *INBOUND)
STILL = 2  # looks in a row that must find nothing
PAUSE = 0.4
IN_THE_DATABASE = ("events not published", "receipts not done")
"""What there is no other door to."""

POISONS: dict[str, Callable[[str], str]] = {
    "no JSON": lambda id: f"poison {id} {{",
    "JSON that would end Celery's own worker": lambda id: json.dumps({"properties": None, "poison": id}),
    "an event that nobody knows": lambda id: json.dumps(
        {"specversion": "1.0", "id": id, "source": "shop", "type": "NeverHappened", "data": {}}
    ),
}


class Poison:
    """Messages that no handler can take: each must end in its queue's dead-letter queue, and nothing else may."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.put: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, queue: str, kind: str) -> None:
        body = POISONS[kind](str(uuid4()))
        patiently(lambda: self.aws.sqs.send_message(QueueUrl=f"{self.aws.queues}{queue}", MessageBody=body))
        self.put[queue].append(body)

    def dead(self) -> dict[str, list[str]]:
        """What lies in each dead-letter queue; it stays there."""
        return {queue: self._bodies(queue) for queue, count in self.aws.dead().items() if count}

    def _bodies(self, queue: str) -> list[str]:
        url = f"{self.aws.queues}{queue}"
        found: dict[str, dict[str, Any]] = {}
        while True:
            answer: dict[str, Any] = patiently(
                lambda: self.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            )
            new = {m["MessageId"]: m for m in answer.get("Messages", []) if m["MessageId"] not in found}
            if not new:
                for message in found.values():
                    self.aws.sqs.change_message_visibility(
                        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                return [message["Body"] for message in found.values()]
            found |= new

    def waiting(self) -> dict[str, int]:
        """Messages of each queue that are not dead and were not poisoned."""
        dead = self.aws.dead()
        waiting = {
            queue: count + dead[f"{queue}-dead"] - len(self.put[queue]) for queue, count in self.aws.waiting().items()
        }
        return {queue: count for queue, count in waiting.items() if count > 0}


class Rest:
    def __init__(self, window: Window, records: Records, poison: Poison, followers: list[Follower]) -> None:
        self.window, self.records, self.poison, self.followers = window, records, poison, followers
        self.waited_for: dict[str, float] = {}
        """What was left to do, and for how many seconds, the last time."""

    def wait(self, within: float, also: Callable[[], dict[str, int]]) -> tuple[Check, Seen]:
        """`also` names what else must be none. Returns what the shop showed at last."""
        began, still, seen = time.monotonic(), 0, None
        until = began + within
        self.waited_for = {}
        while True:
            left = also() | self._left()
            if not left or time.monotonic() > until:  # lists are long: they are read when all else is done
                seen = self.window.look()
                left |= self._unseen(seen)
            still = 0 if left else still + 1
            self.waited_for |= dict.fromkeys(left, round(time.monotonic() - began, 1))
            if seen is not None and (still == STILL or time.monotonic() > until):
                words = [f"{what}: {count}" for what, count in left.items()]
                return Check("left to do at the end", "0", str(sum(left.values())), words), seen
            time.sleep(PAUSE)

    def _left(self) -> dict[str, int]:
        left = {name: int(self.records.ask(UNSETTLED[name])[0]["count"]) for name in IN_THE_DATABASE}
        left |= {f"in queue {queue}": count for queue, count in self.poison.waiting().items()}
        left["messages that a socket still lacks"] = sum(one.lacks(self.records) for one in self.followers)
        return {what: count for what, count in left.items() if count}

    @staticmethod
    def _unseen(seen: Seen) -> dict[str, int]:
        left = {
            "mails not in the mailbox": len(verdicts.letters(seen) - seen.mails.keys()),
            "confirmed orders without an invoice": len(
                {row["id"] for row in seen.orders if row["status"] == "confirmed"}
                - {row["order_id"] for row in seen.invoices}
            ),
            "PDFs not stored": sum(1 for row in seen.invoices if not row["sha256"]),
        }
        return {what: count for what, count in left.items() if count > 0}
