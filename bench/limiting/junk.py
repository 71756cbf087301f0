"""Requests that make no sense: every address of the API, with bodies that are broken in a way of their own each."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

METHODS = ("get", "post", "put", "patch", "delete")
TYPES = ("application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data; boundary=b", "")
NAMES = (
    *("items", "sku", "quantity", "email", "price", "name", "code", "reason", "lines", "shipping", "address"),
    *("%s", ""),
)
TEXTS = (
    *("", "\x00", "a" * 5000, "ﷺ" * 40, "\ud800", "٣", "-0"),
    *("'; DROP TABLE orders_order; --", "../../etc/passwd", "{{7*7}}"),
)
NUMBERS: tuple[Any, ...] = (0, -1, 2**63, -(2**63), 10**400, 0.1, 1e308, True, None)
RAW = (
    *(b"", b"{", b"[" * 3000, b'{"a":' * 500, b"null", b'"text"', b"[]", b"[1, 2, 3]", b"\xff\xfe\x00"),
    *(b'{"a": NaN}', b'{"a": 1e99999}', b'{"a": 1, "a": 2}', b'{"\\u0000": "\\ud800"}', b"%00=%ff&a[]=1"),
    b"--b\r\nContent-Disposition: form-data\r\n\r\n",
)


@dataclass(frozen=True)
class Junk:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def make(schema: dict[str, Any], count: int, seed: int) -> Iterator[Junk]:
    """`count` requests, the same for the same schema and seed. Nothing in them names anything that exists."""
    chance = random.Random(seed)
    routes = [
        (method, path) for path, of_path in sorted(schema["paths"].items()) for method in METHODS if method in of_path
    ]
    for _ in range(count):
        method, path = chance.choice(routes)
        filled = re.sub(r"\{[^}]*\}", lambda _: _place(chance), path)
        headers = {"Content-Type": chance.choice(TYPES)}
        if chance.random() < 0.5:
            headers["Idempotency-Key"] = chance.choice(("", "a" * 300, "key", "é", f"junk-{chance.random()}"))
        if chance.random() < 0.2:
            headers["If-Match"] = chance.choice(('"1"', "*", "1", '"é"'))
        yield Junk(method.upper(), f"{filled}{_query(chance)}", headers, _body(chance))


def _place(chance: random.Random) -> str:
    made_up = str(UUID(int=chance.getrandbits(128)))
    return chance.choice((made_up, "0", "-1", "%00", "a" * 300, "%2e%2e%2f", "not-a-thing", "%ff", "INV-2026-999999"))


ASKED = (
    *("limit=-1", "limit=999999999999", "cursor=%00", "cursor=AAAA", "q=" + "a" * 500),
    *("created_after=yesterday", "a[]=1", "%ff"),
)


def _query(chance: random.Random) -> str:
    return "?" + "&".join(chance.sample(ASKED, 2)) if chance.random() < 0.3 else ""


def _body(chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.4:
        return chance.choice(RAW)
    if kind < 0.5:
        return chance.randbytes(chance.randrange(2000))
    text = json.dumps(_value(chance, 4))
    return (text[: chance.randrange(len(text) + 1)] if kind < 0.6 else text).encode()


def _value(chance: random.Random, depth: int) -> Any:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice((*TEXTS, *NUMBERS))
    if chance.random() < 0.3:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NAMES): _value(chance, depth - 1) for _ in range(chance.randrange(1, 6))}
