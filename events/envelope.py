"""Events on the wire: CloudEvents 1.0 in JSON, so that anyone may subscribe.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md; names of extension attributes are
lower-case letters and digits, hence `eventversion`.
"""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Generic, NoReturn, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from django.conf import settings
from django.utils.dateparse import parse_datetime

from api import tracing
from events.base import REGISTRY, DomainEvent
from events.models import Event

E_co = TypeVar("E_co", bound=DomainEvent, covariant=True)
MAX_BYTES = 256 * 1024
"""What SNS, SQS and EventBridge take as one message."""


class BadMessage(Exception):
    """A message that this code cannot take for an event; `code` says in one word why, the text says it in full."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)  # as given, for a worker's processes pass it on by pickle
        self.code, self.text = code, text

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Received(Generic[E_co]):
    """An event as a consumer gets it. Its `id` is the same at every delivery; `position` is its place in the log.

    `traceparent` names the span that the consumer's is to stand below; empty where there is none.
    """

    id: UUID
    type: str
    version: int
    time: datetime
    subject: str
    position: int
    traceparent: str = ""
    event: E_co


def to_wire(row: Event, *, traceparent: str = "") -> bytes:
    """The row as a CloudEvent. ASCII alone, for SQS refuses some characters that JSON allows.

    `traceparent` is the sender's span (CloudEvents' extension for distributed tracing), else the one that recorded it.

    Raises ValueError for a row that has no position yet, and for one that is too big for one message.
    """
    if row.position is None:
        raise ValueError(f"Event {row.id} has no position yet.")
    body = json.dumps(
        {
            "specversion": "1.0",
            "id": str(row.id),
            "source": settings.EVENT_SOURCE,
            "type": row.type,
            "time": row.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "subject": row.subject,
            "datacontenttype": "application/json",
            "position": row.position,
            "eventversion": row.version,
            "data": row.data,
        }
        | ({"traceparent": parent} if (parent := traceparent or row.traceparent) else {}),
        separators=(",", ":"),
        allow_nan=False,
    ).encode("ascii")
    if len(body) > MAX_BYTES - 1024:
        raise ValueError(f"Event {row.id} has {len(body)} bytes; one message takes {MAX_BYTES - 1024}.")
    return body


def parse(body: str | bytes) -> Received[DomainEvent]:
    """Reads a CloudEvent, or one that EventBridge has wrapped. Raises BadMessage, which names what is wrong.

    Fields of `data` that this version does not know are ignored, for a newer sender may have more; a field that it
    needs and does not find is an error.
    """
    message = _object(body)
    if "detail-type" in message and isinstance(message.get("detail"), dict):
        message = message["detail"]
    if message.get("specversion") != "1.0" or not isinstance(message.get("type"), str):
        raise BadMessage("not_an_event", "the JSON object is no CloudEvent 1.0.")
    kind = REGISTRY.get(message["type"])
    if kind is None:
        raise BadMessage("unknown_type", f"this version of the shop knows no event type {message['type'][:80]!r}.")
    version = _attribute(message, "eventversion", int)
    if version != kind.version:
        code = "newer_version" if version > kind.version else "older_version"
        raise BadMessage(code, f"{kind.type()} is version {version}; this code reads version {kind.version}.")
    return Received(
        id=_uuid(_attribute(message, "id", str)),
        type=kind.type(),
        version=version,
        time=_time(_attribute(message, "time", str)),
        subject=_attribute(message, "subject", str),
        position=_attribute(message, "position", int),
        traceparent=tracing.read(message.get("traceparent")),
        event=_event(kind, _attribute(message, "data", dict)),
    )


def _object(body: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadMessage("not_json", f"the body is no JSON ({error}).") from None
    if not isinstance(message, dict):
        raise BadMessage("not_an_object", f"the body is JSON, but a {type(message).__name__} and no object.")
    return message


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _attribute(message: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = message.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        found = "missing" if value is None else f"a {type(value).__name__}"
        raise BadMessage("bad_attribute", f"{name} must be a {kind.__name__}, but is {found}.")
    return value


def _uuid(text: str) -> UUID:
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        raise BadMessage("bad_attribute", f"id must be a UUID, not {text[:80]!r}.")
    return UUID(text)


def _time(text: str) -> datetime:
    try:
        time = parse_datetime(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise BadMessage("bad_attribute", f"time must be RFC 3339 with an offset, not {text[:80]!r}.")
    return time


def _event(kind: type[DomainEvent], data: dict[str, Any]) -> DomainEvent:
    hints = get_type_hints(kind)
    values = {}
    for field in fields(kind):
        if field.name in data:
            if not _fits(data[field.name], hints[field.name]):
                found = type(data[field.name]).__name__
                raise BadMessage("bad_data", f"{kind.type()}.{field.name} must be {field.type}, but is a {found}.")
            values[field.name] = data[field.name]
        elif field.default is MISSING and field.default_factory is MISSING:
            raise BadMessage("bad_data", f"{kind.type()}.{field.name} is missing.")
    return kind(**values)


def _fits(value: object, hint: Any) -> bool:
    """Whether `value` has the shape of a JSON type hint: str, int, bool, None, a list or dict of them, or a union."""
    if hint is Any:
        return True
    if hint is None or hint is type(None):
        return value is None
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values())
    if arguments:
        return any(_fits(value, choice) for choice in arguments)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
