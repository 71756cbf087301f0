"""Which call of AWS a request is, how a service refuses it, and how it takes a part of a batch and leaves the rest."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bench.chaos.wire.http import Message

SERVICE = re.compile(rb"\d{8}(?:/|%2F)[^/%]+(?:/|%2F)([a-z0-9-]+)(?:/|%2F)aws4_request")
ENTRY = re.compile(r"PublishBatchRequestEntries\.member\.(\d+)\.(.+)")
SNS = "http://sns.amazonaws.com/doc/2010-03-31/"
JSON_ENTRIES = {"SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch", "PutEvents"}
BATCHES = JSON_ENTRIES | {"PublishBatch"}
WHY = "a fault of the bench: this entry was not taken"
THROTTLED = {"sqs": "RequestThrottled", "sns": "Throttled", "ses": "Throttling", "events": "ThrottlingException"}
ET.register_namespace("", SNS)


@dataclass(frozen=True)
class Call:
    """`queue` is the URL of the queue that it is about, `operation` of S3 its method."""

    service: str
    operation: str
    request: Message
    queue: str = ""

    @property
    def name(self) -> str:
        return f"{self.service} {self.operation}"


def read(request: Message) -> Call:
    """Whose it is stands in its signature; what is not signed (the keys of a user pool) is no service's."""
    found = SERVICE.search(request.header(b"authorization")) or SERVICE.search(request.target)
    service = found[1].decode() if found else ""
    if target := request.header(b"x-amz-target").decode():
        operation = target.rpartition(".")[2]
        queue = str(json.loads(request.body or b"{}").get("QueueUrl", "")) if service == "sqs" else ""
        return Call(service, operation, request, queue)
    if service in ("sns", "ses"):
        return Call(service, dict(parse_qsl(request.body.decode())).get("Action", ""), request)
    return Call(service, request.method.decode(), request)


def throttled(call: Call) -> Message:
    """As the service says that it is asked too often: S3 and SQS' kin do so in forms of their own."""
    if call.service == "s3":
        text = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
        return _answer(b"503 Slow Down", b"application/xml", text.encode())
    code = THROTTLED.get(call.service, "ThrottlingException")
    if call.request.header(b"x-amz-target"):
        told = json.dumps({"__type": f"com.amazonaws.{call.service}#{code}", "message": "Rate exceeded"})
        return _answer(b"400 Bad Request", b"application/x-amz-json-1.0", told.encode())
    text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>Rate exceeded</Message></Error>"
    return _answer(b"400 Bad Request", b"text/xml", f"{text}</ErrorResponse>".encode())


@dataclass(frozen=True)
class Divided:
    """A batch of which some entries are refused. `passed` is the call with the rest, None where none is left."""

    call: Call
    refused: tuple[Any, ...]
    passed: Message | None

    def answer(self, theirs: Message | None) -> Message:
        """The service's answer to the rest, and what became of those that it was not given."""
        if theirs is not None and not theirs.start.split(b" ", 2)[1].startswith(b"2"):
            return theirs
        if self.call.operation == "PublishBatch":
            return _with_xml(theirs, self.refused)
        told = json.loads(theirs.body) if theirs else {}
        if self.call.operation == "PutEvents":
            entries = list(told.get("Entries", []))
            for place in self.refused:  # ascending: each finds those before it in their places
                entries.insert(place, {"ErrorCode": "InternalFailure", "ErrorMessage": WHY})
            told |= {"Entries": entries, "FailedEntryCount": told.get("FailedEntryCount", 0) + len(self.refused)}
        else:
            failed = [{"Id": id, "Code": "InternalError", "Message": WHY, "SenderFault": False} for id in self.refused]
            told |= {"Successful": told.get("Successful", []), "Failed": [*told.get("Failed", []), *failed]}
        body = json.dumps(told).encode()
        return replace(theirs, body=body) if theirs else _answer(b"200 OK", b"application/x-amz-json-1.0", body)


def divide(call: Call, share: float, chance: random.Random) -> Divided | None:
    """Refuses each entry of a batch with that chance; None where it is no batch, or no entry was struck."""
    if call.operation == "PublishBatch":
        return _divide_form(call, share, chance)
    if call.operation not in JSON_ENTRIES:
        return None
    told = json.loads(call.request.body)
    entries = told["Entries"]
    struck = [place for place in range(len(entries)) if chance.random() < share]
    if not struck:
        return None
    refused = struck if call.operation == "PutEvents" else [entries[place]["Id"] for place in struck]
    told["Entries"] = [entry for place, entry in enumerate(entries) if place not in struck]
    passed = replace(call.request, body=json.dumps(told).encode()) if told["Entries"] else None
    return Divided(call, tuple(refused), passed)


def _divide_form(call: Call, share: float, chance: random.Random) -> Divided | None:
    fields = parse_qsl(call.request.body.decode(), keep_blank_values=True)
    entries: dict[int, list[tuple[str, str]]] = {}
    others: list[tuple[str, str]] = []
    for name, value in fields:
        if found := ENTRY.fullmatch(name):
            entries.setdefault(int(found[1]), []).append((found[2], value))
        else:
            others.append((name, value))
    struck = [number for number in sorted(entries) if chance.random() < share]
    if not struck:
        return None
    refused = tuple(dict(entries[number])["Id"] for number in struck)
    kept = [entries[number] for number in sorted(entries) if number not in struck]
    for number, entry in enumerate(kept, 1):
        others += [(f"PublishBatchRequestEntries.member.{number}.{name}", value) for name, value in entry]
    passed = replace(call.request, body=urlencode(others).encode()) if kept else None
    return Divided(call, refused, passed)


def _with_xml(theirs: Message | None, refused: Sequence[str]) -> Message:
    text = theirs.body.decode() if theirs else f'<PublishBatchResponse xmlns="{SNS}"/>'
    root = ET.fromstring(text)  # noqa: S314  (of the emulator on this machine)
    result = _child(root, "PublishBatchResult")
    _child(result, "Successful")
    failed = _child(result, "Failed")
    for id in refused:
        member = ET.SubElement(failed, f"{{{SNS}}}member")
        for name, value in (("Id", id), ("Code", "InternalError"), ("Message", WHY), ("SenderFault", "false")):
            ET.SubElement(member, f"{{{SNS}}}{name}").text = value
    body = ET.tostring(root)
    return replace(theirs, body=body) if theirs else _answer(b"200 OK", b"text/xml", body)


def _child(of: ET.Element, name: str) -> ET.Element:
    found = of.find(f"{{{SNS}}}{name}")
    return ET.SubElement(of, f"{{{SNS}}}{name}") if found is None else found


def _answer(status: bytes, kind: bytes, body: bytes) -> Message:
    return Message(b"HTTP/1.1 " + status, ((b"Content-Type", kind),), body)
