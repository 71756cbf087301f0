"""SQS delivers every message three times, and out of order: its standard queues promise no more than to try not to.

Each message that a worker is given while this is on comes twice again, from here: the same message id and body, a later
receive count, a receipt handle of its own, at another time and in another order. A copy is what SQS' documentation
warns of, a message received from a server that had not heard of its deletion. To delete a copy therefore deletes that
one alone, and to give it back forgets it: the message itself is still with SQS, unless it has been done with.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from dataclasses import replace
from typing import Any
from uuid import uuid4

from bench.chaos.wire.calls import Call
from bench.chaos.wire.http import Message

TIMES = 3
AHEAD = 0.3  # how often a poll is answered with copies alone, before the messages that wait
HANDLE = "copy-"
OF_A_HANDLE = {"DeleteMessage", "ChangeMessageVisibility"}
DONE = Message(b"HTTP/1.1 200 OK", ((b"Content-Type", b"application/x-amz-json-1.0"),), b"{}")


class Copies:
    def __init__(self, chance: random.Random) -> None:
        self.on = False
        self.given = 0
        self._chance = chance
        self._waiting: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    @property
    def waiting(self) -> int:
        return sum(len(copies) for copies in self._waiting.values())

    def instead(self, call: Call) -> Message | None:
        """The answer that SQS is not asked for: about a copy, or of copies alone."""
        if call.operation in OF_A_HANDLE:
            return DONE if str(json.loads(call.request.body).get("ReceiptHandle", "")).startswith(HANDLE) else None
        if call.operation != "ReceiveMessage" or not self._waiting[call.queue] or self._chance.random() > AHEAD:
            return None
        copies = self._take(call, [])
        return replace(DONE, body=json.dumps({"Messages": copies}).encode())

    def without_waiting(self, call: Call) -> Call:
        """A poll for which copies are there does not wait for messages, as SQS' own do not where there are some."""
        if call.operation != "ReceiveMessage" or not self._waiting[call.queue]:
            return call
        told = json.loads(call.request.body) | {"WaitTimeSeconds": 0}
        return replace(call, request=replace(call.request, body=json.dumps(told).encode()))

    def beside(self, call: Call, theirs: Message) -> Message:
        """The answer to a poll with copies of earlier messages among its own, in any order; remembers its own."""
        if call.operation != "ReceiveMessage" or not theirs.start.startswith(b"HTTP/1.1 200"):
            return theirs
        told = json.loads(theirs.body or b"{}")
        own = told.get("Messages", [])
        copies = self._take(call, own)
        if self.on:
            for again in range(1, TIMES):
                self._waiting[call.queue] += [_copy(message, again) for message in own]
        if not copies:
            return theirs
        mixed = [*own, *copies]
        self._chance.shuffle(mixed)
        return replace(theirs, body=json.dumps(told | {"Messages": mixed}).encode())

    def _take(self, call: Call, beside: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Some of those that wait, by chance; no answer has one message twice."""
        most = int(json.loads(call.request.body).get("MaxNumberOfMessages", 1)) - len(beside)
        there = {message["MessageId"] for message in beside}
        taken: list[dict[str, Any]] = []
        left: list[dict[str, Any]] = []
        waiting = self._waiting[call.queue]
        self._chance.shuffle(waiting)
        for copy in waiting:
            if len(taken) < most and copy["MessageId"] not in there:
                there.add(copy["MessageId"])
                taken.append(copy)
            else:
                left.append(copy)
        self._waiting[call.queue] = left
        self.given += len(taken)
        return taken


def _copy(message: dict[str, Any], again: int) -> dict[str, Any]:
    attributes = dict(message.get("Attributes", {}))
    if count := re.fullmatch(r"\d+", str(attributes.get("ApproximateReceiveCount", ""))):
        attributes["ApproximateReceiveCount"] = str(int(count[0]) + again)
    return message | {"ReceiptHandle": f"{HANDLE}{uuid4()}", "Attributes": attributes}
