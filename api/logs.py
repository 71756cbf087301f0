"""What no log may hold, and the formatter that leaves it out.

Nothing of ours means to log such things. The formatter is for what libraries say, and for the texts of exceptions,
which nobody has written beforehand.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from api import context, tracing
from api.postgresql.texts import storable

TOKEN = re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}|(?<=tracking_token=)[^\s&\"']+|(?<=Bearer )[\w.~+/-]+=*")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)")
"""Digits in the number of a payment card's, with or without spaces: whether they are one, their sum says."""


def secrets_in(text: str) -> list[str]:
    """The tokens, e-mail addresses and card numbers in a text."""
    cards = [found for found in CARD.findall(text) if _adds_up(found)]
    return [*TOKEN.findall(text), *EMAIL.findall(text), *cards]


def without_secrets(text: str) -> str:
    for secret in secrets_in(text):
        text = text.replace(secret, "[removed]")
    return text


def words_of(error: BaseException) -> str:
    """What an error says, for a log: it may repeat what a stranger sent."""
    return storable(without_secrets(str(error)))


def without_query(record: logging.LogRecord) -> bool:
    """A filter for servers that name the addresses they are asked for: a client may put its token there, wrongly."""
    if isinstance(record.args, tuple):
        record.args = tuple(word.partition("?")[0] if isinstance(word, str) else word for word in record.args)
    return True


class Formatter(logging.Formatter):
    """A line, and a traceback below it, without what `secrets_in` finds."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JSONLines(Formatter):
    """A record as one line of JSON, with the ids of what was at hand when it was made.

    Members: `time`, `level`, `logger`, `message`, `process`, and where there is one `request_id`, `order_id`,
    `event_id`, `trace_id`, `span_id`, `exception`.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            "process": context.process(),
            **context.ids(),
            **_asked(record),
            **{name: vars(record)[name] for name in ("event_id", "order_id") if name in vars(record)},
        }
        if found := tracing.TRACEPARENT.fullmatch(tracing.traceparent()):
            told |= {"trace_id": found[1], "span_id": found[2]}
        if record.exc_info:
            told["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def _asked(record: logging.LogRecord) -> dict[str, str]:
    """The id of the request that Django names in a line of its own, which it writes when the middleware is done."""
    request_id = getattr(vars(record).get("request"), "request_id", "")
    return {"request_id": request_id} if request_id else {}


def _adds_up(text: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1)."""
    digits = [int(character) for character in reversed(text) if character.isdecimal()]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10
