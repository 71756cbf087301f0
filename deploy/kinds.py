"""Kinds of choices: each reads a value of TOML or of the command line, or says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Parse = Callable[[Any], Any]
AT_ECR = re.compile(
    r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com[a-z.]*/([a-z0-9._/-]+)(?::([\w.-]+)|@(sha256:\w+))"
)
"""An image's address: account, region, name, tag or digest."""


def boolean(raw: Any) -> bool:
    if raw in (True, False):
        return bool(raw)
    if raw not in ("true", "false"):
        raise ValueError("must be true or false")
    return bool(raw == "true")


def integer(least: int, most: int) -> Parse:
    def parse(raw: Any) -> int:
        text = str(raw)
        if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def one_of_numbers(*numbers: int) -> Parse:
    def parse(raw: Any) -> int:
        if str(raw) not in map(str, numbers) or isinstance(raw, bool):
            raise ValueError(f"must be one of {', '.join(map(str, numbers))}")
        return int(raw)

    return parse


def one_of(*words: str) -> Parse:
    def parse(raw: Any) -> str:
        if raw not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(raw)

    return parse


def matching(pattern: str, like: str, *, empty: bool = True) -> Parse:
    def parse(raw: Any) -> str:
        if not isinstance(raw, str) or not (re.fullmatch(pattern, raw) or (empty and raw == "")):
            raise ValueError(f"must look like {like}")
        return raw

    return parse


def versioned_image(raw: Any) -> str:
    """An address with a version in it: of a new image behind the same name ECS would never hear."""
    found = matching(r"[a-z0-9][\w.:/@-]{1,250}", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1.0")(raw)
    name = str(found).rpartition("/")[2]
    if found and (not {"@", ":"} & set(name) or name.endswith(":latest")):
        raise ValueError("must name a version, by a tag of its own or a digest")
    return str(found)


def words(pattern: str, like: str) -> Parse:
    """A list in TOML, commas on the command line."""

    def parse(raw: Any) -> tuple[str, ...]:
        found = [part.strip() for part in raw.split(",")] if isinstance(raw, str) else raw
        if not isinstance(found, list) or any(not isinstance(w, str) or not re.fullmatch(pattern, w) for w in found):
            raise ValueError(f"must be a list of such as {like}")
        return tuple(found)

    return parse


def services(raw: Any) -> dict[str, tuple[str, ...]]:
    """`name=scope+scope`, with commas between; a table of lists in TOML."""
    if isinstance(raw, str):
        raw = {
            name: scopes.split("+")
            for name, _, scopes in (word.strip().partition("=") for word in raw.split(",") if word)
        }
    scopes = ("catalog.read", "catalog.write", "orders.read", "orders.write")
    sound = isinstance(raw, dict) and all(
        re.fullmatch(r"[a-z0-9-]{1,40}", name)
        and isinstance(wanted, list)
        and wanted
        and all(one in scopes for one in wanted)
        for name, wanted in raw.items()
    )
    if not sound:
        raise ValueError(f"must look like warehouse=orders.write+catalog.read, with scopes of {', '.join(scopes)}")
    return {name: tuple(wanted) for name, wanted in raw.items()}
