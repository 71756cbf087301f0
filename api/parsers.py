"""Reading a request's body: strict JSON (RFC 8259), so that what a client meant is never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from api.postgresql.texts import UNSTORABLE

MAX_DEPTH = 32
MAX_VALUES = 20_000
"""Keys and values in all: what is checked field by field takes far longer than to be read."""
MAX_DIGITS = 20


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without repeated keys, NaN, Infinity, lone surrogates or NUL characters. Else 400 `invalid_json`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        return loads(stream.read())


def loads(raw: bytes, *, number: Callable[[str], Any] | None = None) -> Any:
    """The value that `raw` stands for; `number` makes of a number's text what is to stand for it.

    Raises ParseError, whose text names what was wrong.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=number or _finite,
            parse_int=number or _bounded,
        )
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except RecursionError:
        raise ParseError("The body is nested too deeply.") from None
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}.") from None
    if _check(value, 0) > MAX_VALUES:
        raise ParseError(f"The body holds more than {MAX_VALUES} values.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ParseError(f"The key {repeated[:100]!r} stands twice.")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ParseError("A number is too large.")
    return value


def _bounded(text: str) -> int:
    # 64 bits: more than that neither the columns nor our own JSON writer can hold.
    if len(text) > MAX_DIGITS or not -(2**63) <= int(text) < 2**63:
        raise ParseError("A number is too large.")
    return int(text)


def _check(value: Any, depth: int) -> int:
    """How many values there are in it, itself included. Raises ParseError for what cannot be stored."""
    if depth > MAX_DEPTH:
        raise ParseError("The body is nested too deeply.")
    if isinstance(value, str):
        # PostgreSQL stores neither: better a 400 here than a 500 there.
        if UNSTORABLE.search(value):
            raise ParseError("A text holds a character that cannot be stored.")
    elif isinstance(value, dict):
        return 1 + sum(_check(key, depth + 1) + _check(item, depth + 1) for key, item in value.items())
    elif isinstance(value, list):
        return 1 + sum(_check(item, depth + 1) for item in value)
    return 1
